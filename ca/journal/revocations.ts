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
  /** The entry, or one that is there already and lasts as long, whatever the limits say. What clients add for themselves has a
   *  share of the places, each client one of that, and the end of an origin has places that nothing else takes.
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
/** Of these, for the end of a client, API key or mandate alone. */
const ORIGINS_RESERVED = 1000;
/** Of these, the most that clients may take together for tokens of their own, and one of them. */
const CLIENTS_MOST = 5000;
const CLIENT_SHARE = 100;
const SERIALS_MOST = 100_000;

/** The statements of this table, prepared once. */
export function prepareRevocations(database: DatabaseSync): Revocations {
  const statements = prepareStatements(database);

  function find(thing: RevokedThing, endsAt: EpochSeconds): Revocation | undefined {
    const { kind, value, issuer = '' } = columnsOf(thing);
    const held = statements.equal.get(kind, value, issuer, endsAt);
    return held === undefined ? undefined : toRevocation(held);
  }

  function insert(thing: RevokedThing, { reason, revokedAt, endsAt, client }: Terms): Revocation {
    const { kind, value, issuer = '', thumbprint = null, lineage = null, sequence = null } = columnsOf(thing);
    const place = [kind, value, issuer, thumbprint, lineage, sequence] as const;
    const row = statements.insert.get(...place, reason, revokedAt, endsAt, client ?? null);
    if (row === undefined) throw new Error('an insert gave no row');
    return toRevocation(row);
  }

  const frozen = prepareFrozen(database, (thing, now, endsAt) => {
    if (find(thing, endsAt) === undefined) insert(thing, { reason: 'keyCompromise', revokedAt: now, endsAt });
  });

  return {
    add(request, now) {
      const resolved = resolve(request, statements);
      if (!resolved.ok) return resolved;
      const [thing, end] = resolved.value;
      const endsAt = request.endsAt ?? end;
      if (endsAt < now)
        return refuse('GRANT_UNKNOWN', `it ended at ${endsAt}: nothing that it names is valid any more`);
      const held = find(thing, endsAt);
      if (held !== undefined) return admit(held);
      const room = checkRoom(statements, request, now);
      if (!room.ok) return room;
      const { reason, revokedAt, byClient } = request;
      return admit(insert(thing, { reason, revokedAt, endsAt, client: byClient }));
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

type Terms = Pick<Revocation, 'reason' | 'revokedAt' | 'endsAt'> & { readonly client?: string | undefined };

function checkRoom(statements: Statements, { target, byClient }: RevocationRequest, now: EpochSeconds): Outcome<void> {
  const most = target.kind === 'origin' ? ENTRIES_MOST : ENTRIES_MOST - ORIGINS_RESERVED;
  if (Number(statements.ordered.get(now)?.['count']) >= most)
    return refuse('LIMIT_REVOCATIONS', `${most} revocations are live`);
  if (byClient === undefined) return admit(undefined);
  if (Number(statements.ofClients.get(now)?.['count']) >= CLIENTS_MOST)
    return refuse('LIMIT_REVOCATIONS', `${CLIENTS_MOST} revocations by clients are live`);
  if (Number(statements.ofClient.get(byClient, now)?.['count']) >= CLIENT_SHARE)
    return refuse('LIMIT_REVOCATIONS', `${CLIENT_SHARE} revocations by ${byClient} are live`);
  return admit(undefined);
}

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
      `INSERT INTO revocation (kind, value, issuer, thumbprint, lineage, sequence, reason, revoked_at, ends_at, client)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING ${COLUMNS}`,
    ),
    equal: database.prepare(
      `SELECT ${COLUMNS} FROM revocation WHERE kind = ? AND value = ? AND issuer = ? AND ends_at >= ?`,
    ),
    list: database.prepare(`SELECT ${COLUMNS} FROM revocation WHERE ends_at >= ? ORDER BY generation`),
    newest: database.prepare(`SELECT seq FROM sqlite_sequence WHERE name = 'revocation'`),
    ordered: database.prepare(
      `SELECT count(*) AS count FROM revocation WHERE ends_at >= ? AND kind NOT IN ('frozen-lineage', 'frozen-spiffe-id')`,
    ),
    ofClients: database.prepare('SELECT count(*) AS count FROM revocation WHERE client IS NOT NULL AND ends_at >= ?'),
    ofClient: database.prepare('SELECT count(*) AS count FROM revocation WHERE client = ? AND ends_at >= ?'),
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
