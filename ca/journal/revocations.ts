/**
 * The journal's table of revocations. An entry is never changed nor taken back; it ends. Called inside a transaction only:
 * whoever asks whether something is revoked and then records an issuance must see one state.
 */
import type { DatabaseSync } from 'node:sqlite';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { RevokedThing, Revocation, RevocationReason } from '../../core/identity/revocation.ts';
import { epochSeconds, type EpochSeconds } from '../../core/time/units.ts';
import { prepareFrozen } from './frozen.ts';
import type { ListedRevocations, RevocationRequest, RevokedSerial } from './record.ts';
import { COLUMNS, columnsOf, toRevocation } from './revocation-row.ts';

export interface Revocations {
  /** The entry, or one that is there already and lasts as long.
   *  Refuses: GRANT_UNKNOWN | GRANT_IDENTITY (a certificate of the CA itself) | LIMIT_REVOCATIONS. */
  add(request: RevocationRequest, now: EpochSeconds): Outcome<Revocation>;
  /** A fork, told to verifiers like a revocation. Gives what an operator must know of it besides (see frozen.ts); the
   *  lineage is frozen either way. */
  addFrozen(lineageId: string, now: EpochSeconds): string | undefined;
  list(now: EpochSeconds): ListedRevocations;
  /** The serials that a certificate revocation list must hold. */
  serials(authority: string, now: EpochSeconds): readonly RevokedSerial[];
  /** Why this lineage, or this SPIFFE ID, gets no certificate any more. */
  forbids(asked: { readonly lineageId?: string; readonly spiffeId: string }, now: EpochSeconds): string | undefined;
}

/** Live entries of orders; what forks freeze has places of its own. */
const ENTRIES_MOST = 10_000;
const SERIALS_MOST = 100_000;

/** The statements of this table, prepared once. */
export function prepareRevocations(database: DatabaseSync): Revocations {
  const statements = prepareStatements(database);

  function insert(thing: RevokedThing, terms: Omit<Revocation, keyof RevokedThing | 'generation'>): Revocation {
    const { reason, revokedAt, endsAt } = terms;
    const { kind, value, issuer = '', thumbprint = null, lineage = null, sequence = null } = columnsOf(thing);
    const held = statements.equal.get(kind, value, issuer, endsAt);
    if (held !== undefined) return toRevocation(held);
    const row = statements.insert.get(kind, value, issuer, thumbprint, lineage, sequence, reason, revokedAt, endsAt);
    if (row === undefined) throw new Error('an insert gave no row');
    return toRevocation(row);
  }

  const frozen = prepareFrozen(database, (thing, now, endsAt) => {
    insert(thing, { reason: 'keyCompromise', revokedAt: now, endsAt });
  });

  return {
    add(request, now) {
      const resolved = resolve(request, statements);
      if (!resolved.ok) return resolved;
      const [thing, end] = resolved.value;
      const endsAt = request.endsAt ?? end;
      if (endsAt < now)
        return refuse('GRANT_UNKNOWN', `it ended at ${endsAt}: nothing that it names is valid any more`);
      if (Number(statements.ordered.get(now)?.['count']) >= ENTRIES_MOST)
        return refuse('LIMIT_REVOCATIONS', `${ENTRIES_MOST} revocations are live`);
      return admit(insert(thing, { reason: request.reason, revokedAt: request.revokedAt, endsAt }));
    },
    addFrozen: (lineageId, now) => frozen.add(lineageId, now),
    list(now) {
      const entries = statements.list.all(now).map(toRevocation);
      return { generation: Number(statements.newest.get()?.['seq'] ?? 0), entries };
    },
    serials(authority, now) {
      return statements.serials.all({ authority, now }).map((row) => ({
        serial: String(row['serial']),
        reason: row['reason'] as RevocationReason,
        revokedAt: epochSeconds(Number(row['revoked_at'])),
      }));
    },
    forbids({ lineageId = '', spiffeId }, now) {
      const row = statements.forbids.get(now, lineageId, spiffeId);
      return row === undefined ? undefined : `${String(row['kind'])} ${String(row['value'])} is revoked`;
    },
  };
}

type Statements = ReturnType<typeof prepareStatements>;

