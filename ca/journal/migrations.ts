/**
 * The journal's schema, forward only: entry n brings a file from version n to n + 1. An entry that was released is never
 * changed; `user_version` of the file says how many it has seen.
 */

/** `PRAGMA application_id` of our files ("Clea"), so that another program's database is never taken for a journal. */
export const APPLICATION_ID = 0x43_6c_65_61;

export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE authority (
     thumbprint TEXT PRIMARY KEY,
     der BLOB NOT NULL,
     recorded_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;

   CREATE TABLE join_token (
     hash TEXT PRIMARY KEY,
     path TEXT NOT NULL,
     dns_names TEXT NOT NULL,
     expires_at INTEGER NOT NULL,
     spent_on TEXT
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX join_token_by_end ON join_token (expires_at);

   CREATE TABLE lineage (
     id TEXT PRIMARY KEY,
     head TEXT NOT NULL,
     ends_at INTEGER NOT NULL,
     frozen_at INTEGER
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX lineage_by_end ON lineage (ends_at);

   CREATE TABLE certificate (
     serial TEXT PRIMARY KEY,
     thumbprint TEXT NOT NULL UNIQUE,
     key_digest TEXT NOT NULL UNIQUE,
     spiffe_id TEXT NOT NULL,
     lineage TEXT NOT NULL,
     sequence INTEGER NOT NULL,
     predecessor TEXT UNIQUE,
     attestor TEXT NOT NULL,
     issued_at INTEGER NOT NULL,
     not_after INTEGER NOT NULL,
     asked_ttl INTEGER,
     der BLOB NOT NULL
   ) STRICT;
   CREATE INDEX certificate_by_end ON certificate (not_after);`,
  `ALTER TABLE authority ADD COLUMN slot TEXT NOT NULL DEFAULT 'active';
   ALTER TABLE authority ADD COLUMN above TEXT NOT NULL DEFAULT '[]';
   ALTER TABLE authority ADD COLUMN root BLOB;
   ALTER TABLE authority ADD COLUMN folder TEXT;
   ALTER TABLE authority ADD COLUMN published_at INTEGER NOT NULL DEFAULT 1;
   ALTER TABLE authority ADD COLUMN begun_by TEXT NOT NULL DEFAULT 'operator';
   ALTER TABLE authority ADD COLUMN voucher BLOB;
   UPDATE authority SET root = der, folder = 'authority';

   ALTER TABLE certificate ADD COLUMN authority TEXT;
   UPDATE certificate SET authority = (SELECT thumbprint FROM authority ORDER BY recorded_at, thumbprint LIMIT 1);

   CREATE TABLE bundle (
     one INTEGER PRIMARY KEY CHECK (one = 1),
     generation INTEGER NOT NULL,
     digest TEXT NOT NULL,
     is_paused INTEGER NOT NULL
   ) STRICT;`,
  // What a restored backup cannot prove, what took its place, and how far the audit stream was.
  `CREATE TABLE restoration (
     restored_at INTEGER PRIMARY KEY
   ) STRICT;

   ALTER TABLE lineage ADD COLUMN is_unproven INTEGER NOT NULL DEFAULT 0;

   CREATE TABLE replacement (
     lineage TEXT PRIMARY KEY,
     successor TEXT NOT NULL,
     serial TEXT NOT NULL,
     ends_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX replacement_by_end ON replacement (ends_at);

   CREATE TABLE audit_head (
     one INTEGER PRIMARY KEY CHECK (one = 1),
     seq INTEGER NOT NULL,
     digest TEXT NOT NULL
   ) STRICT;`,
  // AUTOINCREMENT: a generation is never given twice, also when the newest entry has ended and is gone.
  `CREATE TABLE revocation (
     generation INTEGER PRIMARY KEY AUTOINCREMENT,
     kind TEXT NOT NULL,
     value TEXT NOT NULL,
     issuer TEXT NOT NULL,
     thumbprint TEXT,
     lineage TEXT,
     sequence INTEGER,
     reason TEXT NOT NULL,
     revoked_at INTEGER NOT NULL,
     ends_at INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX revocation_by_end ON revocation (ends_at);
   CREATE INDEX revocation_by_value ON revocation (value);
   CREATE INDEX revocation_by_lineage ON revocation (lineage);
   CREATE INDEX certificate_by_lineage ON certificate (lineage);
   CREATE INDEX certificate_by_id ON certificate (spiffe_id);`,
  // Which evidence a certificate was issued for; the digest only of evidence that can be shown again.
  `ALTER TABLE certificate ADD COLUMN evidence TEXT NOT NULL DEFAULT '';
   ALTER TABLE certificate ADD COLUMN evidence_digest TEXT;`,
  // Who may ask for tokens beside a workload by its certificate, and for how long. Lists are JSON; secrets are hashes.
  `CREATE TABLE client (
     id TEXT PRIMARY KEY,
     methods TEXT NOT NULL,
     spiffe TEXT NOT NULL,
     audiences TEXT NOT NULL,
     scopes TEXT NOT NULL,
     dpop_bound INTEGER NOT NULL,
     jwks TEXT,
     secrets TEXT,
     created_at INTEGER NOT NULL,
     disabled_at INTEGER
   ) STRICT, WITHOUT ROWID;

   CREATE TABLE api_key (
     id TEXT PRIMARY KEY,
     hash TEXT NOT NULL UNIQUE,
     client TEXT NOT NULL,
     owner TEXT NOT NULL,
     audiences TEXT NOT NULL,
     scopes TEXT NOT NULL,
     spiffe TEXT NOT NULL,
     networks TEXT NOT NULL,
     per_minute INTEGER NOT NULL,
     per_day INTEGER NOT NULL,
     created_at INTEGER NOT NULL,
     expires_at INTEGER NOT NULL,
     revoked_at INTEGER,
     last_used_at INTEGER,
     day INTEGER,
     day_count INTEGER
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX api_key_by_end ON api_key (expires_at);

   CREATE TABLE mandate (
     id TEXT PRIMARY KEY,
     holder TEXT NOT NULL,
     audience TEXT NOT NULL,
     scopes TEXT NOT NULL,
     purpose TEXT NOT NULL,
     created_at INTEGER NOT NULL,
     ends_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX mandate_by_end ON mandate (ends_at);`,
  // Which client ended a token of its own: what clients add has a bounded share of the revocations.
  `ALTER TABLE revocation ADD COLUMN client TEXT;
   CREATE INDEX revocation_by_client ON revocation (client, ends_at) WHERE client IS NOT NULL;`,
];
