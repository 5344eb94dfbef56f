/**
 * Reads several files of a folder as one generation: never a new certificate beside an old key. Decides nothing about
 * their content.
 */
import { readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { admit, type Outcome, refuse } from '../core/fault/refusal.ts';
import { readRegularFile } from './regular-file.ts';

/** The content of the files by name. In a folder that Kubernetes fills, all from the directory that `..data` names;
 *  elsewhere from two reads, 50 ms apart, that found the same. Refuses: CONFIG_FILE where a file is missing, no regular
 *  file, cannot be read, is larger than 1 MiB, or where five tries found five states. */
export async function readStable(
  folder: string,
  names: readonly string[],
): Promise<Outcome<ReadonlyMap<string, Buffer>>> {
  let last: Outcome<ReadonlyMap<string, Buffer>> = refuse('CONFIG_FILE', `${folder} did not come to rest`);
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const before = await generationOf(folder);
    const first = await readAll(join(folder, before ?? ''), names);
    if (before === undefined) await wait(REST_MS);
    const second = before === undefined ? await readAll(folder, names) : first;
    const isSteady = before === (await generationOf(folder)) && isSame(first, second);
    if (isSteady && second.ok) return second;
    if (!second.ok) last = second;
    // A missing file may be a swap in progress, unless nothing moved.
    if (isSteady && before === undefined) return second;
  }
  return last;
}

const TRIES = 5;
const REST_MS = 50;
const CONTENT_MOST = 1024 * 1024;

async function generationOf(folder: string): Promise<string | undefined> {
  return readlink(join(folder, '..data')).catch(() => undefined);
}

async function readAll(folder: string, names: readonly string[]): Promise<Outcome<ReadonlyMap<string, Buffer>>> {
  const found = new Map<string, Buffer>();
  for (const name of names) {
    const content = await readRegularFile(join(folder, name), CONTENT_MOST);
    if (!content.ok) return content;
    found.set(name, content.value);
  }
  return admit(found);
}

type Files = Outcome<ReadonlyMap<string, Buffer>>;

function isSame(one: Files, other: Files): boolean {
  if (!one.ok || !other.ok) return !one.ok && !other.ok && one.refusal.detail === other.refusal.detail;
  return [...one.value].every(([name, content]) => other.value.get(name)?.equals(content) === true);
}
