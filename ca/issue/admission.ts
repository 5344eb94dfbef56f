/**
 * How fast certificates may be asked for: per address where nobody is known yet, per identity where he is. Counts, and
 * decides by `runtime/rate.ts`; who is served next is the gate's.
 */
import { admit, refuseFor, type Outcome } from '../../core/fault/refusal.ts';
import type { SpiffeId } from '../../core/identity/spiffe-id.ts';
import type { Clock } from '../../core/time/clock.ts';
import { milliseconds } from '../../core/time/units.ts';
import type { Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { createRate, type Rate } from '../../runtime/rate.ts';

/** Who asks, as far as the connection tells: its address, or the identity that mutual TLS proved. */
export interface Source {
  readonly kind: 'address' | 'identity';
  readonly key: string;
}

/** Where nothing was said of the source: all such askers are one. */
export const NOBODY: Source = { kind: 'address', key: 'unknown' };

export interface Admission {
  /** Before anything of the request is looked at. Refuses: LIMIT_ISSUES. */
  arrive(source: Source): Outcome<void>;
  /** When evidence has named a workload; an identity that arrived as one was counted there. Refuses: LIMIT_ISSUES. */
  identify(source: Source, id: SpiffeId): Outcome<void>;
  /** The request was refused for what it held: work for nothing, and dearer than an honest one. */
  blame(source: Source): void;
}

export interface AdmissionDeps {
  readonly limits: { readonly perIdentityPerMinute: number; readonly perAddressPerMinute: number };
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly metrics: Pick<Metrics, 'counter'>;
  readonly log: Pick<Log, 'warn'>;
}

/** A bucket is some 150 bytes with its key: 5 MB at most. */
const KEYS_MOST = 16_384;
/** An honest sidecar whose evidence is refused asks a few times a minute; a guesser asks as fast as he can. */
const BLAME_COST = 9;
/** A flood is worth one line each ten seconds, not one a request. */
const SAY_EVERY_MS = 10_000;

/** Nobody has asked yet. */
export function createAdmission({ limits, clock, metrics, log }: AdmissionDeps): Admission {
  // A burst of a whole minute: what restarts together asks together.
  const rateOf = (perMinute: number): Rate => createRate({ perMinute, burst: perMinute, keysMost: KEYS_MOST });
  const rates: Readonly<Record<Source['kind'], Rate>> = {
    address: rateOf(limits.perAddressPerMinute),
    identity: rateOf(limits.perIdentityPerMinute),
  };
  const limited = metrics.counter('cleat_ca_limited_total', 'Requests sent away for their rate, by what was counted.', [
    'by',
  ]);
  let saidAt = Number.NEGATIVE_INFINITY;

  function take({ kind, key }: Source): Outcome<void> {
    const now = clock.monotonic();
    const wait = rates[kind].take(key, now);
    if (wait === 0) return admit(undefined);
    limited.add([kind]);
    if (now - saidAt >= SAY_EVERY_MS) {
      saidAt = now;
      log.warn('certificates are asked for too fast', { code: 'LIMIT_ISSUES', [kind]: key });
    }
    return refuseFor(milliseconds(wait), 'LIMIT_ISSUES', `${kind} ${key}, free in ${wait} ms`);
  }

  return {
    arrive: take,
    identify: (source, id) => (source.kind === 'identity' ? admit(undefined) : take({ kind: 'identity', key: id.uri })),
    blame: ({ kind, key }) => rates[kind].charge(key, clock.monotonic(), BLAME_COST),
  };
}
