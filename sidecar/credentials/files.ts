/**
 * Reads key, certificate and bundle that somebody else writes and renews. Each folder is read as one generation; whether
 * the three belong together is judged afterwards. Never repairs a mode, never takes a key that others may read.
 */
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { readStable } from '../../runtime/read-stable.ts';

/** Paths of PEM files, in one folder or in several. */
export interface CredentialFiles {
  readonly key: string;
  readonly certificate: string;
  readonly bundle: string;
}

export interface FileContents {
  /** Secret. */
  readonly key: Buffer;
  readonly certificate: Buffer;
  readonly bundle: Buffer;
}

/** What the files hold now. Refuses: CONFIG_FILE for one that is missing, unreadable, larger than 1 MiB or never at
 *  rest; CONFIG_PERMISSION for a key file with any bit of 0037. */
export async function readCredentialFiles(files: CredentialFiles): Promise<Outcome<FileContents>> {
  const contents = new Map<string, Buffer>();
  for (const [folder, names] of foldersOf(files)) {
    const read = await readStable(folder, names);
    if (!read.ok) return read;
    for (const [name, content] of read.value) contents.set(`${folder}\0${name}`, content);
  }
  const isPrivate = await checkMode(files.key);
  if (!isPrivate.ok) return isPrivate;
  const of = (path: string): Buffer => contents.get(`${dirname(path)}\0${basename(path)}`) ?? Buffer.alloc(0);
  return admit({ key: of(files.key), certificate: of(files.certificate), bundle: of(files.bundle) });
}

/** The folders of the files, with the names that count in each. */
export function foldersOf({ key, certificate, bundle }: CredentialFiles): ReadonlyMap<string, readonly string[]> {
  const folders = new Map<string, string[]>();
  for (const path of new Set([key, certificate, bundle]))
    folders.set(dirname(path), [...(folders.get(dirname(path)) ?? []), basename(path)]);
  return folders;
}

/** Group write and execute, and anything for others. The group may read: a Kubernetes volume with an fsGroup is 0440. */
const TOO_WIDE = 0o037;

async function checkMode(path: string): Promise<Outcome<void>> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return refuse('CONFIG_FILE', `${path} went away while it was read`);
  if ((found.mode & TOO_WIDE) === 0) return admit(undefined);
  const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
  return refuse('CONFIG_PERMISSION', `${path} has mode ${mode}, allowed is 0640 or narrower`);
}
