/**
 * Private keys in files: PKCS#8 PEM, P-256, for the eyes of their owner only.
 * Never repairs a mode and never reads a key that others may have read.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';

import { Fault } from '../../core/fault/fault.ts';

const PEM_BEGIN = '-----BEGIN PRIVATE KEY-----';
const LARGEST = 8192;

/** The key in a file. Throws SIGNER_KEY: missing, unreadable, wider than 0600, or not one P-256 key in PKCS#8.
 *  Secret. */
export function readKeyFile(path: string): KeyObject {
  const text = readPrivately(path);
  if (!text.startsWith(PEM_BEGIN)) throw new Fault('SIGNER_KEY', `${path} is not unencrypted PKCS#8 in PEM`);
  const key = parseKey(text, path);
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new Fault('SIGNER_KEY', `${path} holds another key than P-256`);
  return key;
}

/** A new P-256 key. Secret. */
export function makeKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/** The text of a key file. Secret. */
export function formatKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The mode is read from the open file, so that nobody swaps it between look and read. */
function readPrivately(path: string): string {
  const file = openKey(path);
  try {
    const { mode, size } = fstatSync(file);
    if ((mode & 0o077) !== 0)
      throw new Fault('SIGNER_KEY', `${path} has mode ${(mode & 0o777).toString(8).padStart(4, '0')}, allowed is 0600`);
    if (size > LARGEST) throw new Fault('SIGNER_KEY', `${path} has ${size} bytes, at most ${LARGEST}`);
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('SIGNER_KEY', `${path} cannot be read: ${reason(cause)}`, { cause });
  } finally {
    closeSync(file);
  }
}

function openKey(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    throw new Fault('SIGNER_KEY', `${path} cannot be opened: ${reason(cause)}`, { cause });
  }
}

/** OpenSSL's own words could quote the file: only that it failed is said. */
function parseKey(text: string, path: string): KeyObject {
  try {
    return createPrivateKey({ key: text, format: 'pem' });
  } catch {
    throw new Fault('SIGNER_KEY', `${path} is damaged: no private key can be read from it`);
  }
}

const reason = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
