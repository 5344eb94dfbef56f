import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';

import { expect } from 'chai';

import { prepareDataFolder } from '../../../../ca/disk/data-folder.ts';
import { createIfAbsent, writeNewFile } from '../../../../ca/disk/durable-file.ts';
import { tempFolder, thrownBy } from '../small-ca.ts';
import { chmodSync } from 'node:fs';

describe('durable files', () => {
  it('never writes over a file', async () => {
    using folder = tempFolder();
    const path = `${folder.path}/a`;
    writeFileSync(path, 'old');
    expect(await thrownBy(() => writeNewFile(path, 'new', 0o600))).to.equal('EEXIST');
    expect(createIfAbsent(path, 'new', 0o600)).to.equal('existed');
    expect(readFileSync(path, 'utf8')).to.equal('old');
  });

  it('creates with the mode that was asked for, and leaves no draft behind', () => {
    using folder = tempFolder();
    expect(createIfAbsent(`${folder.path}/a`, 'text', 0o600)).to.equal('created');
    expect(statSync(`${folder.path}/a`).mode & 0o777).to.equal(0o600);
    expect(readFileSync(`${folder.path}/a`, 'utf8')).to.equal('text');
    expect(readdirSync(folder.path)).to.deep.equal(['a']);
  });

  it('takes over the draft that a killed process left', () => {
    using folder = tempFolder();
    writeFileSync(`${folder.path}/a.new-${process.pid}`, 'half');
    expect(createIfAbsent(`${folder.path}/a`, 'whole', 0o600)).to.equal('created');
    expect(readFileSync(`${folder.path}/a`, 'utf8')).to.equal('whole');
  });
});

describe('prepareDataFolder()', () => {
  it('refuses a folder that all may write to with CONFIG_PERMISSION', async () => {
    using folder = tempFolder();
    chmodSync(folder.path, 0o777);
    expect(await thrownBy(() => prepareDataFolder(folder.path))).to.equal('CONFIG_PERMISSION');
  });

  it('says CONFIG_FILE where a file is in the way', async () => {
    using folder = tempFolder();
    writeFileSync(`${folder.path}/a`, '');
    expect(await thrownBy(() => prepareDataFolder(`${folder.path}/a/b`))).to.equal('CONFIG_FILE');
    expect(await thrownBy(() => prepareDataFolder(`${folder.path}/a`))).to.equal('CONFIG_FILE');
  });

  it('makes it, with its parents, for the owner alone, and takes one that is there', () => {
    using folder = tempFolder();
    prepareDataFolder(`${folder.path}/a/b`);
    expect(statSync(`${folder.path}/a/b`).mode & 0o777).to.equal(0o700);
    mkdirSync(`${folder.path}/c`, { mode: 0o750 });
    prepareDataFolder(`${folder.path}/c`);
  });
});
