/**
 * When to renew a certificate, and how soon to try again. Pure: judged by the wall clock that the caller hands in, so
 * a host that slept or whose clock jumped gets the right answer at the next look.
 */
import { backoff } from './backoff.ts';
import type { Jitter } from './clock.ts';
import { epochSeconds, milliseconds, type EpochSeconds, type Milliseconds } from './units.ts';

const FIRST_RETRY = milliseconds(500);
const MOST = 30_000;
/** With nothing left, readiness is off: who asks again is back within 5 s of the CA, the attempt included. */
const MOST_WHEN_EXPIRED = 4000;

/** Gives a whole second between 50 % and 60 % of the time from issue to `notAfter` (both given to the client by the CA).
 *  Never before `issuedAt`; for a window shorter than 5 s the first second at or past the half. */
export function renewAt(issuedAt: EpochSeconds, notAfter: EpochSeconds, jitter: Jitter): EpochSeconds {
  const life = Math.max(0, notAfter - issuedAt);
  const earliest = Math.ceil(life * 0.5);
  const latest = Math.max(earliest, Math.floor(life * 0.6));
  return epochSeconds(issuedAt + earliest + Math.floor(jitter() * (latest - earliest + 1)));
}

/** Gives the wait before the next try to renew: 0.5 s doubling to `min(30 s, a tenth of what is left)`, spread by `backoff`.
 *  `attempt` is 0 for the first retry, `left` the time to `notAfter`. Never under 0.25 s; once expired, never over 4 s. */
export function retryDelay(attempt: number, left: Milliseconds, jitter: Jitter): Milliseconds {
  return backoff(attempt, { first: FIRST_RETRY, most: longestWait(left) }, jitter);
}

/** Gives the wait that obeys a hint of the CA: the hint, cut to what `retryDelay` would wait at most, and then our own
 *  wait on top, so that those who were told the same do not come back together. Without a hint our own wait. */
export function hintedDelay(own: Milliseconds, hint: Milliseconds | undefined, left: Milliseconds): Milliseconds {
  return milliseconds(own + Math.min(Math.max(0, hint ?? 0), longestWait(left)));
}

function longestWait(left: Milliseconds): Milliseconds {
  const bound = left > 0 ? Math.min(MOST, left / 10) : MOST_WHEN_EXPIRED;
  return milliseconds(Math.max(FIRST_RETRY, bound));
}
