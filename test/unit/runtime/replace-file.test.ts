import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { Fault } from '../../../core/fault/fault.ts';
import { replaceFile } from '../../../runtime/replace-file.ts';

describe('replaceFile()', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cleat-replace-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const codeOf = (file: string): Promise<string> =>
    replaceFile(file, 'new').then(
      () => 'ok',
      (thrown: unknown) => Fault.from(thrown).code,
    );

  it('A-516 leaves the old content where the new one cannot be written: CONFIG_FILE', async () => {
    const file = join(folder, 'token');
    expect(await codeOf(file), 'nothing to replace').to.equal('CONFIG_FILE');
    writeFileSync(file, 'old');
    // A folder in the place of the draft stands for a disk that takes nothing more: it also holds for root.
    mkdirSync(`${file}.new`);
    writeFileSync(join(`${file}.new`, 'x'), '');
    expect(await codeOf(file)).to.equal('CONFIG_FILE');
    expect(readFileSync(file, 'utf8')).to.equal('old');
  });

  it('writes into nothing that a crash, or somebody else, left beside it', async () => {
    const file = join(folder, 'token');
    const elsewhere = join(folder, 'elsewhere');
    writeFileSync(file, 'old', { mode: 0o644 });
    writeFileSync(elsewhere, 'untouched');
    symlinkSync(elsewhere, `${file}.new`);
    await replaceFile(file, 'new');
    expect(readFileSync(file, 'utf8')).to.equal('new');
    expect(readFileSync(elsewhere, 'utf8')).to.equal('untouched');
    expect(readdirSync(folder).toSorted()).to.deep.equal(['elsewhere', 'token']);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
  });

  it('replaces what a link leads to, and leaves the link', async () => {
    const target = join(folder, 'target');
    const link = join(folder, 'link');
    writeFileSync(target, 'old');
    symlinkSync(target, link);
    await replaceFile(link, 'new');
    expect(readlinkSync(link)).to.equal(target);
    expect(readFileSync(target, 'utf8')).to.equal('new');
  });
});
