/**
 * Whether a journal is what a CA left: the file whole, its tables the ones we made, each certificate what its row says,
 * signed by an authority of the journal, each lineage headed by its newest, and each client, key and mandate readable. Reads all of it; changes nothing.
 */
import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';

import type { EpochSeconds } from '../../core/time/units.ts';
import { parseCertificate, type Certificate } from '../../core/x509/certificate.ts';
import { isSignedBy } from '../../core/x509/signature.ts';
import { MIGRATIONS } from './migrations.ts';

export interface Soundness {
  readonly certificates: number;
  readonly lineages: number;
  readonly authorities: number;
  /** The first thing that is wrong, naming table and row; undefined: nothing is. */
  readonly fault: string | undefined;
}

type Row = Readonly<Record<string, unknown>>;

/** Reads an open journal to its first fault. `now` decides which lineages must still have their head.
 *  Cost: one signature check a certificate. */
export function judgeSoundness(database: DatabaseSync, now: EpochSeconds): Soundness {
  const count = (table: string): number => Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']);
  const integrity = String(database.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check']);
  if (integrity !== 'ok') return { certificates: 0, lineages: 0, authorities: 0, fault: `file: ${integrity}` };
  const authorities = readAuthorities(database);
  const fault =
    judgeSchema(database) ??
    authorities.fault ??
    judgeCertificates(database, authorities.byThumbprint) ??
    judgeSuccessors(database) ??
    judgeHeads(database, now) ??
    judgeReplacements(database) ??
    judgeRegistrations(database);
  return {
    certificates: count('certificate'),
    lineages: count('lineage'),
    authorities: authorities.byThumbprint.size,
    fault,
  };
}

const SCHEMA = `SELECT type || ' ' || name || ': ' || coalesce(sql, '') AS line FROM sqlite_schema
  WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1`;

function judgeSchema(database: DatabaseSync): string | undefined {
  const made = new DatabaseSync(':memory:');
  try {
    for (const step of MIGRATIONS) made.exec(step);
    const linesOf = (of: DatabaseSync): readonly string[] =>
      of
        .prepare(SCHEMA)
        .all()
        .map((row) => String(row['line']));
    const [here, ours] = [new Set(linesOf(database)), new Set(linesOf(made))];
    const odd = [...here].find((line) => !ours.has(line)) ?? [...ours].find((line) => !here.has(line));
    return odd === undefined ? undefined : `schema: ${odd.split(':', 1)[0]} is not as we make it`;
  } finally {
    made.close();
  }
}

function readAuthorities(database: DatabaseSync) {
  const byThumbprint = new Map<string, Certificate>();
  for (const row of database.prepare('SELECT thumbprint, der FROM authority').all()) {
    const name = `authority ${String(row['thumbprint'])}`;
    const parsed = parseCertificate(Buffer.from(row['der'] as Uint8Array));
    if (!parsed.ok) return { byThumbprint, fault: `${name}: cannot be read: ${parsed.refusal.detail}` };
    if (parsed.value.thumbprint.toString('hex') !== row['thumbprint'])
      return { byThumbprint, fault: `${name}: has another thumbprint` };
    byThumbprint.set(row['thumbprint'], parsed.value);
  }
  return { byThumbprint, fault: undefined };
}

function judgeCertificates(database: DatabaseSync, authorities: ReadonlyMap<string, Certificate>): string | undefined {
  for (const row of database.prepare('SELECT * FROM certificate ORDER BY rowid').iterate()) {
    const reason = judgeCertificate(row, authorities);
    if (reason !== undefined) return `certificate ${String(row['serial'])}: ${reason}`;
  }
  return undefined;
}

function judgeCertificate(row: Row, authorities: ReadonlyMap<string, Certificate>): string | undefined {
  const parsed = parseCertificate(Buffer.from(row['der'] as Uint8Array));
  if (!parsed.ok) return `cannot be read: ${parsed.refusal.detail}`;
  const certificate = parsed.value;
  const { lineage } = certificate;
  const facts: Readonly<Record<string, unknown>> = {
    serial: certificate.serial,
    thumbprint: certificate.thumbprint.toString('hex'),
    key_digest: createHash('sha256').update(certificate.spki).digest('hex'),
    spiffe_id: certificate.uriNames.join(' '),
    not_after: certificate.notAfter,
    lineage: lineage?.id.toString('hex'),
    sequence: lineage?.sequence,
    issued_at: lineage?.issuedAt,
  };
  const odd = Object.keys(facts).find((column) => facts[column] !== row[column]);
  if (odd !== undefined) return `${odd} is not that of the certificate itself`;
  const authority = authorities.get(String(row['authority']));
  if (authority === undefined) return 'its authority is not in the journal';
  return isSignedBy(certificate, authority) ? undefined : 'it is not signed by its authority';
}

/** A successor stands in its predecessor's lineage, one further on; or at the start of one that took its place. */
function judgeSuccessors(database: DatabaseSync): string | undefined {
  const odd = database
    .prepare(
      `SELECT next.serial FROM certificate AS next JOIN certificate AS before ON before.thumbprint = next.predecessor
       WHERE NOT (next.lineage = before.lineage AND next.sequence = before.sequence + 1)
         AND NOT (next.sequence = 0 AND EXISTS (SELECT 1 FROM replacement WHERE serial = next.serial))`,
    )
    .get();
  return odd === undefined ? undefined : `certificate ${String(odd['serial'])}: does not follow its predecessor`;
}

/** A frozen lineage may have come along from a journal that was replaced, without its certificates. */
function judgeHeads(database: DatabaseSync, now: EpochSeconds): string | undefined {
  const orphan = database
    .prepare('SELECT serial FROM certificate WHERE NOT EXISTS (SELECT 1 FROM lineage WHERE id = lineage)')
    .get();
  if (orphan !== undefined) return `certificate ${String(orphan['serial'])}: its lineage is not in the journal`;
  const behind = database
    .prepare(
      `SELECT lineage.id FROM lineage JOIN certificate ON certificate.lineage = lineage.id
       LEFT JOIN certificate AS head ON head.thumbprint = lineage.head
       WHERE head.serial IS NOT NULL AND (head.lineage <> lineage.id OR head.sequence < certificate.sequence)`,
    )
    .get();
  if (behind !== undefined) return `lineage ${String(behind['id'])}: its head is not its newest certificate`;
  const headless = database
    .prepare(
      `SELECT id FROM lineage WHERE ends_at >= ? AND NOT (frozen_at IS NOT NULL AND is_unproven = 1)
       AND NOT EXISTS (SELECT 1 FROM certificate WHERE thumbprint = lineage.head)`,
    )
    .get(now);
  return headless === undefined ? undefined : `lineage ${String(headless['id'])}: its head is not in the journal`;
}

function judgeReplacements(database: DatabaseSync): string | undefined {
  const odd = database
    .prepare(
      `SELECT replacement.lineage FROM replacement JOIN certificate ON certificate.serial = replacement.serial
       WHERE certificate.lineage <> replacement.successor`,
    )
    .get();
  return odd === undefined ? undefined : `replacement ${String(odd['lineage'])}: names another lineage than its serial`;
}

/** Columns that hold JSON, by table. */
const JSON_COLUMNS = {
  client: ['methods', 'spiffe', 'audiences', 'scopes', 'jwks', 'secrets'],
  api_key: ['audiences', 'scopes', 'spiffe', 'networks'],
  mandate: ['holder', 'scopes'],
} as const;

function judgeRegistrations(database: DatabaseSync): string | undefined {
  for (const [table, columns] of Object.entries(JSON_COLUMNS)) {
    const isSound = columns.map((column) => `(${column} IS NULL OR json_valid(${column}))`).join(' AND ');
    const odd = database.prepare(`SELECT id FROM ${table} WHERE NOT (${isSound})`).get();
    if (odd !== undefined) return `${table} ${String(odd['id'])}: cannot be read`;
  }
  const orphan = database
    .prepare('SELECT id FROM api_key WHERE NOT EXISTS (SELECT 1 FROM client WHERE client.id = api_key.client)')
    .get();
  return orphan === undefined ? undefined : `api_key ${String(orphan['id'])}: its client is not in the journal`;
}
