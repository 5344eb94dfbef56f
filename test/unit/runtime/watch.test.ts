import { EventEmitter, once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { epochMilliseconds, milliseconds } from '../../../core/time/units.ts';
import { createLog } from '../../../runtime/log.ts';
import { watchFolder } from '../../../runtime/watch.ts';
import { makeFifo } from '../../kit/fifo.ts';

/** The swap of the kubelet: a new directory, a new link to it, the link renamed over `..data`. */
async function swap(folder: string, generation: number, content: string): Promise<void> {
  const name = `..2026_${generation}`;
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, 'policy.yaml'), content);
  await symlink(name, join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  await rm(join(folder, `..2026_${generation - 1}`), { recursive: true, force: true });
}

describe('watchFolder()', () => {
  let folder = '';
  const lines: string[] = [];
  const log = createLog({
    write: (line) => lines.push(line),
    level: 'warn',
    clock: { now: () => epochMilliseconds(0) },
  });
  const never = new AbortController().signal;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-watch-'));
    lines.length = 0;
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  function watching(
    options: { readonly poll?: number; readonly folder?: string; readonly onChange?: () => void } = {},
  ) {
    const changes = new EventEmitter();
    const service = watchFolder({
      folder: options.folder ?? folder,
      names: ['policy.yaml'],
      debounce: milliseconds(5),
      poll: milliseconds(options.poll ?? 60_000),
      log,
      onChange() {
        options.onChange?.();
        changes.emit('change');
      },
    });
    return { service, changed: () => once(changes, 'change') };
  }

  it('A-527 sees each of eight swaps of ..data', async () => {
    await swap(folder, 1, 'a');
    await symlink('..data/policy.yaml', join(folder, 'policy.yaml'));
    const { service, changed } = watching();
    await using _watch = service;
    await service.start(never);
    for (let generation = 2; generation < 10; generation += 1) {
      const seen = changed();
      await swap(folder, generation, `generation ${generation}`);
      await seen;
    }
  });

  it('A-529 reads nothing of a device or a FIFO in the place of a file, and sees the file that comes after it', async () => {
    const file = join(folder, 'policy.yaml');
    await writeFile(file, 'a');
    const { service, changed } = watching();
    await using _watch = service;
    await service.start(never);
    const memory = process.memoryUsage.rss();
    const acts: readonly (() => Promise<unknown>)[] = [
      async () => {
        await symlink('/dev/zero', join(folder, 'new'));
        await rename(join(folder, 'new'), file);
      },
      () => rm(file),
      async () => makeFifo(file),
      async () => {
        await writeFile(join(folder, 'new'), 'b');
        await rename(join(folder, 'new'), file);
      },
    ];
    for (const act of acts) {
      const seen = changed();
      await act();
      await seen;
    }
    expect(process.memoryUsage.rss() - memory).to.be.lessThan(256 * 1024 * 1024);
  });

  it('sees a file written in place, replaced, deleted and made again', async () => {
    const file = join(folder, 'policy.yaml');
    await writeFile(file, 'a');
    const { service, changed } = watching();
    await using _watch = service;
    await service.start(never);
    const acts: readonly (() => Promise<unknown>)[] = [
      () => writeFile(file, 'b'),
      async () => {
        await writeFile(join(folder, 'new'), 'c');
        await rename(join(folder, 'new'), file);
      },
      () => rm(file),
      () => writeFile(file, 'd'),
    ];
    for (const act of acts) {
      const seen = changed();
      await act();
      await seen;
    }
  });

  it('sees a change by polling alone, where the folder came after the start', async () => {
    const late = join(folder, 'late');
    const { service, changed } = watching({ poll: 10, folder: late });
    await using _watch = service;
    await service.start(never);
    const seen = changed();
    await mkdir(late);
    await writeFile(join(late, 'policy.yaml'), 'a');
    await seen;
    const again = changed();
    await rm(late, { recursive: true });
    await again;
  });

  it('does not call for other files, or for the same content', async () => {
    await writeFile(join(folder, 'policy.yaml'), 'a');
    let calls = 0;
    const { service } = watching({ onChange: () => void (calls += 1) });
    await using _watch = service;
    await service.start(never);
    // Waits longer for the same sign: when it calls, the first one has looked.
    const changes = new EventEmitter();
    await using slower = watchFolder({
      folder,
      names: ['other.yaml'],
      debounce: milliseconds(60),
      log,
      onChange: () => void changes.emit('change'),
    });
    await slower.start(never);
    const seen = once(changes, 'change');
    await writeFile(join(folder, 'policy.yaml'), 'a');
    await writeFile(join(folder, 'other.yaml'), 'x');
    await seen;
    expect(calls).to.equal(0);
  });

  it('A-531 goes on after a reload that failed', async () => {
    await writeFile(join(folder, 'policy.yaml'), 'a');
    const failures = new EventEmitter();
    let fails = true;
    const { service, changed } = watching({
      onChange() {
        if (!fails) return;
        fails = false;
        setImmediate(() => failures.emit('failed'));
        throw new Error('half written');
      },
    });
    await using _watch = service;
    await service.start(never);
    const failed = once(failures, 'failed');
    await writeFile(join(folder, 'policy.yaml'), 'b');
    await failed;
    const seen = changed();
    await writeFile(join(folder, 'policy.yaml'), 'c');
    await seen;
    expect(lines.join('')).to.include('change of files not handled').and.include('half written');
  });

  it('A-530 tells changes of a file that is too large to read', async () => {
    const file = join(folder, 'policy.yaml');
    await writeFile(file, Buffer.alloc(2 * 1024 * 1024));
    const { service, changed } = watching();
    await using _watch = service;
    await service.start(never);
    const seen = changed();
    await writeFile(file, Buffer.alloc(3 * 1024 * 1024));
    await seen;
  });

  it('is silent after the drain, and can be disposed twice', async () => {
    await writeFile(join(folder, 'policy.yaml'), 'a');
    let calls = 0;
    const { service } = watching({ poll: 5, onChange: () => void (calls += 1) });
    await service.start(never);
    await service.drain(milliseconds(0));
    await writeFile(join(folder, 'policy.yaml'), 'b');
    await service[Symbol.asyncDispose]();
    expect(calls).to.equal(0);
  });
});
