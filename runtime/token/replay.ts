/**
 * Which DPoP proofs were used, in bounded memory: a proof is good once (RFC 9449 section 11.1). Known by key and `jti`
 * together, so that nobody can burn the `jti` of another. The guarantee reaches as far as this process: replicas do
 * not share it, which nonces make up for.
 */
import { createHash } from 'node:crypto';

import { admit, type Outcome, refuse } from '../../core/fault/refusal.ts';
import type { EpochSeconds, Seconds } from '../../core/time/units.ts';

export interface ReplayStore {
  /** Whether it could be taken. Refuses: BINDING_REPLAY | LIMIT_REPLAY. */
  check(jkt: string, jti: string, now: EpochSeconds): Outcome<void>;
  /** Takes it: the second time is a replay. Refuses: BINDING_REPLAY | LIMIT_REPLAY, and then nothing was taken. */
  take(jkt: string, jti: string, now: EpochSeconds): Outcome<void>;
  /** How many are remembered. */
  size(): number;
}

export interface ReplayTerms {
  /** How far the `iat` of a proof may lie from now, either way. */
  readonly window: Seconds;
  /** Proofs remembered at most; beyond that none is admitted until old ones may be forgotten. */
  readonly most: number;
}

/** Nothing is known yet. Forgets a proof once its `iat` lies outside of the window whatever it was. */
export function createReplayStore({ window, most }: ReplayTerms): ReplayStore {
  /** Until when each counts, oldest first: all are kept equally long. */
  const seen = new Map<string, number>();
  /** A proof may be dated ahead by the window, and is good for the window after that. */
  const kept = 2 * window + 1;

  function forget(now: EpochSeconds): void {
    for (const [key, until] of seen) {
      if (until > now) return;
      seen.delete(key);
    }
  }

  function check(key: string, now: EpochSeconds): Outcome<void> {
    forget(now);
    if (seen.has(key)) return refuse('BINDING_REPLAY', 'the proof was used before');
    if (seen.size >= most) return refuse('LIMIT_REPLAY', `${most} proofs are remembered`);
    return admit(undefined);
  }

  return {
    check: (jkt, jti, now) => check(keyOf(jkt, jti), now),
    take(jkt, jti, now) {
      const key = keyOf(jkt, jti);
      const free = check(key, now);
      if (free.ok) seen.set(key, now + kept);
      return free;
    },
    size: () => seen.size,
  };
}

/** A `jti` is as long as its maker likes; a thumbprint has one length, so no two pairs share a text. */
const keyOf = (jkt: string, jti: string): string => createHash('sha256').update(jkt).update(jti).digest('binary');
