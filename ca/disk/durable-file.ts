/**
 * Files that must be there after a power cut, and that are never written over: made with create-if-absent, flushed, and
 * their names flushed with their folder. Used at start only, so it waits for the disk.
 */
import { closeSync, fsyncSync, linkSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes a new file and flushes it; its name is not flushed (see `syncFolder`). Throws if the file exists. */
export function writeNewFile(path: string, text: string, mode: 0o600 | 0o644): void {
  const file = openSync(path, 'wx', mode);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Makes the names in a folder durable. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Puts a whole file under `path` in one step, unless there is one already; says which it was.
 *  Whoever reads `path` sees nothing or all of it, and of two that try at once one wins. */
export function createIfAbsent(path: string, text: string, mode: 0o600 | 0o644): 'created' | 'existed' {
  const draft = `${path}.new-${process.pid}`;
  rmSync(draft, { force: true });
  writeNewFile(draft, text, mode);
  try {
    linkSync(draft, path);
    syncFolder(dirname(path));
    return 'created';
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return 'existed';
    throw cause;
  } finally {
    rmSync(draft, { force: true });
  }
}
