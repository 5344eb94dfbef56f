/**
 * Opens the journal's SQLite file for one process alone and brings its schema up to date.
 * Never opens a file that another process holds, that a newer Cleat wrote, or that is no journal.
 */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { Fault } from '../../core/fault/fault.ts';
import { APPLICATION_ID, MIGRATIONS } from './migrations.ts';

/** SQLite's result codes for a file that another connection has locked, and for one that is no database. */
const SQLITE_BUSY = 5;
const SQLITE_NOTADB = 26;

/** The write-ahead log is brought into the file when it has this many pages, 16 MiB. An issuance touches some ten pages, and
 *  the same again soon after: SQLite's own 1,000 bring most of them over, with two fsyncs, each hundred certificates. */
const LOG_PAGES = 4096;

/** Gives the open journal. Throws JOURNAL_LOCKED | JOURNAL_MISMATCH | JOURNAL_FAILED.
 *  What an earlier process left in the write-ahead log is in the file, durably, before this returns: a row that was
 *  written but whose fsync failed must not be answered from before it is safe. */
export function openFile(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    createPrivately(file);
    database = new DatabaseSync(file, { timeout: 0 });
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    database.exec(`PRAGMA wal_autocheckpoint = ${LOG_PAGES}`);
    migrate(database, file);
    settle(database);
    return database;
  } catch (cause) {
    database?.close();
    throw toJournalFault(cause, file);
  }
}

/** 0600 from birth (SQLite gives its log files the same mode), and the name of the file is durable too. */
function createPrivately(file: string): void {
  closeSync(openSync(file, 'a', 0o600));
  const folder = openSync(dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function migrate(database: DatabaseSync, file: string): void {
  database.exec('BEGIN EXCLUSIVE');
  const version = pragma(database, 'user_version');
  const owner = pragma(database, 'application_id');
  const tables = Number(database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n']);
  if (owner !== APPLICATION_ID && (owner !== 0 || version !== 0 || tables !== 0))
    throw new Fault('JOURNAL_MISMATCH', `${file} is the database of another program`);
  if (version > MIGRATIONS.length)
    throw new Fault(
      'JOURNAL_MISMATCH',
      `${file} has schema ${version}, this Cleat knows ${MIGRATIONS.length}: it is newer`,
    );
  for (const step of MIGRATIONS.slice(version)) database.exec(step);
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`);
}

function settle(database: DatabaseSync): void {
  const row = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
  if (Number(row?.['busy']) !== 0) throw new Error('the write-ahead log could not be checkpointed');
}

function pragma(database: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

/** What SQLite threw, as the code that an operator knows. */
export function toJournalFault(cause: unknown, file: string): Fault {
  if (cause instanceof Fault) return cause;
  const code = resultCode(cause);
  if (code === SQLITE_BUSY) return new Fault('JOURNAL_LOCKED', `another process holds ${file}`, { cause });
  if (code === SQLITE_NOTADB) return new Fault('JOURNAL_MISMATCH', `${file} is not a journal`, { cause });
  return new Fault('JOURNAL_FAILED', `${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

/** The primary result code: the low byte of SQLite's extended one. */
function resultCode(cause: unknown): number | undefined {
  if (!(cause instanceof Error) || !('errcode' in cause)) return undefined;
  return Number(cause.errcode) & 0xff;
}
