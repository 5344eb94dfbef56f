import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

import { expect } from 'chai';

import { MIGRATIONS } from '../../../../ca/journal/migrations.ts';
import { openFile } from '../../../../ca/journal/open-file.ts';
import { tempFolder, thrownBy } from '../small-ca.ts';

describe('openFile()', () => {
  it('A-128 refuses a file that is open elsewhere with JOURNAL_LOCKED', async () => {
    using folder = tempFolder();
    const file = `${folder.path}/journal.sqlite`;
    using _first = openFile(file);
    expect(await thrownBy(() => openFile(file))).to.equal('JOURNAL_LOCKED');
  });

  it('refuses what is no database with JOURNAL_MISMATCH, and leaves it alone', async () => {
    using folder = tempFolder();
    const file = `${folder.path}/journal.sqlite`;
    writeFileSync(file, 'not a database, but long enough to be looked at as one. '.repeat(20));
    const before = statSync(file).size;
    expect(await thrownBy(() => openFile(file))).to.equal('JOURNAL_MISMATCH');
    expect(statSync(file).size).to.equal(before);
  });

  it('refuses the database of another program with JOURNAL_MISMATCH', async () => {
    using folder = tempFolder();
    const file = `${folder.path}/journal.sqlite`;
    const foreign = new DatabaseSync(file);
    foreign.exec('CREATE TABLE song (title TEXT)');
    foreign.close();
    expect(await thrownBy(() => openFile(file))).to.equal('JOURNAL_MISMATCH');
  });

  it('refuses a schema that is newer than this program with JOURNAL_MISMATCH', async () => {
    using folder = tempFolder();
    const file = `${folder.path}/journal.sqlite`;
    openFile(file).close();
    const later = new DatabaseSync(file);
    later.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
    later.close();
    expect(await thrownBy(() => openFile(file))).to.equal('JOURNAL_MISMATCH');
  });

  it('says JOURNAL_FAILED where the folder is missing or the name is a folder', async () => {
    using folder = tempFolder();
    expect(await thrownBy(() => openFile(`${folder.path}/none/journal.sqlite`))).to.equal('JOURNAL_FAILED');
    mkdirSync(`${folder.path}/journal.sqlite`);
    expect(await thrownBy(() => openFile(`${folder.path}/journal.sqlite`))).to.equal('JOURNAL_FAILED');
  });

  it('makes a file that only its owner can read, with full durability', () => {
    using folder = tempFolder();
    const file = `${folder.path}/journal.sqlite`;
    using database = openFile(file);
    database.exec("INSERT INTO authority (thumbprint, der, recorded_at) VALUES ('ab', x'00', 1)");
    for (const name of [file, `${file}-wal`]) expect(statSync(name).mode & 0o777, name).to.equal(0o600);
    expect(database.prepare('PRAGMA synchronous').get()).to.include({ synchronous: 2 });
    expect(database.prepare('PRAGMA journal_mode').get()).to.include({ journal_mode: 'wal' });
  });

  it('opens its own file again with all that was in it', () => {
    using folder = tempFolder();
    const file = `${folder.path}/journal.sqlite`;
    const first = openFile(file);
    first.exec("INSERT INTO authority (thumbprint, der, recorded_at) VALUES ('ab', x'00', 1)");
    first.close();
    chmodSync(file, 0o600);
    using again = openFile(file);
    expect(again.prepare('SELECT thumbprint FROM authority').all()).to.have.length(1);
  });
});
