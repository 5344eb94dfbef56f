/**
 * Reads a secret that is one line of text, such as a client secret, from a file that nobody else may read. Never logs it,
 * never repairs a mode.
 */
import { stat } from 'node:fs/promises';

import { admit, type Outcome, refuse } from '../core/fault/refusal.ts';
import { readRegularFile } from './regular-file.ts';

/** Bytes. */
const SECRET_MOST = 16 * 1024;
/** Group write and execute, and anything for others. The group may read: a Kubernetes volume with an fsGroup is 0440. */
const TOO_WIDE = 0o037;
const LINE = /^[\x20-\x7e]+$/;

/** The text, without the line end that an editor leaves. Secret.
 *  Refuses: CONFIG_FILE for what is missing, unreadable, over 16 KiB, or no line of printable ASCII; CONFIG_PERMISSION for
 *  any bit of 0037. */
export async function readSecretFile(path: string): Promise<Outcome<string>> {
  const read = await readRegularFile(path, SECRET_MOST);
  if (!read.ok) return read;
  const isPrivate = await checkMode(path);
  if (!isPrivate.ok) return isPrivate;
  const text = read.value.toString('latin1').replace(/\r?\n$/, '');
  return LINE.test(text) ? admit(text) : refuse('CONFIG_FILE', `${path} is not one line of printable ASCII`);
}

/** Refuses: CONFIG_FILE | CONFIG_PERMISSION. */
export async function checkMode(path: string): Promise<Outcome<void>> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return refuse('CONFIG_FILE', `${path} went away while it was read`);
  if ((found.mode & TOO_WIDE) === 0) return admit(undefined);
  const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
  return refuse('CONFIG_PERMISSION', `${path} has mode ${mode}, allowed is 0640 or narrower`);
}
