/** A file with a secret in it. */
import { rm, writeFile } from 'node:fs/promises';

import { Fault } from '../core/fault/fault.ts';

/** Writes a file that only its owner can read, whatever mode it had before. Throws CONFIG_FILE. */
export async function writeSecret(file: string, text: string): Promise<void> {
  try {
    // The mode counts only for a new file: an old one could be open to others already.
    await rm(file, { force: true });
    await writeFile(file, text, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw new Fault('CONFIG_FILE', `${file} cannot be written: ${cause instanceof Error ? cause.message : 'unknown'}`, {
      cause,
    });
  }
}
