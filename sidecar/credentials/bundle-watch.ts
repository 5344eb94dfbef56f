/**
 * Keeps the stream of trust states open: one stream per snapshot, reconnected with back-off for as long as it takes.
 * Losing it drops nothing: the last state stays, and a metric says for how long it has been unconfirmed.
 */
import type { Outcome } from '../../core/fault/refusal.ts';
import { backoff, type BackoffBounds } from '../../core/time/backoff.ts';
import type { Clock, Jitter } from '../../core/time/clock.ts';
import { milliseconds, wholeSeconds, type EpochSeconds, type Milliseconds } from '../../core/time/units.ts';
import type { MeshClient } from '../../runtime/grpc/ca-client.ts';
import type { Log } from '../../runtime/log.ts';
import type { Gauge } from '../../runtime/metrics.ts';
import { adoptBundle } from './adopt.ts';
import type { Channels } from './channels.ts';
import type { InUse } from './in-use.ts';
import { rest } from './rest.ts';
import type { RevocationHolder } from './revocations.ts';
import type { Snapshot } from './snapshot.ts';

export interface BundleWatchDeps {
  readonly channels: Channels;
  readonly clock: Clock;
  readonly jitter: Jitter;
  readonly log: Log;
  /** Seconds since the stream was lost; 0 while it is open. */
  readonly stale: Gauge;
  readonly current: () => InUse;
  readonly publish: (next: Snapshot) => void;
  /** Told when a stream that was lost is there again: the CA is back. */
  readonly onBack: () => void;
  readonly revocations: RevocationHolder;
}

const BOUNDS: BackoffBounds = { first: milliseconds(500), most: milliseconds(4_000) };

/** Runs until the signal aborts. Never rejects for what the CA or the network does. */
export async function watchBundle(deps: BundleWatchDeps, signal: AbortSignal): Promise<void> {
  const { clock, jitter, log, revocations } = deps;
  const stale = (seconds: number): void => {
    deps.stale.set(seconds);
    revocations.noteStale(seconds);
  };
  let failures = 0;
  let lostAt: Milliseconds | undefined;
  const heard = (): void => {
    if (lostAt !== undefined) deps.onBack();
    lostAt = undefined;
    stale(0);
  };
  const confirmed = (): void => {
    failures = 0;
  };
  while (!signal.aborted) {
    const { snapshot, superseded } = deps.current();
    const until = AbortSignal.any([signal, superseded]);
    const following = { ...deps, heard, confirmed, until };
    const outcome = await deps.channels.use(snapshot, (client) => follow(client, snapshot, following));
    if (until.aborted) continue;
    lostAt ??= clock.monotonic();
    stale((clock.monotonic() - lostAt) / 1000);
    if (!outcome.ok) log.warn('trust stream lost, last state kept', { attempt: failures, ...outcome.refusal });
    if (!outcome.ok && outcome.refusal.code === 'GRANT_REVOKED') revocations.adoptRefusal(snapshot);
    await rest(backoff(failures, BOUNDS, jitter), until);
    failures += 1;
  }
}

interface Following extends BundleWatchDeps {
  /** A state has come. */
  readonly heard: () => void;
  /** The CA knows what we run on. */
  readonly confirmed: () => void;
  readonly until: AbortSignal;
}

/** One stream, to its end. What is adopted makes a new snapshot, whose stream confirms it; what is confirmed is
 *  acknowledged, and a lost acknowledgement ends the stream, so that it is sent again. */
async function follow(client: MeshClient, snapshot: Snapshot, deps: Following): Promise<Outcome<void>> {
  const broken = new AbortController();
  let failure: Outcome<void> | undefined;
  const tell: Parameters<MeshClient['watch']>[0] = (state) => {
    deps.heard();
    // Each for itself: a bundle that is refused must not cost us the revocations.
    deps.revocations.adopt(state.revocations);
    const next = adoptBundle(snapshot, state.bundle, now(deps.clock));
    if (!next.ok)
      return deps.log.error('bundle refused, last good kept', { ...next.refusal, offered: state.bundle.generation });
    if (next.value !== snapshot) return deps.publish(next.value);
    const held = { bundle: snapshot.bundleGeneration, revocations: deps.revocations.current().generation };
    void client.acknowledge(held).then((outcome) => {
      if (outcome.ok) return deps.confirmed();
      failure = outcome;
      broken.abort();
    });
  };
  const ended = await client.watch(tell, AbortSignal.any([deps.until, broken.signal]));
  return failure ?? ended;
}

const now = (clock: Clock): EpochSeconds => wholeSeconds(clock.now());
