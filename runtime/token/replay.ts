/**
 * Which DPoP proofs were used, in bounded memory: a proof is good once (RFC 9449 section 11.1). Known by key and `jti`
 * together, so that nobody can burn the `jti` of another, and each key has a share of the room. The guarantee reaches as far as this process: replicas do
 * not share it, which nonces make up for.
 */
import { createHash } from 'node:crypto';

import { admit, type Outcome, refuse } from '../../core/fault/refusal.ts';
import type { EpochSeconds, Seconds } from '../../core/time/units.ts';
import type { DpopProof } from '../../core/token/proof.ts';

export interface ReplayStore {
  /** Whether it could be taken. Refuses: BINDING_REPLAY | LIMIT_REPLAY. */
  check(proof: DpopProof, now: EpochSeconds): Outcome<void>;
  /** Takes it: the second time is a replay. Refuses: BINDING_REPLAY | LIMIT_REPLAY, and then nothing was taken. */
  take(proof: DpopProof, now: EpochSeconds): Outcome<void>;
  /** How many are remembered. */
  size(): number;
}

export interface ReplayTerms {
  /** How far the `iat` of a proof may lie from now, either way. */
  readonly window: Seconds;
  /** Proofs remembered at most; beyond that none is admitted until old ones may be forgotten. */
  readonly most: number;
  /** Of these for one key: who signs many proofs takes no place of the others. */
  readonly share: number;
}

/** Nothing is known yet. Forgets a proof once its `iat` lies outside of the window. */
export function createReplayStore({ window, most, share }: ReplayTerms): ReplayStore {
  const seen = new Set<string>();
  const counts = new Map<string, number>();
  /** By the second after which none of them is good: no more of these than the window has seconds, twice. */
  const ending = new Map<number, Used[]>();
  let sweptAt: EpochSeconds | undefined;

  function forget(now: EpochSeconds): void {
    if (sweptAt === now) return;
    sweptAt = now;
    for (const [until, used] of ending) {
      if (until >= now) continue;
      ending.delete(until);
      for (const { key, jkt } of used) {
        seen.delete(key);
        const left = (counts.get(jkt) ?? 0) - 1;
        if (left > 0) counts.set(jkt, left);
        else counts.delete(jkt);
      }
    }
  }

  function check({ jkt, jti }: DpopProof, now: EpochSeconds): Outcome<void> {
    forget(now);
    const key = keyOf(jkt, jti);
    if (seen.has(key)) return refuse('BINDING_REPLAY', 'the proof was used before');
    if ((counts.get(jkt) ?? 0) >= share) return refuse('LIMIT_REPLAY', `${share} proofs of this key are remembered`);
    if (seen.size >= most) return refuse('LIMIT_REPLAY', `${most} proofs are remembered`);
    return admit(undefined);
  }

  return {
    check,
    take(proof, now) {
      const free = check(proof, now);
      if (!free.ok) return free;
      const { jkt, jti, issuedAt } = proof;
      const key = keyOf(jkt, jti);
      seen.add(key);
      counts.set(jkt, (counts.get(jkt) ?? 0) + 1);
      const until = issuedAt + window;
      const others = ending.get(until);
      if (others === undefined) ending.set(until, [{ key, jkt }]);
      else others.push({ key, jkt });
      return free;
    },
    size: () => seen.size,
  };
}

interface Used {
  readonly key: string;
  readonly jkt: string;
}

/** A `jti` is as long as its maker likes; a thumbprint has one length, so no two pairs share a text. */
const keyOf = (jkt: string, jti: string): string => createHash('sha256').update(jkt).update(jti).digest('binary');
