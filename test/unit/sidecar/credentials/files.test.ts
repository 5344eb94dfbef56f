import { chmod, mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';

import { expect } from 'chai';

import { foldersOf, readCredentialFiles } from '../../../../sidecar/credentials/files.ts';
import { createVolume, pathsIn } from '../../../kit/volume.ts';
import { verdict } from '../../../kit/verdict.ts';

const CONTENTS = { 'tls.key': 'a key', 'tls.crt': 'a certificate', 'ca.crt': 'a bundle' };

describe('readCredentialFiles()', () => {
  it('refuses by CONFIG_PERMISSION a key that the group may write, or others may anything with', async () => {
    await using volume = await createVolume();
    await volume.swap(CONTENTS);
    for (let mode = 0; mode <= 0o77; mode += 1) {
      await chmod(volume.path('tls.key'), 0o600 | mode);
      const outcome = await readCredentialFiles(pathsIn(volume.folder));
      const isNarrow = mode === 0 || mode === 0o40;
      expect(verdict(outcome), mode.toString(8)).to.match(isNarrow ? /^ok$/ : /^CONFIG_PERMISSION: .* has mode 06\d\d/);
    }
  });

  it('A-529 refuses by CONFIG_FILE what is not there, A-530 what is too large, and a folder', async () => {
    for (const name of Object.keys(CONTENTS)) {
      await using volume = await createVolume();
      await volume.swap(CONTENTS);
      const read = async (): Promise<string> => verdict(await readCredentialFiles(pathsIn(volume.folder)));
      await truncate(volume.path(name), 10 * 1024 * 1024);
      expect(await read()).to.match(/^CONFIG_FILE: .* is larger than/);
      await rm(volume.path(`..data/${name}`));
      expect(await read()).to.match(/^CONFIG_FILE: .* does not exist/);
      await mkdir(volume.path(`..data/${name}`));
      expect(await read()).to.match(/^CONFIG_FILE: /);
    }
  });

  it('reads files of one folder or of several', async () => {
    await using one = await createVolume();
    await using other = await createVolume();
    await one.swap(CONTENTS);
    await other.swap({ 'ca.crt': 'another bundle' });
    const files = { ...pathsIn(one.folder), bundle: other.path('ca.crt') };
    const read = await readCredentialFiles(files);
    const text = read.ok ? Object.values(read.value).map(String) : [];
    expect(text).to.deep.equal(['a key', 'a certificate', 'another bundle']);
    expect([...foldersOf(files)]).to.deep.equal([
      [one.folder, ['tls.key', 'tls.crt']],
      [other.folder, ['ca.crt']],
    ]);
  });

  it('looks at the mode of the file behind a link', async () => {
    await using volume = await createVolume();
    await volume.swap(CONTENTS);
    await using other = await createVolume();
    await writeFile(other.path('elsewhere'), 'a key', { mode: 0o644 });
    await symlink('elsewhere', other.path('link'));
    const outcome = await readCredentialFiles({ ...pathsIn(volume.folder), key: other.path('link') });
    expect(verdict(outcome)).to.include('CONFIG_PERMISSION');
  });
});
