/**
 * The loops that keep credentials good, wherever they come from: one that gets the next certificate from the start, the
 * others once there is a snapshot. Starts them, and starts them again after a defect; decides nothing.
 */
import { Fault } from '../../core/fault/fault.ts';
import type { Clock, Jitter } from '../../core/time/clock.ts';
import { milliseconds } from '../../core/time/units.ts';
import { faultFields, type Log } from '../../runtime/log.ts';
import { watchExpiry } from './expiry-watch.ts';
import type { SnapshotHolder } from './in-use.ts';
import { STAGE_PERCENT, type LifeStage } from './life-stage.ts';
import type { Measures } from './measures.ts';
import { rest } from './rest.ts';
import type { Snapshot } from './snapshot.ts';
import type { UpkeepState } from './upkeep-state.ts';

export interface UpkeepDeps {
  readonly clock: Clock;
  readonly jitter: Jitter;
  readonly log: Log;
  /** There is a certificate inside its validity: at the first, and again after `onExpired`. */
  readonly onValid: () => void;
  /** Our certificate ended without a successor, or the clock is before its beginning. */
  readonly onExpired: () => void;
}

/** One loop: runs until the signal aborts. */
export type Loop = (until: AbortSignal) => Promise<void>;

export interface UpkeepParts {
  readonly holder: SnapshotHolder;
  readonly measures: Measures;
  readonly state: UpkeepState;
  /** Gets certificates, the first one too. */
  readonly getting: Loop;
  /** Begin once there is a snapshot. */
  readonly following: readonly Loop[];
}

/** Resolves with the first snapshot in place; the loops go on until `ending` aborts.
 *  Throws the last refusal as a fault when `signal` aborts before. */
export async function beginUpkeep(
  deps: UpkeepDeps,
  parts: UpkeepParts,
  { signal, ending }: { readonly signal: AbortSignal; readonly ending: AbortSignal },
): Promise<void> {
  const { clock, log } = deps;
  const { holder, state, getting, following } = parts;
  const expiring = { clock, current: () => holder.inUse(), tell: tellStage(deps, parts) };
  void keepRunning(log, ending, getting);
  await firstOf(holder, signal, state);
  for (const loop of following) void keepRunning(log, ending, loop);
  void keepRunning(log, ending, (until) => watchExpiry(expiring, until));
}

const AFTER_DEFECT = milliseconds(5_000);

/** A defect of ours must not leave a sidecar that never renews again: the loop begins anew. Never rejects. */
async function keepRunning(log: Log, ending: AbortSignal, loop: Loop): Promise<void> {
  while (!ending.aborted) {
    try {
      await loop(ending);
    } catch (thrown) {
      log.error('credentials broke', faultFields(thrown));
      await rest(AFTER_DEFECT, ending);
    }
  }
}

/** Readiness, the metric and one line of log for each stage. */
function tellStage(
  { log, onValid, onExpired }: UpkeepDeps,
  { measures, state }: UpkeepParts,
): (stage: LifeStage, snapshot: Snapshot) => void {
  let wasValid: boolean | undefined;
  return (stage, { leaf }) => {
    measures.overdue.set(STAGE_PERCENT[stage]);
    const isValid = stage !== 'early' && stage !== 'ended';
    if (isValid !== wasValid) (isValid ? onValid : onExpired)();
    wasValid = isValid;
    if (stage === 'good') return;
    const { nextAttempt, lastRefusal } = state.facts();
    const { serial, notBefore, notAfter } = leaf;
    const code = isValid ? lastRefusal?.code : 'RENEW_EXPIRED';
    const facts = { code, serial, notBefore, notAfter, nextAttempt, lastError: lastRefusal?.detail };
    log[stage === 'late' ? 'warn' : 'error'](STAGE_NEWS[stage], facts);
  };
}

const STAGE_NEWS = {
  early: 'own certificate is not valid yet: is the clock of this host right?',
  late: 'own certificate is past 75 % of its life without a successor',
  critical: 'own certificate is past 90 % of its life without a successor',
  ended: 'own certificate expired',
} as const satisfies Record<Exclude<LifeStage, 'good'>, string>;

function firstOf(holder: SnapshotHolder, signal: AbortSignal, state: UpkeepState): Promise<void> {
  return new Promise((resolve, reject) => {
    const subscription = holder.subscribe(() => settle(resolve));
    const stop = (): void => {
      const { lastRefusal } = state.facts();
      const { code, detail } = lastRefusal ?? { code: 'RENEW_UNREACHABLE' as const, detail: 'no answer yet' };
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
