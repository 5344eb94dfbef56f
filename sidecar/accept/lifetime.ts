/**
 * How long an accepted connection may live. A peer is looked at once, at the handshake, so a connection must not outlive
 * what was seen there. Pure.
 */
import {
  epochMilliseconds,
  type EpochMilliseconds,
  type EpochSeconds,
  type Milliseconds,
} from '../../core/time/units.ts';
import type { Lifetime } from '../forward/exchange.ts';

/** Before the cut, answers announce the end: at most this long. */
const MOST_NOTICE_MS = 5_000;

/**
 * Gives the time from which answers say `Connection: close` - at `maxAge`, or shortly before the certificate ends - and
 * the time of the cut, when the last second of the certificate is over (RFC 5280 section 4.1.2.5: inclusive).
 */
export function lifetimeOf(notAfter: EpochSeconds, maxAge: Milliseconds, now: EpochMilliseconds): Lifetime {
  const cutAt = (notAfter + 1) * 1000;
  const notice = Math.min(MOST_NOTICE_MS, Math.max(0, cutAt - now) / 10);
  return { closeAt: epochMilliseconds(Math.min(now + maxAge, cutAt - notice)), cutAt: epochMilliseconds(cutAt) };
}
