/**
 * Remembers verified tokens, so that a token costs a signature check once and not at each request. A verdict belongs to
 * the exact bytes of the token and to the certificate that showed it, and ends with the first of the two. Whether
 * the token is bound to that certificate is not remembered: it is decided at each request, so that `acceptUntil` counts.
 */
import type { Peer } from '../../core/identity/peer.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import { TOKEN_MOST } from '../../core/token/jws.ts';
import type { VerifiedToken } from '../../core/token/verified-token.ts';

export interface TokenMemo {
  /** Never past `exp` (skew is for who verifies anew) nor past the peer's `notAfter`. Cost: one hash of the text. */
  recall(text: string, peer: Peer, now: EpochSeconds): VerifiedToken | undefined;
  /** The oldest gives way when the memo is full. */
  remember(text: string, peer: Peer, token: VerifiedToken): void;
  forget(): void;
}

/** An empty memo for at most `most` verdicts. */
export function createMemo(most: number): TokenMemo {
  const verdicts = new Map<string, VerifiedToken>();

  return {
    recall(text, peer, now) {
      if (text.length > TOKEN_MOST) return undefined;
      const key = keyOf(text, peer);
      const token = verdicts.get(key);
      if (token === undefined) return undefined;
      if (now < token.expiresAt && now <= peer.notAfter) return token;
      verdicts.delete(key);
      return undefined;
    },
    remember(text, peer, token) {
      // A slice would keep the whole request head in memory.
      const key = Buffer.from(keyOf(text, peer), 'latin1').toString('latin1');
      verdicts.delete(key);
      verdicts.set(key, token);
      for (const oldest of verdicts.keys()) {
        if (verdicts.size <= most) break;
        verdicts.delete(oldest);
      }
    },
    forget: () => verdicts.clear(),
  };
}

/** The thumbprint has a fixed length, so no two pairs share a key. */
const keyOf = (text: string, peer: Peer): string => peer.thumbprintText + text;
