/**
 * The sidecar's identity from our CA: makes the key in this process, keeps one snapshot current and tells who asks.
 * Key, chain, bundle and identity change together or not at all. What is asked, judged and waited for is in the files
 * beside this one.
 */
import type { Outcome } from '../../core/fault/refusal.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import { createAddresses } from '../../runtime/grpc/addresses.ts';
import type { MintedToken, MintRequest } from '../../runtime/grpc/messages.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { createBell } from './bell.ts';
import { watchBundle } from './bundle-watch.ts';
import { createChannels } from './channels.ts';
import type { EnrolmentDeps } from './enrolment.ts';
import { createHolder } from './in-use.ts';
import { createMeasures, staleGauge } from './measures.ts';
import { renewForEver } from './renewal-loop.ts';
import { createRenewal } from './renewal.ts';
import type { RevocationHolder } from './revocations.ts';
import type { Snapshot } from './snapshot.ts';
import { createUpkeepState, type UpkeepFacts } from './upkeep-state.ts';
import { beginUpkeep, type UpkeepDeps } from './upkeep.ts';

/** Where the identity of this sidecar comes from: our CA, or files (`file-source.ts`). */
export interface CredentialSource extends Service {
  /** The last good snapshot; undefined before the first. It stays past its `notAfter`: judge that where it matters. */
  current(): Snapshot | undefined;
  /** Tells each new snapshot, in order, until disposed. */
  subscribe(tell: (next: Snapshot) => void): Disposable;
  /** Asks for a new certificate now, or joins the attempt under way; with files, reads them now. The schedule goes on
   *  either way. Refuses: RENEW_REFUSED | RENEW_UNREACHABLE | RENEW_UNTRUSTED | RENEW_ANSWER | CONFIG_FILE |
   *  LIFE_DRAINING; with files also RENEW_FILES | CONFIG_PERMISSION. */
  renew(): Promise<Outcome<Snapshot>>;
  /** A token over the mutual TLS of this very snapshot, so that it is bound to its certificate.
   *  Refuses with the CA's code, or RENEW_UNREACHABLE | RENEW_UNTRUSTED | RENEW_REFUSED | RENEW_ANSWER | LIFE_DRAINING;
   *  with files always RENEW_NO_CA. */
  mint(snapshot: Snapshot, request: MintRequest): Promise<Outcome<MintedToken>>;
  /** When the next attempt is, and why the last one failed. */
  upkeep(): UpkeepFacts;
}

export interface CredentialDeps extends Omit<EnrolmentDeps, 'renew' | 'signal'>, UpkeepDeps {
  /** Hears what the trust stream tells of revocations. */
  readonly revocations: RevocationHolder;
  /** `host:port` each. */
  readonly mesh: readonly string[];
  readonly metrics: Metrics;
}

/** A source that has asked for nothing yet. `start` resolves with the first snapshot in place; when its signal aborts
 *  before, it throws the reason of the last failure and gives up for good. */
export function createCredentialSource(deps: CredentialDeps): CredentialSource {
  const ending = new AbortController();
  const holder = createHolder(deps.log);
  const measures = createMeasures(deps.metrics, deps.log);
  const stale = staleGauge(deps.metrics);
  const state = createUpkeepState();
  const channels = createChannels(createAddresses(deps.mesh, deps), deps.caId);
  const publish = (next: Snapshot): void => {
    channels.keep(next);
    measures.show(next);
    holder.replace(next);
  };
  const current = (): Snapshot | undefined => holder.current();
  const renewal = createRenewal(deps, { channels, ending: ending.signal, current, publish, measures, state });
  const close = async (): Promise<void> => {
    ending.abort();
    channels.close();
  };

  return {
    name: 'credentials',
    current,
    subscribe: (tell) => holder.subscribe(tell),
    renew: () => renewal.renew(),
    upkeep: () => state.facts(),
    async mint(snapshot, request) {
      if (ending.signal.aborted) return renewal.over();
      return channels.use(snapshot, (client) => client.mint(request));
    },
    async start(signal) {
      const { clock, jitter, log, revocations } = deps;
      const caIsBack = createBell();
      const planned = (at: EpochSeconds): void => state.planned(at);
      const renewing = { clock, jitter, log, current, attempt: () => renewal.renew(), planned, caIsBack };
      const watching = {
        clock,
        jitter,
        log,
        channels,
        publish,
        onBack: () => caIsBack.ring(),
        revocations,
        current: () => holder.inUse(),
        stale,
      };
      const getting = (until: AbortSignal) => renewForEver(renewing, until);
      const following = [(until: AbortSignal) => watchBundle(watching, until)];
      const parts = { holder, measures, state, getting, following };
      try {
        await beginUpkeep(deps, parts, { signal, ending: ending.signal });
      } catch (cause) {
        await close();
        throw cause;
      }
    },
    drain: close,
    [Symbol.asyncDispose]: close,
  };
}
