/**
 * Private keys in files: PKCS#8 PEM, P-256, for the eyes of their owner only.
 * Never repairs a mode and never reads a key that others may have read.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';

import { Fault, demand } from '../../core/fault/fault.ts';
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { READ_AT_ONCE } from '../../runtime/regular-file.ts';

/** PKCS#8, and what cert-manager writes for an elliptic curve by default (RFC 5915). */
const PEM_BEGIN = /^-----BEGIN (?:EC )?PRIVATE KEY-----\r?\n/;
const LARGEST = 8192;

/** The key in a file. Throws SIGNER_KEY: missing, unreadable, wider than 0600, or not one P-256 key in PKCS#8.
 *  Secret. */
export function readKeyFile(path: string): KeyObject {
  return parseKey(readPrivately(path), path);
}

/** The key in the text of a file. Throws SIGNER_KEY: encrypted, damaged, or not one P-256 key. Secret. */
export function parseKey(text: string, path: string): KeyObject {
  // Encrypted keys have another label, or a header that names the cipher.
  if (!PEM_BEGIN.test(text) || text.includes('ENCRYPTED') || text.split('-----BEGIN').length > 2)
    throw new Fault('SIGNER_KEY', `${path} is not one unencrypted private key in PEM (PKCS#8)`);
  const key = createKey(text, path);
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new Fault('SIGNER_KEY', `${path} holds another key than P-256`);
  return key;
}

/** Whether nobody but its owner may read a key file. Refuses: SIGNER_KEY. */
export function checkKeyMode(path: string, mode: number | undefined): Outcome<void> {
  if (mode !== undefined && (mode & 0o077) === 0) return admit(undefined);
  const found = mode === undefined ? 'no mode' : `mode ${(mode & 0o777).toString(8).padStart(4, '0')}`;
  return refuse('SIGNER_KEY', `${path} has ${found}, allowed is 0600 or narrower`);
}

/** A new P-256 key. Secret. */
export function makeKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/** DER of the public half. */
export function spkiOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' });
}

/** The text of a key file. Secret. */
export function formatKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The mode is read from the open file, so that nobody swaps it between look and read. */
function readPrivately(path: string): string {
  const file = openKey(path);
  try {
    const facts = fstatSync(file);
    const { mode, size } = facts;
    if (!facts.isFile()) throw new Fault('SIGNER_KEY', `${path} is not a file`);
    demand(checkKeyMode(path, mode));
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
    return openSync(path, READ_AT_ONCE);
  } catch (cause) {
    throw new Fault('SIGNER_KEY', `${path} cannot be opened: ${reason(cause)}`, { cause });
  }
}

/** OpenSSL's own words could quote the file: only that it failed is said. */
function createKey(text: string, path: string): KeyObject {
  try {
    return createPrivateKey({ key: text, format: 'pem' });
  } catch {
    throw new Fault('SIGNER_KEY', `${path} is damaged: no private key can be read from it`);
  }
}

const reason = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
