/**
 * When to ask for the next certificate: when the CA said, after a failure by the retry schedule, and never gives up.
 * Deadlines are of the wall clock and looked at again every few seconds: hosts sleep, clocks jump.
 */
import { rowOf } from '../../core/fault/catalog.ts';
import type { Outcome, Refusal } from '../../core/fault/refusal.ts';
import type { Clock, Jitter } from '../../core/time/clock.ts';
import { hintedDelay, retryDelay } from '../../core/time/renewal.ts';
import { epochSeconds, type EpochSeconds, milliseconds, type Milliseconds } from '../../core/time/units.ts';
import type { Log } from '../../runtime/log.ts';
import type { Bell } from './bell.ts';
import { rest } from './rest.ts';
import type { Snapshot } from './snapshot.ts';

export interface RenewalDeps {
  readonly clock: Clock;
  readonly jitter: Jitter;
  readonly log: Log;
  readonly current: () => Snapshot | undefined;
  /** One attempt; what it gets is published by it. */
  readonly attempt: () => Promise<Outcome<Snapshot>>;
  /** Told when the next attempt will be. */
  readonly planned: (at: EpochSeconds) => void;
  /** Rings when the CA is there again: who is late does not wait until the next try. */
  readonly caIsBack: Bell;
}

/** The longest time between two looks at the wall clock; 60 s would do, but after a jump these are seconds of outage. */
export const LOOK_AGAIN: Milliseconds = milliseconds(5_000);

/** Runs until the signal aborts. */
export async function renewForEver(deps: RenewalDeps, signal: AbortSignal): Promise<void> {
  const { clock, jitter, log, current, attempt, planned, caIsBack } = deps;
  let failures = 0;
  while (!signal.aborted) {
    const due = untilDue(current(), clock);
    if (due > 0) {
      // Also after failures: a clock that was set right again may have taken the reason away.
      failures = 0;
      planned(current()?.renewAt ?? epochSeconds(clock.now() / 1000));
      await rest(due, signal);
      continue;
    }
    const outcome = await attempt();
    if (outcome.ok) {
      failures = 0;
      continue;
    }
    if (signal.aborted) return;
    const left = timeLeft(current(), clock);
    const wait = hintedDelay(retryDelay(failures, left, jitter), outcome.refusal.retryAfter, left);
    failures += 1;
    planned(epochSeconds((clock.now() + wait) / 1000));
    report(log, outcome.refusal, { attempt: failures, retryInMs: wait, leftMs: left });
    await rest(wait, AbortSignal.any([signal, caIsBack.next()]));
  }
}

/** 0 when a certificate must be asked for now; never more than the time to the next look. */
export function untilDue(snapshot: Snapshot | undefined, clock: Clock): Milliseconds {
  if (snapshot === undefined) return milliseconds(0);
  return milliseconds(Math.max(0, Math.min(LOOK_AGAIN, snapshot.renewAt * 1000 - clock.now())));
}

/** To the end of our certificate; 0 without one or after it. `notAfter` itself is still inside (RFC 5280 4.1.2.5). */
export function timeLeft(snapshot: Snapshot | undefined, clock: Clock): Milliseconds {
  if (snapshot === undefined) return milliseconds(0);
  return milliseconds(Math.max(0, (snapshot.leaf.notAfter + 1) * 1000 - clock.now()));
}

function report(log: Log, refusal: Refusal, facts: Readonly<Record<string, number>>): void {
  const isPressing = facts['leftMs'] === 0;
  log[isPressing ? 'error' : rowOf(refusal.code).level]('no new certificate, last good kept', { ...refusal, ...facts });
}
