/**
 * Reads key, certificate and bundle that somebody else writes and renews. Each folder is read as one generation; whether
 * the three belong together is judged afterwards. Never repairs a mode, never takes a key that others may read.
 */
import { basename, dirname } from 'node:path';

import { admit, type Outcome } from '../../core/fault/refusal.ts';
import { readStable } from '../../runtime/read-stable.ts';
import { checkMode } from '../../runtime/secret-file.ts';

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
