import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { readCredentials, writeCredentials, type CredentialFiles } from '../../../cli/credential-folder.ts';
import { Fault } from '../../../core/fault/fault.ts';

const generation = (name: string): CredentialFiles => ({
  key: `key ${name}`,
  chain: `chain ${name}`,
  bundle: `bundle ${name}`,
  authorization: `Authorization: ${name}\n`,
});

const faultOf = (work: Promise<unknown>): Promise<Fault> =>
  work.then(
    () => expect.fail('a fault was expected'),
    (thrown: unknown) => Fault.from(thrown),
  );

describe('credential folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-credentials-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('refuses to read a folder without credentials: CONFIG_FILE', async () => {
    expect((await faultOf(readCredentials(folder))).code).to.equal('CONFIG_FILE');
  });

  it('refuses to write over a file that it did not make: CONFIG_FILE', async () => {
    await writeFile(join(folder, 'key.pem'), 'mine');
    const fault = await faultOf(writeCredentials(folder, generation('a')));
    expect(fault.code).to.equal('CONFIG_FILE');
    expect(fault.detail).to.include('key.pem is there already');
    expect(await readFile(join(folder, 'key.pem'), 'utf8')).to.equal('mine');
  });

  it('gives back what was written, under plain names too', async () => {
    await writeCredentials(folder, generation('a'));
    expect(await readCredentials(folder)).to.deep.equal(generation('a'));
    expect(await readFile(join(folder, 'chain.pem'), 'utf8')).to.equal('chain a');
  });

  it('lets nobody but the owner read the files', async () => {
    await writeCredentials(folder, generation('a'));
    for (const name of ['key.pem', 'authorization'])
      expect((await stat(join(folder, name))).mode & 0o777, name).to.equal(0o600);
    for (const name of (await readdir(folder)).filter((entry) => entry.startsWith('..g0')))
      expect((await stat(join(folder, name))).mode & 0o777).to.equal(0o700);
  });

  it('turns all files at once and keeps the former generation for who is reading it', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await writeCredentials(folder, generation(name));
    expect(await readCredentials(folder)).to.deep.equal(generation('d'));
    expect((await readdir(folder)).filter((name) => name.startsWith('..g0'))).to.have.length(2);
    expect((await readdir(folder)).filter((name) => name.startsWith('..data'))).to.deep.equal(['..data']);
  });

  it('never shows a mixture to a reader while a writer turns', async () => {
    await writeCredentials(folder, generation('0'));
    const writing = (async () => {
      for (let turn = 1; turn <= 40; turn += 1) await writeCredentials(folder, generation(String(turn)));
    })();
    let reads = 0;
    for (let last = '0'; last !== '40'; reads += 1) {
      const files = await readCredentials(folder);
      last = files.key.slice('key '.length);
      expect(files).to.deep.equal(generation(last));
    }
    await writing;
    expect(reads).to.be.greaterThan(0);
  });

  it('CONFIG_PERMISSION: refuses a folder in which others can write, and a link that somebody else made', async () => {
    const files = { key: 'k', chain: 'c', bundle: 'b', authorization: undefined };
    const open = await mkdtemp(join(tmpdir(), 'cleat-open-'));
    try {
      await chmod(open, 0o777);
      const refused = await writeCredentials(open, files).catch((thrown: unknown) => String(thrown));
      expect(refused).to.include('CONFIG_PERMISSION');
      await chmod(open, 0o700);
      await symlink('/etc/hostname', join(open, 'key.pem'));
      expect(await writeCredentials(open, files).catch((thrown: unknown) => String(thrown))).to.include('key.pem');
    } finally {
      await rm(open, { recursive: true, force: true });
    }
  });
});
