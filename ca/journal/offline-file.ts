/**
 * Opens a journal that no CA runs on, to read it: for verification and export. Changes nothing in it. One transaction is
 * open for as long as it is, so that all that is read is one state.
 */
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

import { Fault } from '../../core/fault/fault.ts';
import { APPLICATION_ID, MIGRATIONS } from './migrations.ts';
import { toJournalFault } from './open-file.ts';

/** Throws JOURNAL_LOCKED where a CA runs on it, JOURNAL_MISMATCH | JOURNAL_FAILED | CONFIG_FILE (missing). */
export function openOffline(file: string): DatabaseSync {
  if (!existsSync(file)) throw new Fault('CONFIG_FILE', `${file} does not exist`);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(placeOf(file), { timeout: 0, readOnly: true });
    database.exec('BEGIN');
    const owner = Number(database.prepare('PRAGMA application_id').get()?.['application_id']);
    const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
    if (owner !== APPLICATION_ID) throw new Fault('JOURNAL_MISMATCH', `${file} is not a journal`);
    if (version !== MIGRATIONS.length)
      throw new Fault(
        'JOURNAL_MISMATCH',
        `${file} has schema ${version}, this Cleat reads ${MIGRATIONS.length}: a CA that starts on it brings it up to date`,
      );
    return database;
  } catch (cause) {
    database?.close();
    throw toJournalFault(cause, file);
  }
}

/** Without a write-ahead log nobody has the file open, and all is in it: then it is read as it lies, also from a medium that
 *  cannot be written. SQLite would leave files of its own beside it. */
function placeOf(file: string): URL {
  const place = pathToFileURL(file);
  if (!existsSync(`${file}-wal`)) place.search = 'immutable=1';
  return place;
}
