/** The folder that holds root, token key and journal: made for its owner alone, and never used where anybody may write. */
import { lstatSync, mkdirSync } from 'node:fs';

import { Fault } from '../../core/fault/fault.ts';
import type { Service } from '../../runtime/lifecycle.ts';

/** Throws CONFIG_FILE where the folder cannot be made or is something else, CONFIG_PERMISSION where all may write to it:
 *  whoever can rename in it can swap the root. */
export function prepareDataFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new Fault('CONFIG_FILE', `the data folder ${path} cannot be made: ${reason}`, { cause });
  }
  const { mode } = lstatSync(path);
  if ((mode & 0o002) !== 0)
    throw new Fault('CONFIG_PERMISSION', `all may write to the data folder ${path}: chmod 700 ${path}`);
}

/** The folder as the first of the services. */
export function createDataFolder(path: string): Service {
  return {
    name: 'data-folder',
    async start() {
      prepareDataFolder(path);
    },
    async drain() {},
    async [Symbol.asyncDispose]() {},
  };
}
