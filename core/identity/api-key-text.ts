/**
 * The text of an API key: `clt_<environment>_<43 characters of 256 random bits><6 of checksum>`, all base64url. The form is
 * fixed, so that scanners of repositories and logs find a leaked one, and the checksum tells a real one from a likeness.
 * Reads and writes text only; whether a key is known, expired or revoked is the CA's to say.
 */
import { createHash } from 'node:crypto';

import { admit, refuse, type Outcome } from '../fault/refusal.ts';
import { Secret } from './secret.ts';

/** Where a key may be used, such as `prod`. */
export const ENVIRONMENT = /^[a-z0-9]{1,16}$/;

/** What each API key begins with: enough to refuse one where none is ever accepted. */
export const API_KEY_PREFIX = 'clt_';

/** The form of every key, for scanners: docs/api-keys.md has the same. */
export const API_KEY_FORM = /^clt_([a-z0-9]{1,16})_([A-Za-z0-9_-]{43})([A-Za-z0-9_-]{6})$/;

const BYTES = 32;
const CHECKSUM_CHARACTERS = 6;

/** The text of a key. `bits` must be 32 bytes; anything else is a programmer's mistake (`TypeError`). */
export function formatApiKey(environment: string, bits: Buffer): Secret {
  if (bits.length !== BYTES || !ENVIRONMENT.test(environment)) throw new TypeError('an API key takes 32 bytes');
  const body = `${API_KEY_PREFIX}${environment}_${bits.toString('base64url')}`;
  return new Secret(`${body}${checksumOf(body)}`);
}

/** Admits a text that `formatApiKey` could have given for this environment. Costs no look-up: a mistyped key, a likeness and
 *  a key of another environment end here. Refuses: GRANT_CLIENT; the detail never holds a part of the secret. */
export function checkApiKeyText(presented: Secret, environment: string): Outcome<void> {
  const [, named, bits, checksum] = API_KEY_FORM.exec(presented.reveal()) ?? [];
  if (named === undefined || bits === undefined || checksum === undefined)
    return refuse('GRANT_CLIENT', 'not an API key by its form');
  // 43 characters hold two bits more than 32 bytes: only the text with those bits at zero is canonical.
  if (Buffer.from(bits, 'base64url').toString('base64url') !== bits)
    return refuse('GRANT_CLIENT', 'the bits of the API key are not canonical');
  // The checksum is public: whoever has the rest can compute it.
  if (checksumOf(`${API_KEY_PREFIX}${named}_${bits}`) !== checksum)
    return refuse('GRANT_CLIENT', 'the checksum of the API key is wrong: mistyped, or cut off');
  if (named !== environment)
    return refuse('GRANT_CLIENT', `an API key of environment ${named} in environment ${environment}`);
  return admit(undefined);
}

/** 36 bits of the SHA-256 of all that comes before. */
const checksumOf = (body: string): string =>
  createHash('sha256').update(body).digest('base64url').slice(0, CHECKSUM_CHARACTERS);
