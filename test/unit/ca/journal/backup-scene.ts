/** A journal, its backup, and a CA that comes and goes on them. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { expect } from 'chai';

import { openOffline } from '../../../../ca/journal/offline-file.ts';
import { restoreJournal, type Restoration } from '../../../../ca/journal/restore.ts';
import { judgeSoundness } from '../../../../ca/journal/soundness.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { wholeSeconds } from '../../../../core/time/units.ts';
import { codeOf, startSmallCa, tempFolder, testClock, type SmallCa, type TestClock } from '../small-ca.ts';

export interface Scene extends Disposable {
  readonly dataDir: string;
  readonly clock: TestClock;
  readonly journal: string;
  readonly backup: string;
  start(): Promise<SmallCa>;
  restore(isForced?: boolean): Promise<Restoration>;
  fault(): string | undefined;
  /** Edits the journal behind the CA's back. */
  edit(sql: string): void;
  /** What the journal counts from now. */
  generations(): { readonly bundle: number; readonly revocation: number };
}

export function scene(): Scene {
  const folder = tempFolder();
  const clock = testClock();
  const [journal, backup] = [join(folder.path, 'journal.sqlite'), join(folder.path, 'backup.sqlite')];
  const now = () => wholeSeconds(clock.now());
  return {
    dataDir: folder.path,
    clock,
    journal,
    backup,
    start: () => startSmallCa({ dataDir: folder.path, clock }),
    restore: (isForced = false) =>
      restoreJournal({ backup, file: journal, isForced, now: now(), tell: async () => undefined }),
    fault() {
      const database = openOffline(journal);
      try {
        return judgeSoundness(database, now()).fault;
      } finally {
        database.close();
      }
    },
    edit(sql) {
      const database = new DatabaseSync(journal);
      database.exec(sql);
      database.close();
    },
    generations() {
      const database = openOffline(journal);
      const read = (sql: string): number => Number(database.prepare(sql).get()?.['most']);
      try {
        return {
          bundle: read('SELECT max(generation) AS most FROM bundle'),
          revocation: read("SELECT max(seq) AS most FROM sqlite_sequence WHERE name = 'revocation'"),
        };
      } finally {
        database.close();
      }
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

/** A first certificate. */
export async function first(ca: SmallCa) {
  return demand(await ca.first(await ca.joinToken())).record;
}

export async function renewed(ca: SmallCa, leaf: Uint8Array) {
  return demand(await ca.renew(leaf)).record;
}

/** A backup with one certificate in it, then `after` on the same CA, then the backup in its place. */
export async function restored(
  place: Scene,
  after: (ca: SmallCa, leaf: Uint8Array) => Promise<void>,
): Promise<Uint8Array> {
  await using ca = await place.start();
  const leaf = (await first(ca)).der;
  expect(codeOf(await ca.journal.backup(place.backup))).to.equal('ok');
  place.clock.advance(60);
  await after(ca, leaf);
  await ca[Symbol.asyncDispose]();
  await place.restore(true);
  return leaf;
}
