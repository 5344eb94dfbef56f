/**
 * Tells when the content of named files in a folder may have changed. The folder is watched, never a file: Kubernetes
 * swaps a `..data` link, after which a watch on a file is deaf. A digest is polled in any case, because watches fail
 * when the host's inotify limits are reached. Knows nothing of what the files mean.
 */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { type FSWatcher, watch } from 'chokidar';

import { milliseconds, type Milliseconds } from '../core/time/units.ts';
import type { Service } from './lifecycle.ts';
import { faultFields, type Log } from './log.ts';
import { readRegularFile } from './regular-file.ts';

export interface WatchDeps {
  readonly folder: string;
  /** The files whose content counts. */
  readonly names: readonly string[];
  /** Called after each change, one call at a time; a change during a call brings another call. */
  readonly onChange: () => void | Promise<void>;
  readonly log: Log;
  /** Wait after the first sign of a change, default 100 ms. Not prolonged by more signs: a storm cannot starve it. */
  readonly debounce?: Milliseconds;
  /** Default 30 s. */
  readonly poll?: Milliseconds;
}

/** A service that calls `onChange` when the digest of the files differs from the one before. `start` takes the first
 *  digest: whoever reads the files after start misses no change. */
export function watchFolder(deps: WatchDeps): Service {
  const { folder, log } = deps;
  const debounce = deps.debounce ?? milliseconds(100);
  const stopping = new AbortController();
  let digest = '';
  let watched: Watched | undefined;
  let sign: NodeJS.Timeout | undefined;
  let poll: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  async function look(): Promise<void> {
    const found = await digestOf(deps);
    if (found === digest || stopping.signal.aborted) return;
    digest = found;
    await deps.onChange();
  }

  /** Single flight: a sign during a look leads to one more look. */
  function soon(): void {
    if (stopping.signal.aborted) return;
    sign ??= setTimeout(() => {
      const before = running ?? Promise.resolve();
      sign = undefined;
      running = before
        .then(look)
        .catch((thrown: unknown) => log.warn('change of files not handled', { folder, ...faultFields(thrown) }));
    }, debounce);
  }

  /** A folder that was replaced as a whole is another one: the old watch would stay silent for ever. */
  async function watchAnew(): Promise<void> {
    const inode = await inodeOf(folder);
    if (watched?.inode === inode || stopping.signal.aborted) return;
    await watched?.watcher.close();
    watched = { inode, watcher: openWatcher(deps, soon) };
  }

  return {
    name: `watch ${folder}`,
    async start() {
      digest = await digestOf(deps);
      await watchAnew();
      poll = setInterval(() => {
        soon();
        watchAnew().catch((thrown: unknown) => log.warn('watch failed, polling goes on', faultFields(thrown)));
      }, deps.poll ?? POLL_MS);
      poll.unref();
    },
    async drain() {
      await this[Symbol.asyncDispose]();
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      clearInterval(poll);
      clearTimeout(sign);
      await watched?.watcher.close();
      await running;
    },
  };
}

interface Watched {
  readonly inode: bigint | undefined;
  readonly watcher: FSWatcher;
}

const POLL_MS = 30_000;
const CONTENT_MOST = 1024 * 1024;

function openWatcher({ folder, log }: WatchDeps, soon: () => void): FSWatcher {
  // node.md section 7: these options see each of eight swaps, and `..data` must not be ignored as a dot file.
  const watcher = watch(folder, { depth: 0, followSymlinks: false, ignoreInitial: true, atomic: false });
  watcher.on('all', soon);
  watcher.on('error', (thrown) => log.warn('watch failed, polling goes on', { folder, ...faultFields(thrown) }));
  return watcher;
}

/** One text for the state of all files, read through the links that Kubernetes swaps. What cannot be read is a state too. */
async function digestOf({ folder, names }: WatchDeps): Promise<string> {
  const hash = createHash('sha256');
  for (const name of names) hash.update(`\0${name}\0${await stateOf(join(folder, name))}`);
  return hash.digest('hex');
}

async function stateOf(file: string): Promise<string> {
  const read = await readRegularFile(file, CONTENT_MOST);
  if (read.ok) return createHash('sha256').update(read.value).digest('hex');
  const facts = await stat(file).catch(() => undefined);
  return `${read.refusal.detail} ${facts?.size} ${facts?.mtimeMs} ${facts?.ino}`;
}

async function inodeOf(folder: string): Promise<bigint | undefined> {
  return stat(folder, { bigint: true }).then(
    ({ ino }) => ino,
    () => undefined,
  );
}
