/**
 * The three loops that keep credentials good: renewal from the start; trust stream and expiry once there is a snapshot.
 * Starts them, and starts them again after a defect; decides nothing.
 */
import { Fault } from '../../core/fault/fault.ts';
import type { Clock, Jitter } from '../../core/time/clock.ts';
import { milliseconds } from '../../core/time/units.ts';
import { faultFields, type Log } from '../../runtime/log.ts';
import { watchBundle } from './bundle-watch.ts';
import type { Channels } from './channels.ts';
import { watchExpiry } from './expiry-watch.ts';
import type { InUse, SnapshotHolder } from './in-use.ts';
import type { Measures } from './measures.ts';
import { renewForEver } from './renewal-loop.ts';
import type { Renewal } from './renewal.ts';
import { rest } from './rest.ts';
import type { Snapshot } from './snapshot.ts';

export interface UpkeepDeps {
  readonly clock: Clock;
  readonly jitter: Jitter;
  readonly log: Log;
  /** There is a certificate inside its validity: at the first, and again after `onExpired`. */
  readonly onValid: () => void;
  /** Our certificate ended without a successor. */
  readonly onExpired: () => void;
}

export interface UpkeepParts {
  readonly holder: SnapshotHolder;
  readonly channels: Channels;
  readonly measures: Measures;
  readonly renewal: Renewal;
  readonly publish: (next: Snapshot) => void;
}

/** Resolves with the first snapshot in place; the loops go on until `ending` aborts.
 *  Throws the last refusal as a fault when `signal` aborts before. */
export async function beginUpkeep(
  deps: UpkeepDeps,
  parts: UpkeepParts,
  { signal, ending }: { readonly signal: AbortSignal; readonly ending: AbortSignal },
): Promise<void> {
  const { clock, jitter, log } = deps;
  const { holder, channels, measures, renewal, publish } = parts;
  const current = (): InUse => holder.inUse();
  const renewing = { clock, jitter, log, current: () => holder.current(), attempt: () => renewal.renew() };
  const watching = { clock, jitter, log, channels, publish, current, stale: measures.stale };
  const expiring = { clock, current, tell: tellValidity(deps) };
  void keepRunning(log, ending, (until) => renewForEver(renewing, until));
  await firstOf(holder, signal, renewal);
  void keepRunning(log, ending, (until) => watchBundle(watching, until));
  void keepRunning(log, ending, (until) => watchExpiry(expiring, until));
}

const AFTER_DEFECT = milliseconds(5_000);

/** A defect of ours must not leave a sidecar that never renews again: the loop begins anew. Never rejects. */
async function keepRunning(log: Log, ending: AbortSignal, loop: (ending: AbortSignal) => Promise<void>): Promise<void> {
  while (!ending.aborted) {
    try {
      await loop(ending);
    } catch (thrown) {
      log.error('credentials broke', faultFields(thrown));
      await rest(AFTER_DEFECT, ending);
    }
  }
}

function tellValidity({ log, onValid, onExpired }: UpkeepDeps): (isValid: boolean, snapshot: Snapshot) => void {
  return (isValid, { leaf }) => {
    if (isValid) return onValid();
    log.error('own certificate expired', { code: 'RENEW_EXPIRED', serial: leaf.serial, notAfter: leaf.notAfter });
    onExpired();
  };
}

function firstOf(holder: SnapshotHolder, signal: AbortSignal, renewal: Renewal): Promise<void> {
  return new Promise((resolve, reject) => {
    const subscription = holder.subscribe(() => settle(resolve));
    const stop = (): void => {
      const { code, detail } = renewal.lastRefusal() ?? { code: 'RENEW_UNREACHABLE' as const, detail: 'no answer yet' };
      settle(() => reject(new Fault(code, detail)));
    };
    const settle = (end: () => void): void => {
      subscription[Symbol.dispose]();
      signal.removeEventListener('abort', stop);
      end();
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    else if (holder.current() !== undefined) settle(resolve);
  });
}
