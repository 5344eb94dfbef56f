/**
 * A folder with the credentials of a client that has no sidecar: `key.pem`, `chain.pem`, `bundle.pem` and, where asked for,
 * `authorization` (a header line for `curl -H @file`). All files of one generation appear at once, the way the kubelet does
 * it: they lie in a folder of their own, and `..data` is turned to it by one rename.
 */
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { Fault } from '../core/fault/fault.ts';

/** What one generation holds, as the text of its files. */
export interface CredentialFiles {
  /** Secret. PKCS#8, PEM. */
  readonly key: string;
  /** PEM, leaf first, without the root. */
  readonly chain: string;
  /** PEM. */
  readonly bundle: string;
  /** Secret. One line, `Authorization: Bearer ...`. */
  readonly authorization: string | undefined;
}

const NAMES = { key: 'key.pem', chain: 'chain.pem', bundle: 'bundle.pem', authorization: 'authorization' } as const;
const CURRENT = '..data';
const GENERATION = /^\.\.g(\d{9})-/;
/** A reader that opened the former generation just before the turn may go on reading it. */
const GENERATIONS_KEPT = 2;
const MOST_READS = 5;

/** Writes a new generation and turns to it. Throws CONFIG_FILE where the folder cannot be written,
 *  CONFIG_PERMISSION where others can write in it. */
export async function writeCredentials(folder: string, files: CredentialFiles): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await demandOwn(folder);
    const generation = await mkdtemp(join(folder, `..g${await nextNumber(folder)}-`));
    for (const [member, name] of Object.entries(NAMES) as [keyof CredentialFiles, string][]) {
      const text = files[member];
      if (text === undefined) continue;
      await writeFile(join(generation, name), text, { mode: 0o600 });
      await linkOnce(folder, name);
    }
    const turning = join(folder, `${CURRENT}-${basename(generation)}`);
    await symlink(basename(generation), turning);
    await rename(turning, join(folder, CURRENT));
    await removeOld(folder);
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('CONFIG_FILE', `${folder} cannot be written: ${message(cause)}`, { cause });
  }
}

/** What an earlier run left there; undefined where there is nothing whole. Throws CONFIG_PERMISSION where others could have
 *  put it there. */
export async function readKept(folder: string): Promise<CredentialFiles | undefined> {
  const found = await readCredentials(folder).catch(() => undefined);
  if (found !== undefined) await demandOwn(folder);
  return found;
}

/** Reads one generation whole. Throws CONFIG_FILE where there is none. */
export async function readCredentials(folder: string): Promise<CredentialFiles> {
  for (let tries = 0; tries < MOST_READS; tries += 1) {
    const generation = await target(folder);
    const files = await readGeneration(join(folder, generation)).catch(() => undefined);
    if (files !== undefined) return files;
  }
  throw new Fault(
    'CONFIG_FILE',
    `${folder} holds no complete credentials; \`cleat credential --dir ${folder}\` writes them`,
  );
}

async function target(folder: string): Promise<string> {
  try {
    return await readlink(join(folder, CURRENT));
  } catch (cause) {
    throw new Fault('CONFIG_FILE', `${folder} holds no credentials; \`cleat credential --dir ${folder}\` writes them`, {
      cause,
    });
  }
}

async function readGeneration(folder: string): Promise<CredentialFiles> {
  const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
  const [key, chain, bundle, authorization] = await Promise.all([
    read(NAMES.key),
    read(NAMES.chain),
    read(NAMES.bundle),
    read(NAMES.authorization).catch(() => undefined),
  ]);
  return { key, chain, bundle, authorization };
}

/** Nine digits, so that names sort as numbers. */
async function nextNumber(folder: string): Promise<string> {
  const numbers = (await readdir(folder)).map((name) => Number(GENERATION.exec(name)?.[1] ?? 0));
  return String(Math.max(0, ...numbers) + 1).padStart(9, '0');
}

/** Where others may write, they may have put a link of their own in the place of a file. */
async function demandOwn(folder: string): Promise<void> {
  const { mode, uid } = await lstat(folder);
  if ((mode & 0o022) === 0 && uid === process.getuid?.()) return;
  throw new Fault(
    'CONFIG_PERMISSION',
    `${folder} has mode 0${(mode & 0o777).toString(8)} and owner ${uid}: only its owner, the one who runs this, may write there`,
  );
}

async function linkOnce(folder: string, name: string): Promise<void> {
  const found = await lstat(join(folder, name)).catch(() => undefined);
  if (found === undefined) await symlink(join(CURRENT, name), join(folder, name));
  else if (!found.isSymbolicLink() || (await readlink(join(folder, name))) !== join(CURRENT, name))
    throw new Error(`${name} is there already and was not written by \`cleat credential\``);
}

async function removeOld(folder: string): Promise<void> {
  const generations = (await readdir(folder)).filter((name) => GENERATION.test(name)).sort();
  const old = generations.slice(0, -GENERATIONS_KEPT);
  await Promise.all(old.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

const message = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
