/**
 * The journal's tables of clients, API keys and mandates. A row is put in the place of the one with its id; nothing is
 * judged here: the registry changes one thing at a time. Called inside a transaction only.
 */
import type { DatabaseSync } from 'node:sqlite';

import type { IdPattern } from '../../core/identity/pattern.ts';
import type { JsonObject } from '../../core/token/json.ts';
import { epochSeconds, type EpochSeconds } from '../../core/time/units.ts';
import type {
  ApiKeyRecord,
  ApiKeyUse,
  ClientMethod,
  ClientRecord,
  MandateRecord,
  Registrations,
  SecretHashes,
} from './record.ts';

export interface RegistrationTables {
  keepClient(client: ClientRecord): void;
  /** Its use so far stays. */
  keepApiKey(key: ApiKeyRecord): void;
  keepMandate(mandate: MandateRecord): void;
  keepUses(uses: readonly ApiKeyUse[]): void;
  read(): Registrations;
}

type Row = Readonly<Record<string, unknown>>;

/** The statements of these tables, prepared once. */
export function prepareRegistrations(database: DatabaseSync): RegistrationTables {
  const put = prepareWriting(database);
  const read = {
    clients: database.prepare('SELECT * FROM client ORDER BY id'),
    apiKeys: database.prepare('SELECT * FROM api_key ORDER BY id'),
    mandates: database.prepare('SELECT * FROM mandate ORDER BY id'),
  };
  return {
    keepClient: (client) => void put.client.run(columnsOfClient(client)),
    keepApiKey: (key) => void put.apiKey.run(columnsOfApiKey(key)),
    keepMandate: (mandate) => void put.mandate.run(columnsOfMandate(mandate)),
    keepUses(uses) {
      for (const { id, lastUsedAt, day, count } of uses) put.use.run(lastUsedAt, day, count, id);
    },
    read() {
      const keys = read.apiKeys.all();
      return {
        clients: read.clients.all().map(toClient),
        apiKeys: keys.map(toApiKey),
        uses: keys.filter((row) => row['last_used_at'] !== null).map(toUse),
        mandates: read.mandates.all().map(toMandate),
      };
    },
  };
}

function prepareWriting(database: DatabaseSync) {
  return {
    client: database.prepare(
      `INSERT OR REPLACE INTO client
         (id, methods, spiffe, audiences, scopes, dpop_bound, jwks, secrets, created_at, disabled_at)
       VALUES (:id, :methods, :spiffe, :audiences, :scopes, :dpop_bound, :jwks, :secrets, :created_at, :disabled_at)`,
    ),
    apiKey: database.prepare(
      `INSERT INTO api_key (id, hash, client, owner, audiences, scopes, spiffe, networks, per_minute, per_day,
                            created_at, expires_at, revoked_at)
       VALUES (:id, :hash, :client, :owner, :audiences, :scopes, :spiffe, :networks, :per_minute, :per_day,
               :created_at, :expires_at, :revoked_at)
       ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at, revoked_at = excluded.revoked_at`,
    ),
    mandate: database.prepare(
      `INSERT INTO mandate (id, holder, audience, scopes, purpose, created_at, ends_at)
       VALUES (:id, :holder, :audience, :scopes, :purpose, :created_at, :ends_at)
       ON CONFLICT (id) DO UPDATE SET ends_at = excluded.ends_at`,
    ),
    use: database.prepare('UPDATE api_key SET last_used_at = ?, day = ?, day_count = ? WHERE id = ?'),
  };
}

type Columns = Readonly<Record<string, string | number | null>>;

const columnsOfClient = (client: ClientRecord): Columns => ({
  id: client.id,
  methods: JSON.stringify(client.methods),
  spiffe: JSON.stringify(client.spiffe),
  audiences: JSON.stringify(client.audiences),
  scopes: JSON.stringify(client.scopes),
  dpop_bound: client.dpopBound ? 1 : 0,
  jwks: client.jwks === undefined ? null : JSON.stringify(client.jwks),
  secrets: client.secrets === undefined ? null : JSON.stringify(client.secrets),
  created_at: client.createdAt,
  disabled_at: client.disabledAt ?? null,
});

const columnsOfApiKey = (key: ApiKeyRecord): Columns => ({
  id: key.id,
  hash: key.digest,
  client: key.client,
  owner: key.owner,
  audiences: JSON.stringify(key.audiences),
  scopes: JSON.stringify(key.scopes),
  spiffe: JSON.stringify(key.spiffe),
  networks: JSON.stringify(key.networks),
  per_minute: key.perMinute,
  per_day: key.perDay,
  created_at: key.createdAt,
  expires_at: key.expiresAt,
  revoked_at: key.revokedAt ?? null,
});

const columnsOfMandate = (mandate: MandateRecord): Columns => ({
  id: mandate.id,
  holder: JSON.stringify(mandate.for),
  audience: mandate.audience,
  scopes: JSON.stringify(mandate.scopes),
  purpose: mandate.purpose,
  created_at: mandate.createdAt,
  ends_at: mandate.endsAt,
});

function toClient(row: Row): ClientRecord {
  return {
    id: String(row['id']),
    methods: parsed(row, 'methods') as readonly ClientMethod[],
    spiffe: parsed(row, 'spiffe') as readonly IdPattern[],
    audiences: parsed(row, 'audiences') as readonly string[],
    scopes: parsed(row, 'scopes') as readonly string[],
    dpopBound: row['dpop_bound'] === 1,
    jwks: row['jwks'] === null ? undefined : (parsed(row, 'jwks') as JsonObject),
    secrets: row['secrets'] === null ? undefined : (parsed(row, 'secrets') as SecretHashes),
    createdAt: instant(row, 'created_at'),
    disabledAt: row['disabled_at'] === null ? undefined : instant(row, 'disabled_at'),
  };
}

function toApiKey(row: Row): ApiKeyRecord {
  return {
    id: String(row['id']),
    digest: String(row['hash']),
    client: String(row['client']),
    owner: String(row['owner']),
    audiences: parsed(row, 'audiences') as readonly string[],
    scopes: parsed(row, 'scopes') as readonly string[],
    spiffe: parsed(row, 'spiffe') as readonly IdPattern[],
    networks: parsed(row, 'networks') as readonly string[],
    perMinute: Number(row['per_minute']),
    perDay: Number(row['per_day']),
    createdAt: instant(row, 'created_at'),
    expiresAt: instant(row, 'expires_at'),
    revokedAt: row['revoked_at'] === null ? undefined : instant(row, 'revoked_at'),
  };
}

function toUse(row: Row): ApiKeyUse {
  return {
    id: String(row['id']),
    lastUsedAt: instant(row, 'last_used_at'),
    day: Number(row['day']),
    count: Number(row['day_count']),
  };
}

function toMandate(row: Row): MandateRecord {
  return {
    id: String(row['id']),
    for: parsed(row, 'holder') as MandateRecord['for'],
    audience: String(row['audience']),
    scopes: parsed(row, 'scopes') as readonly string[],
    purpose: String(row['purpose']),
    createdAt: instant(row, 'created_at'),
    endsAt: instant(row, 'ends_at'),
  };
}

/** We wrote it: `judgeSoundness` looks whether a file was changed by others. */
const parsed = (row: Row, column: string): unknown => JSON.parse(String(row[column]));
const instant = (row: Row, column: string): EpochSeconds => epochSeconds(Number(row[column]));
