import { mkdir, mkdtemp, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { readStable } from '../../../runtime/read-stable.ts';
import { makeFifo } from '../../kit/fifo.ts';

describe('readStable()', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-stable-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const textOf = async (names: readonly string[]): Promise<unknown> => {
    const found = await readStable(folder, names);
    return found.ok ? [...found.value].map(([name, content]) => `${name}=${content.toString()}`) : found.refusal;
  };
  const generation = async (name: string, key: string, certificate: string): Promise<void> => {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'key'), key);
    await writeFile(join(folder, name, 'cert'), certificate);
    await symlink(name, join(folder, 'tmp'));
    await rename(join(folder, 'tmp'), join(folder, '..data'));
  };

  it('refuses what is missing, no file, or too large: CONFIG_FILE', async () => {
    await mkdir(join(folder, 'sub'));
    await writeFile(join(folder, 'big'), '');
    await truncate(join(folder, 'big'), 10 * 1024 * 1024);
    expect(await textOf(['none'])).to.deep.equal({ code: 'CONFIG_FILE', detail: `${folder}/none does not exist` });
    expect(await textOf(['sub'])).to.have.property('code', 'CONFIG_FILE');
    expect(await textOf(['big'])).to.deep.equal({
      code: 'CONFIG_FILE',
      detail: `${folder}/big is larger than 1048576 bytes`,
    });
  });

  it('A-529 refuses a FIFO and a device without waiting: CONFIG_FILE', async () => {
    makeFifo(join(folder, 'fifo'));
    await symlink('/dev/zero', join(folder, 'zero'));
    for (const name of ['fifo', 'zero'])
      expect(await textOf([name])).to.deep.equal({ code: 'CONFIG_FILE', detail: `${folder}/${name} is not a file` });
  });

  it('refuses a generation that lacks a file', async () => {
    await generation('..1', 'k1', 'c1');
    expect(await textOf(['key', 'chain'])).to.have.property('code', 'CONFIG_FILE');
  });

  it('A-526 reads through ..data, never a file beside it', async () => {
    await generation('..1', 'k1', 'c1');
    await writeFile(join(folder, 'key'), 'stray');
    expect(await textOf(['key', 'cert'])).to.deep.equal(['key=k1', 'cert=c1']);
  });

  it('A-526 never mixes two generations while they are swapped', async () => {
    await generation('..1', '1', '1');
    const swaps = { done: 0 };
    const swapping = (async () => {
      for (let at = 2; at < 60; at += 1) {
        await generation(`..${at}`, String(at), String(at));
        await rm(join(folder, `..${at - 1}`), { recursive: true });
        swaps.done = at;
      }
    })();
    let reads = 0;
    while (swaps.done < 59) {
      const found = await readStable(folder, ['key', 'cert']);
      if (!found.ok) continue;
      reads += 1;
      expect(found.value.get('key')?.toString()).to.equal(found.value.get('cert')?.toString());
    }
    await swapping;
    expect(reads).to.be.greaterThan(0);
  });

  it('A-525 waits until plain files are at rest', async () => {
    await writeFile(join(folder, 'key'), 'half');
    const reading = textOf(['key']);
    await writeFile(join(folder, 'key'), 'whole');
    expect(await reading).to.deep.equal(['key=whole']);
  });
});
