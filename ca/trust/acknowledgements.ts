/**
 * Which bundle generation each workload instance says that it runs on. Before a new root signs, everyone must have it.
 * An instance counts until its certificate ends: a pod that is gone holds nothing up for longer.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { Metrics } from '../../runtime/metrics.ts';

export interface Instance {
  /** Lower-case hex. */
  readonly lineageId: string;
  /** Place of that certificate in its lineage. */
  readonly sequence: number;
  /** End of the certificate that it holds now. */
  readonly notAfter: EpochSeconds;
}

/** What an instance says that it runs on. */
export interface Held {
  readonly bundle: number;
  readonly revocations: number;
}

export interface Acknowledgements {
  /** Refuses: ATTEST_EVIDENCE (a bundle generation that nobody was told of
   *  since our start: what there are generations of is bounded by what was published, and so are counts and metric). */
  take(instance: Instance, held: Held, bounds: Bounds): Outcome<void>;
  /** The instance got a new certificate: what it acknowledged holds on. */
  renewed(instance: Instance): void;
  /** What this instance acknowledged last, and with which certificate; undefined: nothing since our start. */
  heard(lineageId: string): LastHeard | undefined;
  /** Generation -> instances with an unexpired certificate. Forgets the others. */
  count(now: EpochSeconds): ReadonlyMap<number, number>;
  /** Generation of the revocations -> instances with an unexpired certificate. */
  countRevocations(now: EpochSeconds): ReadonlyMap<number, number>;
}

/** What was heard last of an instance. */
export interface LastHeard {
  readonly generation: number;
  readonly sequence: number;
}

export interface Bounds {
  /** The lowest bundle generation that anybody was told of since our start. */
  readonly first: number;
  readonly current: number;
  readonly now: EpochSeconds;
}

/** How often, in seconds, a full look is worth its time; between looks the counts are kept by addition. */
const SWEEP_SECONDS = 60;

/** An empty table; it shows its counts in `cleat_ca_sidecars{bundle_generation}`. */
export function createAcknowledgements(metrics: Pick<Metrics, 'gauge'>): Acknowledgements {
  const gauge = metrics.gauge('cleat_ca_sidecars', 'Workload instances by the bundle generation they run on.', [
    'bundle_generation',
  ]);
  const instances = new Map<string, Held & { readonly notAfter: EpochSeconds; readonly sequence: number }>();
  const counts = new Map<number, number>();
  let sweptAt = 0;

  function change(generation: number, by: 1 | -1): void {
    const count = (counts.get(generation) ?? 0) + by;
    if (count > 0) counts.set(generation, count);
    else counts.delete(generation);
    gauge.set(count, [String(generation)]);
  }

  function sweep(now: EpochSeconds): void {
    sweptAt = now;
    for (const [lineageId, { bundle: generation, notAfter }] of instances) {
      if (now <= notAfter) continue;
      instances.delete(lineageId);
      change(generation, -1);
    }
  }

  return {
    take({ lineageId, notAfter, sequence }, { bundle: generation, revocations }, { first, current, now }) {
      if (!Number.isSafeInteger(generation) || generation < first || generation > current)
        return refuse(
          'ATTEST_EVIDENCE',
          `generation ${generation} acknowledged, the bundle was at ${first} to ${current}`,
        );
      const before = instances.get(lineageId);
      if (before !== undefined) change(before.bundle, -1);
      instances.set(lineageId, { bundle: generation, revocations, notAfter, sequence });
      change(generation, 1);
      if (now - sweptAt >= SWEEP_SECONDS) sweep(now);
      return admit(undefined);
    },
    renewed({ lineageId, notAfter }) {
      const before = instances.get(lineageId);
      if (before !== undefined) instances.set(lineageId, { ...before, notAfter });
    },
    heard(lineageId) {
      const found = instances.get(lineageId);
      return found === undefined ? undefined : { generation: found.bundle, sequence: found.sequence };
    },
    count(now) {
      sweep(now);
      return new Map([...counts].sort(([one], [other]) => one - other));
    },
    countRevocations(now) {
      sweep(now);
      const found = new Map<number, number>();
      for (const { revocations } of instances.values()) found.set(revocations, (found.get(revocations) ?? 0) + 1);
      return found;
    },
  };
}
