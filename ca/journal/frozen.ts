/**
 * What verifiers are told of a fork: that the lineage is frozen. One identity has a share of the places, so that nobody
 * silences the forks of others with his own; beyond the share all lineages of the identity are frozen together.
 * Called inside a transaction only.
 */
import type { DatabaseSync } from 'node:sqlite';

import type { RevokedThing } from '../../core/identity/revocation.ts';
import { epochSeconds, type EpochSeconds } from '../../core/time/units.ts';

export interface Frozen {
  /** Tells of a fork. Gives what an operator must know of it besides; undefined: nothing. */
  add(lineageId: string, now: EpochSeconds): string | undefined;
}

export type FrozenThing = Extract<RevokedThing, { readonly kind: `frozen-${string}` }>;

/** Frozen lineages of one identity. */
const SHARE = 100;
const LINEAGES_MOST = 9000;
const IDS_MOST = 1000;
const DAY_SECONDS = 86_400;

/** `insert` records an entry, or finds one that lasts as long. */
export function prepareFrozen(
  database: DatabaseSync,
  insert: (thing: FrozenThing, now: EpochSeconds, endsAt: EpochSeconds) => void,
): Frozen {
  const lineage = database.prepare(
    `SELECT ends_at, (SELECT spiffe_id FROM certificate WHERE lineage = id LIMIT 1) AS spiffe_id
     FROM lineage WHERE id = ?`,
  );
  const live = database.prepare('SELECT count(*) AS count FROM revocation WHERE ends_at >= ? AND kind = ?');
  const ofIdentity = database.prepare(
    `SELECT count(*) AS count FROM (
       SELECT DISTINCT r.value FROM certificate c JOIN revocation r ON r.lineage = c.lineage
       WHERE c.spiffe_id = ? AND r.kind = 'frozen-lineage' AND r.ends_at >= ? LIMIT ${SHARE}
     )`,
  );
  const countOf = (kind: FrozenThing['kind'], now: EpochSeconds): number => Number(live.get(now, kind)?.['count']);

  return {
    add(lineageId, now) {
      const row = lineage.get(lineageId);
      if (row === undefined) return 'it is told to nobody: the lineage is not in the journal';
      const ends = Number(row['ends_at']);
      const spiffeId = String(row['spiffe_id'] ?? '');
      const isShareUsed = Number(ofIdentity.get(spiffeId, now)?.['count']) >= SHARE;
      if (!isShareUsed && countOf('frozen-lineage', now) < LINEAGES_MOST) {
        insert({ kind: 'frozen-lineage', lineageId }, now, epochSeconds(ends));
        return undefined;
      }
      if (spiffeId === '' || countOf('frozen-spiffe-id', now) >= IDS_MOST)
        return `it is told to nobody: ${LINEAGES_MOST} frozen lineages and ${IDS_MOST} frozen identities are live`;
      // At most one new entry a day, however many forks follow.
      const endsAt = epochSeconds((Math.floor(ends / DAY_SECONDS) + 1) * DAY_SECONDS);
      insert({ kind: 'frozen-spiffe-id', spiffeId }, now, endsAt);
      return `all lineages of ${spiffeId} are frozen: there were too many forks`;
    },
  };
}
