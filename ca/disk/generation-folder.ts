/**
 * A folder whose files change together, as Kubernetes swaps a volume: they lie in a folder of their own, `..data` names
 * it, and the names that readers use lead through `..data`. A reader sees the old files or the new ones, never a mixture.
 */
import { lstatSync, mkdirSync, mkdtempSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join, basename } from 'node:path';

import { syncFolder, writeNewFile } from './durable-file.ts';

export interface FolderFile {
  readonly name: string;
  readonly text: string;
  readonly mode: 0o600 | 0o644;
}

const DATA = '..data';

/** Replaces the files of `folder`, which is made where it is missing. Throws what the disk throws; a file of these names
 *  that does not lead through `..data` is somebody else's, and stops it (`EEXIST`). */
export function replaceFiles(folder: string, files: readonly FolderFile[]): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const before = linkOf(join(folder, DATA));
  const next = mkdtempSync(join(folder, '..next-'));
  for (const { name, text, mode } of files) writeNewFile(join(next, name), text, mode);
  syncFolder(next);
  for (const { name } of files)
    if (linkOf(join(folder, name)) !== join(DATA, name)) symlinkSync(join(DATA, name), join(folder, name));
  const link = join(folder, '..data_tmp');
  rmSync(link, { force: true });
  symlinkSync(basename(next), link);
  renameSync(link, join(folder, DATA));
  syncFolder(folder);
  if (before !== undefined) rmSync(join(folder, before), { recursive: true, force: true });
}

function linkOf(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true ? readlinkSync(path) : undefined;
}
