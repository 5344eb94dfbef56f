/**
 * What was used up at the token service, in bounded memory: an assertion and a DPoP proof are good once (RFC 7523 section 3, RFC
 * 9449 section 11.1). Each client has a share, so that nobody fills the places of others; what cannot be used any more makes
 * room. The guarantee begins with this process: what was issued before it must be refused elsewhere.
 */
import { createHash } from 'node:crypto';

import { admit, type Outcome, refuse } from '../../core/fault/refusal.ts';
import { epochSeconds, type EpochMilliseconds, type EpochSeconds } from '../../core/time/units.ts';

export interface Use {
  /** Who used it up, once that is proven. */
  readonly client: string;
  /** What tells it from all others, of any length. */
  readonly parts: readonly string[];
  /** Inclusive: after it nobody admits it anyway. */
  readonly until: EpochSeconds;
}

export interface Spent {
  /** The second time is a replay, whoever comes with it. Refuses: BINDING_REPLAY | LIMIT_REPLAY, and then nothing was taken. */
  take(use: Use, now: EpochSeconds): Outcome<void>;
  /** How many are remembered. */
  size(): number;
}

export interface SpentTerms {
  /** Of one client. */
  readonly share: number;
  /** Of all together. */
  readonly most: number;
}

interface Entry {
  readonly client: string;
  readonly until: EpochSeconds;
}

/** Nothing is known yet. */
export function createSpent({ share, most }: SpentTerms): Spent {
  const entries = new Map<string, Entry>();
  const counts = new Map<string, number>();
  let sweptAt: EpochSeconds | undefined;

  function count(client: string, change: 1 | -1): void {
    const next = (counts.get(client) ?? 0) + change;
    if (next === 0) counts.delete(client);
    else counts.set(client, next);
  }

  /** Once a second at most, however many come when it is full. */
  function sweep(now: EpochSeconds): void {
    if (sweptAt === now) return;
    sweptAt = now;
    for (const [key, { client, until }] of entries)
      if (until < now) {
        entries.delete(key);
        count(client, -1);
      }
  }

  function hasRoom(client: string): boolean {
    return entries.size < most && (counts.get(client) ?? 0) < share;
  }

  return {
    take({ client, parts, until }, now) {
      const key = keyOf(parts);
      const known = entries.get(key);
      if (known !== undefined && now <= known.until) return refuse('BINDING_REPLAY', 'it was used before');
      if (!hasRoom(client)) sweep(now);
      if (!hasRoom(client)) return refuse('LIMIT_REPLAY', `${share} of ${client}, or ${most} of all, are remembered`);
      if (known !== undefined) count(known.client, -1);
      entries.set(key, { client, until });
      count(client, 1);
      return admit(undefined);
    },
    size: () => entries.size,
  };
}

/** The first whole second in which nothing can have been issued before `start`: what was used up then is not known any more. */
export const firstSecondAfter = (start: EpochMilliseconds): EpochSeconds => epochSeconds(Math.ceil(start / 1000));

/** Each part with its length, so that no two lists share a text. */
function keyOf(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length} ${part}`);
  return hash.digest('base64url');
}
