/**
 * When to ask for the next certificate: when the CA said, at once when the one in use is revoked, after a failure by the
 * retry schedule, and never gives up.
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
  readonly isRevoked: (own: Snapshot) => boolean;
  /** One attempt; what it gets is published by it. */
  readonly attempt: () => Promise<Outcome<Snapshot>>;
  /** Told when the next attempt will be. */
  readonly planned: (at: EpochSeconds) => void;
  /** Rings when the CA is there again, and when what we run on was revoked: nobody waits until the next look then. */
  readonly lookNow: Bell;
}

/** The longest time between two looks at the wall clock; 60 s would do, but after a jump these are seconds of outage. */
export const LOOK_AGAIN: Milliseconds = milliseconds(5_000);

/** Runs until the signal aborts. */
export async function renewForEver(deps: RenewalDeps, signal: AbortSignal): Promise<void> {
  const { clock, jitter, log, current, isRevoked, attempt, planned, lookNow } = deps;
  const isOwnRevoked = (): boolean => {
    const own = current();
    return own !== undefined && isRevoked(own);
  };
  let failures = 0;
  while (!signal.aborted) {
    const due = isOwnRevoked() ? milliseconds(0) : untilDue(current(), clock);
    if (due > 0) {
      // Also after failures: a clock that was set right again may have taken the reason away.
      failures = 0;
      planned(current()?.renewAt ?? epochSeconds(clock.now() / 1000));
      await rest(due, AbortSignal.any([signal, lookNow.next()]));
      continue;
    }
    const outcome = await attempt();
    if (outcome.ok && !isOwnRevoked()) {
      failures = 0;
      continue;
    }
    if (signal.aborted) return;
    const refusal = outcome.ok ? STILL_REVOKED : outcome.refusal;
    const left = timeLeft(current(), clock);
    const wait = hintedDelay(retryDelay(failures, left, jitter), refusal.retryAfter, left);
    failures += 1;
    planned(epochSeconds((clock.now() + wait) / 1000));
    report(
      log,
      { refusal, isRevoked: isOwnRevoked(), isFirst: current() === undefined },
      { attempt: failures, retryInMs: wait, leftMs: left },
    );
    await rest(wait, AbortSignal.any([signal, lookNow.next()]));
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

/** A CA that has forgotten what we were told goes on issuing: asking it again at once would never end. */
const STILL_REVOKED: Refusal = { code: 'RENEW_REVOKED', detail: 'the certificate that was issued is revoked too' };

function report(
  log: Log,
  {
    refusal,
    isRevoked,
    isFirst,
  }: { readonly refusal: Refusal; readonly isRevoked: boolean; readonly isFirst: boolean },
  facts: Readonly<Record<string, number>>,
): void {
  const isPressing = facts['leftMs'] === 0 || isRevoked;
  const what = isRevoked ? 'the revoked one serves nothing' : isFirst ? 'there is none yet' : 'last good kept';
  log[isPressing ? 'error' : rowOf(refusal.code).level](`no new certificate, ${what}`, { ...refusal, ...facts });
}
