/**
 * Puts a new content in the place of a file's old one, so that whoever reads it, also after a power cut, finds one of the
 * two whole. For one writer a file.
 */
import { open, realpath, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

import { Fault } from '../core/fault/fault.ts';

/** Resolves when the new content is on the disk under the old name, with mode 0600. A link stays a link: its target is
 *  replaced. Throws CONFIG_FILE; then the old content is still there. */
export async function replaceFile(path: string, text: string): Promise<void> {
  try {
    const target = await realpath(path);
    await writeDraft(`${target}.new`, text);
    await rename(`${target}.new`, target);
    await using folder = await open(dirname(target), 'r');
    await folder.sync();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new Fault('CONFIG_FILE', `${path} cannot be replaced: ${code}`, { cause });
  }
}

/** What a crash left under this name is not written into: others may have it open, or may read it. */
async function writeDraft(draft: string, text: string): Promise<void> {
  await rm(draft, { force: true });
  await using file = await open(draft, 'wx', 0o600);
  await file.writeFile(text);
  await file.sync();
}