/** What is revoked, and when it ends by itself. */
function resolve(
  { target, fallbackEnd }: RevocationRequest,
  statements: Statements,
): Outcome<readonly [RevokedThing, EpochSeconds]> {
  if (target.kind === 'lineage') {
    const ends = statements.lineageEnd.get(target.lineageId);
    if (ends?.['is_own'] === 1) return refuse('GRANT_IDENTITY', `lineage ${target.lineageId} is one of the CA's own`);
    if (ends !== undefined) return admit([target, epochSeconds(Number(ends['ends_at']))]);
    // It may have been issued after the backup that this journal came back from.
    if (isRestored(statements)) return admit([target, fallbackEnd]);
    return refuse('GRANT_UNKNOWN', `lineage ${target.lineageId} is unknown here`);
  }
  if (target.kind !== 'certificate') return admit([target, fallbackEnd]);
  const row = statements.certificate.get(target.serial);
  if (row === undefined) {
    if (isRestored(statements)) return admit([{ kind: 'certificate', serial: target.serial, ...UNKNOWN }, fallbackEnd]);
    return refuse('GRANT_UNKNOWN', `certificate ${target.serial} is unknown here`);
  }
  if (row['attestor'] === 'self')
    return refuse('GRANT_IDENTITY', `certificate ${target.serial} is one of the CA's own`);
  const thing = {
    kind: 'certificate',
    serial: target.serial,
    thumbprint: Buffer.from(String(row['thumbprint']), 'hex').toString('base64url'),
    lineageId: String(row['lineage']),
    sequence: Number(row['sequence']),
  } as const;
  return admit([thing, epochSeconds(Number(row['ends_at']))]);
}

/** Of a certificate that is known by its serial alone: nobody's thumbprint and nobody's lineage. */
const UNKNOWN = {
  thumbprint: Buffer.alloc(32).toString('base64url'),
  lineageId: '00'.repeat(16),
  sequence: 0,
} as const;

const isRestored = (statements: Statements): boolean => statements.restored.get() !== undefined;

function prepareStatements(database: DatabaseSync) {
  return {
    insert: database.prepare(
      `INSERT INTO revocation (kind, value, issuer, thumbprint, lineage, sequence, reason, revoked_at, ends_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING ${COLUMNS}`,
    ),
    equal: database.prepare(
      `SELECT ${COLUMNS} FROM revocation WHERE kind = ? AND value = ? AND issuer = ? AND ends_at >= ?`,
    ),
    list: database.prepare(`SELECT ${COLUMNS} FROM revocation WHERE ends_at >= ? ORDER BY generation`),
    newest: database.prepare(`SELECT seq FROM sqlite_sequence WHERE name = 'revocation'`),
    ordered: database.prepare(
      `SELECT count(*) AS count FROM revocation WHERE ends_at >= ? AND kind NOT IN ('frozen-lineage', 'frozen-spiffe-id')`,
    ),
    lineageEnd: database.prepare(
      `SELECT ends_at, EXISTS (SELECT 1 FROM certificate WHERE lineage = id AND attestor = 'self') AS is_own
       FROM lineage WHERE id = ?`,
    ),
    certificate: database.prepare(
      `SELECT attestor, thumbprint, lineage, sequence, max(not_after, coalesce(ends_at, 0)) AS ends_at
       FROM certificate LEFT JOIN lineage ON lineage.id = certificate.lineage WHERE serial = ?`,
    ),
    restored: database.prepare('SELECT 1 FROM restoration LIMIT 1'),
    // Only the head of a lineage is renewed, and each certificate before it is one of its ancestors.
    forbids: database.prepare(
      `SELECT kind, value FROM revocation WHERE ends_at >= ?
       AND ((kind IN ('certificate', 'lineage') AND lineage = ?) OR (kind = 'spiffe-id' AND value = ?)) LIMIT 1`,
    ),
    serials: database.prepare(
      `SELECT serial, reason, min(revoked_at) AS revoked_at FROM (
         SELECT c.serial, r.reason, r.revoked_at, c.not_after, c.authority FROM revocation r
           JOIN certificate c ON c.lineage = r.lineage
           WHERE r.ends_at >= :now AND (r.kind = 'lineage' OR (r.kind = 'certificate' AND c.sequence >= r.sequence))
         UNION ALL
         SELECT c.serial, r.reason, r.revoked_at, c.not_after, c.authority FROM revocation r
           JOIN certificate c ON c.spiffe_id = r.value
           WHERE r.ends_at >= :now AND r.kind = 'spiffe-id'
       ) WHERE not_after >= :now AND authority = :authority GROUP BY serial ORDER BY serial LIMIT ${SERIALS_MOST}`,
    ),
  };
}
