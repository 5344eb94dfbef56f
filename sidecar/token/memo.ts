/**
 * Remembers verified tokens, so that a token costs a signature check once and not at each request. A verdict belongs to
 * the exact bytes of the token and to the certificate that showed it, and ends with the first of the two. Whether
 * the token is bound to that certificate is not remembered: it is decided at each request, so that `acceptUntil` counts.
 */
import type { Peer } from '../../core/identity/peer.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import { TOKEN_MOST } from '../../core/token/jws.ts';
import type { VerifiedToken } from '../../core/token/verified-token.ts';

/** A token that was found good. Frozen. */
export interface Verdict {
  /** Secret. A copy: a slice would keep the whole request head in memory. */
  readonly text: string;
  readonly token: VerifiedToken;
  /** Never past `exp`; skew is for who verifies anew. */
  readonly until: EpochSeconds;
}

export interface TokenMemo {
  /** Undefined from `until` on, and past the peer's `notAfter`. Cost: one hash of the text. */
  recall(text: string, peer: Peer, now: EpochSeconds): Verdict | undefined;
  /** The oldest give way when the memo is full. */
  remember(text: string, peer: Peer, found: Pick<Verdict, 'token' | 'until'>): void;
  forget(): void;
}

export interface MemoLimits {
  readonly verdicts: number;
  /** Of memory, roughly: a token's claims are some times as large as its text. */
  readonly bytes: number;
}

/** An empty memo. */
export function createMemo(limits: MemoLimits): TokenMemo {
  const verdicts = new Map<string, Verdict>();
  let bytes = 0;

  function drop(key: string, { text }: Verdict): void {
    if (verdicts.delete(key)) bytes -= weightOf(text);
  }

  return {
    recall(text, peer, now) {
      if (text.length > TOKEN_MOST) return undefined;
      const key = keyOf(text, peer);
      const verdict = verdicts.get(key);
      if (verdict === undefined || isLive(verdict, peer, now)) return verdict;
      drop(key, verdict);
      return undefined;
    },
    remember(text, peer, { token, until }) {
      const copy = Buffer.from(text, 'latin1').toString('latin1');
      const key = keyOf(copy, peer);
      const before = verdicts.get(key);
      if (before !== undefined) drop(key, before);
      verdicts.set(key, Object.freeze({ text: copy, token, until }));
      bytes += weightOf(copy);
      for (const [oldest, held] of verdicts) {
        if (verdicts.size <= limits.verdicts && bytes <= limits.bytes) break;
        drop(oldest, held);
      }
    },
    forget() {
      verdicts.clear();
      bytes = 0;
    },
  };
}

/** Whether it counts now, for this peer. */
export function isLive({ until }: Verdict, peer: Peer, now: EpochSeconds): boolean {
  return now < until && now <= peer.notAfter;
}

/** The thumbprint has a fixed length, so no two pairs share a key. */
const keyOf = (text: string, peer: Peer): string => peer.thumbprintText + text;

/** The text twice (itself and in the key), its claims as objects, and the entry. */
const weightOf = (text: string): number => 6 * text.length + 1024;
