/**
 * What a journal that came back from a backup may still do for a leaf. What was issued after the backup is unknown to it,
 * so it cannot prove which certificate is the head of a lineage: such a leaf proves who asks, and buys the first
 * certificate of a new lineage, once a lineage. Called inside a transaction only.
 * Spec: reference "Lineage", CA rules ("a CA restored from a backup continues no lineage whose head it cannot prove").
 */
import type { DatabaseSync } from 'node:sqlite';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { Standing } from './command.ts';
import type { Claim, IssuanceRecord } from './record.ts';

export type LeafClaim = Extract<Claim, { readonly kind: 'leaf' }>;

export interface Restored {
  /** For a lineage that the journal does not know: refused, unless the leaf is older than the restoration.
   *  Refuses: GRANT_LINEAGE | GRANT_FORK. */
  judgeUnknown(claim: LeafClaim, keyDigest: string, now: EpochSeconds): Outcome<Standing>;
  /** For a lineage of the backup; `head`: the highest sequence that is known of it. Refuses as `judgeUnknown`. */
  judgeUnproven(claim: LeafClaim, asked: { keyDigest: string; head: number }, now: EpochSeconds): Outcome<Standing>;
  /** Uses the lineage up: `issuance` is the first certificate of the one that takes its place. */
  replace(claim: LeafClaim, issuance: IssuanceRecord): void;
}

export interface RestoredDeps {
  readonly find: (serial: string) => IssuanceRecord | undefined;
  readonly isRepeat: (earlier: IssuanceRecord | undefined, keyDigest: string, now: EpochSeconds) => boolean;
  /** Gives what is to be said of it besides. */
  readonly freeze: (lineageId: string, now: EpochSeconds) => string;
}

/** The statements of these tables, prepared once. */
export function prepareRestored(database: DatabaseSync, { find, isRepeat, freeze }: RestoredDeps): Restored {
  const restoredAt = database.prepare('SELECT max(restored_at) AS at FROM restoration');
  const byLineage = database.prepare('SELECT successor, serial FROM replacement WHERE lineage = ?');
  const insert = database.prepare('INSERT INTO replacement (lineage, successor, serial, ends_at) VALUES (?, ?, ?, ?)');

  function judgeOnce({ lineageId }: LeafClaim, keyDigest: string, now: EpochSeconds): Outcome<Standing> {
    const row = byLineage.get(lineageId);
    if (row === undefined) return admit({ earlier: undefined, continues: false });
    const earlier = find(String(row['serial']));
    if (isRepeat(earlier, keyDigest, now)) return admit({ earlier, continues: false });
    const successor = String(row['successor']);
    const more = freeze(successor, now);
    return refuse(
      'GRANT_FORK',
      `second new lineage for lineage ${lineageId} of before the restoration: ${successor} is frozen now${more}`,
    );
  }

  return {
    judgeUnknown(claim, keyDigest, now) {
      const at = restoredAt.get()?.['at'];
      if (typeof at !== 'number' || claim.issuedAt > at)
        return refuse('GRANT_LINEAGE', `lineage ${claim.lineageId} is unknown here`);
      return judgeOnce(claim, keyDigest, now);
    },
    judgeUnproven(claim, { keyDigest, head }, now) {
      if (claim.sequence < head)
        return refuse('GRANT_LINEAGE', `not the newest certificate of lineage ${claim.lineageId}`);
      return judgeOnce(claim, keyDigest, now);
    },
    replace({ lineageId, notAfter }, issuance) {
      insert.run(lineageId, issuance.lineageId, issuance.serial, Math.max(notAfter, issuance.notAfter));
    },
  };
}
