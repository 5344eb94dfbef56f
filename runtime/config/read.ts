/** Reads a configuration file, for a process that cannot go on without one. What is right and wrong is `load.ts`'s to say. */
import { readFile, stat } from 'node:fs/promises';

import type { z } from 'zod';

import { Fault } from '../../core/fault/fault.ts';
import { type Loaded, loadConfig } from './load.ts';

export interface ConfigPlace<T> {
  readonly file: string;
  readonly table: z.ZodType<T>;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The configuration, or all mistakes in it. Throws CONFIG_FILE where the file is missing or cannot be read. */
export async function readConfig<T>({ file, table, environment }: ConfigPlace<T>): Promise<Loaded<T>> {
  return loadConfig({ file, table, environment, text: await readText(file) });
}

const FILE_MOST = 1024 * 1024;

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > FILE_MOST) throw new Fault('CONFIG_FILE', `${file} has ${size} bytes, at most ${FILE_MOST} are read`);
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('CONFIG_FILE', `${file} ${explain(cause)}`, { cause });
  }
}

function explain(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES') return 'may not be read by this user';
  return code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'is not UTF-8' : `cannot be read: ${code}`;
}
