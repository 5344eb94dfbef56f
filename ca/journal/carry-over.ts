/**
 * Takes along, into a journal that comes back from a backup, what must not be undone by that: revocations and frozen
 * lineages of the journal that it replaces, and what became there of clients, API keys and mandates. Called inside a transaction of the new one only.
 */
import type { DatabaseSync } from 'node:sqlite';

import type { EpochSeconds } from '../../core/time/units.ts';
import { COLUMNS } from './revocation-row.ts';

/** What was live in the old journal and is in the new one now. */
export interface CarriedOver {
  readonly revocations: number;
  readonly frozen: number;
  /** Clients, API keys and mandates that are as they were in the old journal: disabled, revoked, rotated, ended. */
  readonly registrations: number;
}

const ENTRY = COLUMNS.replace('generation, ', '');

/** Each entry gets a new generation: call it when those are beyond all that were ever told. */
export function carryOver(from: DatabaseSync, into: DatabaseSync, now: EpochSeconds): CarriedOver {
  return {
    revocations: carryRevocations(from, into, now),
    frozen: carryFrozen(from, into, now),
    registrations: carryRegistrations(from, into),
  };
}

function carryRevocations(from: DatabaseSync, into: DatabaseSync, now: EpochSeconds): number {
  const insert = into.prepare(
    `INSERT INTO revocation (${ENTRY})
     SELECT :kind, :value, :issuer, :thumbprint, :lineage, :sequence, :reason, :revoked_at, :ends_at
     WHERE NOT EXISTS (SELECT 1 FROM revocation
                       WHERE kind = :kind AND value = :value AND issuer = :issuer AND ends_at >= :ends_at)`,
  );
  const rows = from.prepare(`SELECT ${ENTRY} FROM revocation WHERE ends_at >= ? ORDER BY generation`).all(now);
  for (const row of rows) insert.run(row);
  return rows.length;
}

/** A lineage of after the backup comes along without its certificates: it is known to be frozen, and that is all. */
function carryFrozen(from: DatabaseSync, into: DatabaseSync, now: EpochSeconds): number {
  const insert = into.prepare(
    `INSERT INTO lineage (id, head, ends_at, frozen_at, is_unproven) VALUES (:id, :head, :ends_at, :frozen_at, 1)
     ON CONFLICT (id) DO UPDATE SET frozen_at = excluded.frozen_at, ends_at = max(ends_at, excluded.ends_at)`,
  );
  const rows = from
    .prepare('SELECT id, head, ends_at, frozen_at FROM lineage WHERE frozen_at IS NOT NULL AND ends_at >= ?')
    .all(now);
  for (const row of rows) insert.run(row);
  return rows.length;
}

/** Columns that change after a row is made, and never give more than they did. */
const CHANGED = {
  client: ['jwks', 'secrets', 'disabled_at'],
  api_key: ['expires_at', 'revoked_at', 'last_used_at', 'day', 'day_count'],
  mandate: ['ends_at'],
} as const;

/** What is in both journals becomes what it was in the old one. What the backup does not know stays unknown: like a
 *  certificate that was issued after it. */
function carryRegistrations(from: DatabaseSync, into: DatabaseSync): number {
  let changed = 0;
  for (const [table, columns] of Object.entries(CHANGED)) {
    const set = columns.map((column) => `${column} = :${column}`).join(', ');
    const differs = columns.map((column) => `${column} IS NOT :${column}`).join(' OR ');
    const update = into.prepare(`UPDATE ${table} SET ${set} WHERE id = :id AND (${differs})`);
    for (const row of from.prepare(`SELECT id, ${columns.join(', ')} FROM ${table}`).all())
      changed += Number(update.run(row).changes);
  }
  return changed;
}
