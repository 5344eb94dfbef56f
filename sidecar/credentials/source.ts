/**
 * The sidecar's identity from our CA: makes the key in this process, keeps one snapshot current and tells who asks.
 * Key, chain, bundle and identity change together or not at all. What is asked, judged and waited for is in the files
 * beside this one.
 */
import type { Outcome } from '../../core/fault/refusal.ts';
import { type EpochSeconds, wholeSeconds } from '../../core/time/units.ts';
import { createAddresses } from '../../runtime/grpc/addresses.ts';
import type { MintedToken, MintRequest } from '../../runtime/grpc/messages.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { createBell, type Bell } from './bell.ts';
import { watchBundle } from './bundle-watch.ts';
import { createChannels, type Channels } from './channels.ts';
import type { EnrolmentDeps } from './enrolment.ts';
import { createHolder, type SnapshotHolder } from './in-use.ts';
import { createMeasures, staleGauge } from './measures.ts';
import { renewForEver } from './renewal-loop.ts';
import { createRenewal, type Renewal } from './renewal.ts';
import { revocationOf, type RevocationHolder } from './revocations.ts';
import type { Snapshot } from './snapshot.ts';
import { createUpkeepState, type UpkeepFacts, type UpkeepState } from './upkeep-state.ts';
import { beginUpkeep, type UpkeepDeps, type UpkeepParts } from './upkeep.ts';

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

export interface CredentialDeps extends Omit<EnrolmentDeps, 'renew' | 'isRevoked' | 'signal'>, UpkeepDeps {
  /** Hears what the trust stream tells of revocations. */
  readonly revocations: RevocationHolder;
  /** `host:port` each. */
  readonly mesh: readonly string[];
  readonly metrics: Metrics;
  /** What to begin with instead of evidence (see `adoptKept`). */
  readonly initial?: Snapshot | undefined;
}

/** A source that has asked for nothing yet. `start` resolves with the first snapshot in place; when its signal aborts
 *  before, it throws the reason of the last failure and gives up for good. */
export function createCredentialSource(deps: CredentialDeps): CredentialSource {
  const ending = new AbortController();
  const holder = createHolder(deps.log);
  const measures = createMeasures(deps.metrics, deps.log);
  const state = createUpkeepState();
  const channels = createChannels(createAddresses(deps.mesh, deps), deps.caId);
  const publish = (next: Snapshot): void => {
    channels.keep(next);
    measures.show(next);
    holder.replace(next);
  };
  const current = (): Snapshot | undefined => holder.current();
  const isRevoked = (own: Snapshot): boolean =>
    revocationOf(own, deps.revocations.current(), wholeSeconds(deps.clock.now())) !== undefined;
  const renewal = createRenewal(deps, {
    channels,
    ending: ending.signal,
    current,
    isRevoked,
    publish,
    measures,
    state,
  });
  const loops = createLoops(deps, { holder, channels, publish, isRevoked, renewal, state });
  if (deps.initial !== undefined) publish(deps.initial);
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
      try {
        await beginUpkeep(deps, { holder, measures, state, ...loops }, { signal, ending: ending.signal });
      } catch (cause) {
        await close();
        throw cause;
      }
    },
    drain: close,
    [Symbol.asyncDispose]: close,
  };
}

interface LoopParts {
  readonly holder: SnapshotHolder;
  readonly channels: Channels;
  readonly publish: (next: Snapshot) => void;
  readonly isRevoked: (own: Snapshot) => boolean;
  readonly renewal: Renewal;
  readonly state: UpkeepState;
}

/** What runs from the start to the end. */
function createLoops(deps: CredentialDeps, parts: LoopParts): Pick<UpkeepParts, 'getting' | 'following'> {
  const { clock, jitter, log, revocations } = deps;
  const { holder, isRevoked, renewal, state } = parts;
  const lookNow = createBell();
  const common = { clock, jitter, log };
  const current = (): Snapshot | undefined => holder.current();
  const planned = (at: EpochSeconds): void => state.planned(at);
  const renewing = { ...common, current, isRevoked, attempt: () => renewal.renew(), planned, lookNow };
  const { channels, publish } = parts;
  const onBack = (): void => lookNow.ring();
  const stale = staleGauge(deps.metrics);
  const watching = { ...common, channels, publish, onBack, revocations, current: () => holder.inUse(), stale };
  return {
    async getting(until) {
      using _heeding = ringWhenRevoked(lookNow, revocations, () => {
        const own = current();
        return own !== undefined && isRevoked(own);
      });
      await renewForEver(renewing, until);
    },
    following: [(until) => watchBundle(watching, until)],
  };
}

/** Not at each news: who is refused for it would leave its back-off whenever somebody is revoked. */
function ringWhenRevoked(bell: Bell, revocations: RevocationHolder, isOwnRevoked: () => boolean): Disposable {
  let wasRevoked = false;
  return revocations.subscribe(() => {
    const isRevoked = isOwnRevoked();
    if (isRevoked && !wasRevoked) bell.ring();
    wasRevoked = isRevoked;
  });
}
