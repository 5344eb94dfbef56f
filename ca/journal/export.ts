/** The journal as JSON lines, one a row: for whoever keeps or searches it elsewhere. No secret is in it. */
import type { DatabaseSync } from 'node:sqlite';

/** Tables in the order in which a reader needs them, each with the order of its rows. */
const TABLES = [
  ['authority', 'recorded_at, thumbprint'],
  ['bundle', 'one'],
  ['restoration', 'restored_at'],
  ['lineage', 'id'],
  ['certificate', 'rowid'],
  ['replacement', 'lineage'],
  ['revocation', 'generation'],
  ['join_token', 'hash'],
  ['client', 'id'],
  ['api_key', 'id'],
  ['mandate', 'id'],
] as const;

/** A hash names a join token or an API key by its first digits: nobody needs more of it. */
const HASH_SHOWN = 12;

/** Each row as one object: `kind` is the table, the rest its columns; DER is base64. Instants are Unix seconds. */
export function* exportRows(database: DatabaseSync): Generator<Readonly<Record<string, unknown>>> {
  for (const [table, order] of TABLES)
    for (const row of database.prepare(`SELECT * FROM ${table} ORDER BY ${order}`).iterate())
      yield { kind: table, ...Object.fromEntries(Object.entries(row).map(toField)) };
}

function toField([name, value]: [string, unknown]): [string, unknown] {
  // Salt and digests of a client's secrets: whoever has them can try candidates.
  if (name === 'secrets') return [name, value === null ? null : '<kept>'];
  if (value instanceof Uint8Array) return [name, Buffer.from(value).toString('base64')];
  return [name, name === 'hash' ? String(value).slice(0, HASH_SHOWN) : value];
}
