/**
 * Copies an open journal into a new file, a few pages at a time: batches go on between the steps, and what they change is
 * in the copy. The copy is one state of the journal, readable by its owner alone, and on the disk when this is done.
 */
import { closeSync, openSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { backup, type DatabaseSync } from 'node:sqlite';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';

/** 4 KiB each: a step holds the journal for a fraction of a millisecond. */
const PAGES_A_STEP = 64;

/** Refuses: JOURNAL_BACKUP, where the file is there already or cannot be written; then nothing is left of it. */
export async function backUp(database: DatabaseSync, file: string): Promise<Outcome<void>> {
  const made = makeEmpty(file);
  if (!made.ok) return made;
  try {
    await backup(database, file, { rate: PAGES_A_STEP });
    await sync(file);
    await sync(dirname(file));
    return admit(undefined);
  } catch (cause) {
    rmSync(file, { force: true });
    return refuse('JOURNAL_BACKUP', `${file}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** 0600 from birth, and never over a file that is there. */
function makeEmpty(file: string): Outcome<void> {
  try {
    closeSync(openSync(file, 'wx', 0o600));
    return admit(undefined);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    return refuse('JOURNAL_BACKUP', code === 'EEXIST' ? `${file} exists already` : `${file} cannot be made: ${code}`);
  }
}

/** Not on this thread: a large file takes the disk some time, and batches go on meanwhile. */
async function sync(path: string): Promise<void> {
  await using file = await open(path, 'r');
  await file.sync();
}
