/**
 * Puts a backup in the place of a journal. No CA may run on it. What the backup cannot know of is made safe in it before
 * it is in place: heads of lineages are unproven, unspent join tokens void, generations beyond any that was ever told, and
 * what the journal that was there had revoked or frozen stays so.
 * The journal that was there is kept beside it.
 */
import {
  chmodSync,
  closeSync,
  copyFileSync,
  constants,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';

import { Fault } from '../../core/fault/fault.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import { carryOver, type CarriedOver } from './carry-over.ts';
import { openOffline } from './offline-file.ts';
import { openFile } from './open-file.ts';
import { judgeSoundness } from './soundness.ts';

export interface Restoration {
  /** When the newest certificate of the backup was issued; undefined: it has none. */
  readonly newest: number | undefined;
  readonly lineages: number;
  /** Join tokens that nobody can use any more. */
  readonly voided: number;
  /** Where the journal that was there is now; undefined: there was none. */
  readonly kept: string | undefined;
  /** What of it is still in force; undefined: there was none, or nobody can read it. */
  readonly carried: CarriedOver | undefined;
}

export interface RestoreOrder {
  readonly backup: string;
  /** The journal. */
  readonly file: string;
  /** Also over a journal that is newer than the backup, or that cannot be read. */
  readonly isForced: boolean;
  readonly now: EpochSeconds;
  /** Told before the backup is in place, while no CA can run on the journal; what it throws stops the restoration. */
  readonly tell: (restoration: Restoration) => Promise<void>;
}

/** More than are ever told between two backups. */
const GENERATIONS_AHEAD = 1_000_000;

/** Throws JOURNAL_LOCKED where a CA runs on the journal, JOURNAL_KEPT where the backup is unsound or older than what is
 *  there, CONFIG_FILE where it is missing. Until the last step nothing has changed. */
export async function restoreJournal(order: RestoreOrder): Promise<Restoration> {
  const { backup, file, now } = order;
  const last = readSound(backup, now);
  const restoration = await prepare(order, last);
  if (restoration.kept !== undefined) setAside(file, restoration.kept);
  renameSync(draftOf(file), file);
  sync(dirname(file));
  // A CA that started meanwhile has the old journal open under its new name: what it issues would be lost.
  if (restoration.kept !== undefined) openPresent(restoration.kept)?.close();
  return restoration;
}

const draftOf = (file: string): string => `${file}.restoring`;

/** Makes the new journal beside the present one, which nobody can start on meanwhile. */
async function prepare(
  { backup, file, isForced, now, tell }: RestoreOrder,
  last: Last | undefined,
): Promise<Restoration> {
  const present = existsSync(file) ? openPresent(file) : 'none';
  try {
    if (!isForced && present !== 'none') checkOlder(file, present, last);
    const draft = draftOf(file);
    for (const rest of ['', '-wal', '-shm']) rmSync(`${draft}${rest}`, { force: true });
    copyFileSync(backup, draft, constants.COPYFILE_EXCL);
    chmodSync(draft, 0o600);
    const marked = markRestored(draft, present === 'none' ? undefined : present, now);
    const restoration = { newest: last?.at, ...marked, kept: present === 'none' ? undefined : `${file}.before-${now}` };
    await tell(restoration);
    return restoration;
  } finally {
    if (present !== 'none') present?.close();
  }
}

function readSound(backup: string, now: EpochSeconds): Last | undefined {
  if (existsSync(`${backup}-wal`) && statSync(`${backup}-wal`).size > 0)
    throw new Fault('JOURNAL_KEPT', `${backup} has a write-ahead log beside it: it is no finished backup`);
  const database = openOffline(backup);
  try {
    const { fault } = judgeSoundness(database, now);
    if (fault !== undefined) throw new Fault('JOURNAL_KEPT', `${backup} is unsound: ${fault}`);
    return lastOf(database);
  } finally {
    database.close();
  }
}

/** Refuses to go on over a journal that is newer, or that nobody can read. */
function checkOlder(file: string, present: DatabaseSync | undefined, last: Last | undefined): void {
  if (present === undefined) throw new Fault('JOURNAL_KEPT', `${file} cannot be read; --force sets it aside`);
  const more = issuedFrom(present, last?.at ?? 0).filter((serial) => last?.serials.includes(serial) !== true).length;
  if (more > 0) throw new Fault('JOURNAL_KEPT', `${file} has ${more} certificates that the backup has not`);
}

/** The journal that is there, with its log settled; undefined where it is damaged. Throws JOURNAL_LOCKED. */
function openPresent(file: string): DatabaseSync | undefined {
  try {
    return openFile(file);
  } catch (thrown) {
    if (Fault.from(thrown).code === 'JOURNAL_LOCKED') throw thrown;
    return undefined;
  }
}

/** The second of the last issuances, and all of that second. */
interface Last {
  readonly at: number;
  readonly serials: readonly string[];
}

function lastOf(database: DatabaseSync): Last | undefined {
  const at = database.prepare('SELECT max(issued_at) AS at FROM certificate').get()?.['at'];
  return typeof at === 'number' ? { at, serials: issuedFrom(database, at) } : undefined;
}

function issuedFrom(database: DatabaseSync, at: number): readonly string[] {
  return database
    .prepare('SELECT serial FROM certificate WHERE issued_at >= ?')
    .all(at)
    .map((row) => String(row['serial']));
}

function markRestored(
  draft: string,
  present: DatabaseSync | undefined,
  now: EpochSeconds,
): Pick<Restoration, 'lineages' | 'voided' | 'carried'> {
  const database = openFile(draft);
  try {
    database.exec('BEGIN IMMEDIATE');
    const run = (sql: string, ...values: readonly number[]): number =>
      Number(database.prepare(sql).run(...values).changes);
    run('INSERT OR IGNORE INTO restoration (restored_at) VALUES (?)', now);
    const lineages = run('UPDATE lineage SET is_unproven = 1');
    // It may have been spent since, on a certificate that this journal does not know.
    const voided = run('DELETE FROM join_token WHERE spent_on IS NULL');
    putAhead(database, present);
    const carried = present === undefined ? undefined : carryOver(present, database, now);
    database.exec('COMMIT');
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return { lineages, voided, carried };
  } finally {
    database.close();
  }
}

/** What generations go on from, and where each journal has it. */
const GENERATIONS = [
  ['SELECT max(generation) AS most FROM bundle', 'UPDATE bundle SET generation = ?'],
  [
    "SELECT max(seq) AS most FROM sqlite_sequence WHERE name = 'revocation'",
    "UPDATE sqlite_sequence SET seq = ? WHERE name = 'revocation'",
  ],
] as const;

/** No generation that was told after the backup may come again with another content; nor one of a journal that was itself
 *  restored, which is a million ahead of its backup. */
function putAhead(database: DatabaseSync, present: DatabaseSync | undefined): void {
  database.exec(
    "INSERT INTO sqlite_sequence (name, seq) SELECT 'revocation', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'revocation')",
  );
  for (const [read, write] of GENERATIONS) {
    const most = (from: DatabaseSync | undefined): number => Number(from?.prepare(read).get()?.['most'] ?? 0);
    database.prepare(write).run(Math.max(most(database), most(present)) + GENERATIONS_AHEAD);
  }
}

/** A second name first: at no instant is there no journal, which a CA would take for its first start. */
function setAside(file: string, kept: string): void {
  linkSync(file, kept);
  for (const rest of ['-wal', '-shm']) if (existsSync(`${file}${rest}`)) renameSync(`${file}${rest}`, `${kept}${rest}`);
}

function sync(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
