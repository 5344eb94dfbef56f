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
import type { Refusal } from '../../core/fault/refusal.ts';
import type { Lifetime } from '../forward/exchange.ts';

/** Before the cut, answers announce the end: at most this long. */
const MOST_NOTICE_MS = 5_000;

export interface Ages {
  readonly maxAge: Milliseconds;
  /** From then to the cut, for what is still under way. */
  readonly maxAgeGrace: Milliseconds;
}

/**
 * Gives the time from which answers say `Connection: close` - at `maxAge`, or shortly before the certificate ends - and
 * the time of the cut: when the grace is over, or the last second of the certificate (RFC 5280 section 4.1.2.5: inclusive).
 */
export function lifetimeOf(notAfter: EpochSeconds, { maxAge, maxAgeGrace }: Ages, now: EpochMilliseconds): Lifetime {
  const expiry = (notAfter + 1) * 1000;
  const notice = Math.min(MOST_NOTICE_MS, Math.max(0, expiry - now) / 10);
  const aged = now + maxAge + maxAgeGrace;
  return {
    closeAt: epochMilliseconds(Math.min(now + maxAge, expiry - notice)),
    cutAt: epochMilliseconds(Math.min(aged, expiry)),
    reason: expiry <= aged ? EXPIRED : AGED,
  };
}

const EXPIRED: Refusal = Object.freeze({ code: 'PEER_EXPIRED', detail: 'the certificate of the peer has ended' });
const AGED: Refusal = Object.freeze({
  code: 'LIMIT_TIMEOUT',
  detail: 'the connection is older than connections.maxAge and its grace',
});
