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
];
