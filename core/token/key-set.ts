/**
 * An issuer's JWK Set (RFC 7517) as the keys that may verify, and the choice of one of them for a token. A key that
 * cannot be used is left out; two keys under one `kid` refuse the whole set, since nobody could say which was meant.
 * Never fetches, never guesses a key from what travels in a token.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';

import { admit, type Outcome, refuse } from '../fault/refusal.ts';
import { type Algorithm, ALGORITHMS, type AlgorithmRow, algorithmOf } from './algorithm.ts';
import { decodeBase64url } from './base64url.ts';
import { type JwsHeader, KEY_ID_MOST } from './header.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseStrictObject } from './json.ts';
import { weaknessOf } from './rsa-key.ts';

export interface TokenKey {
  readonly keyId: string | undefined;
  /** What it may verify: all that fits its type, or the one `alg` that its JWK names. */
  readonly algorithms: readonly Algorithm[];
  readonly key: KeyObject;
}

/** One immutable generation of an issuer's keys. */
export interface KeySet {
  readonly keys: readonly TokenKey[];
  /** Why the others were left out, for the log; no content of theirs. */
  readonly skipped: readonly string[];
}

/** Bytes of a JWK Set. */
export const KEY_SET_MOST = 256 * 1024;
const KEYS_MOST = 64;

/** What the keys are for: the tokens of an issuer, or the JWT-SVIDs of a trust domain, whose bundle holds other keys beside
 *  them (SPIFFE Trust Domain and Bundle section 4.2.2). */
export type KeyUse = 'sig' | 'jwt-svid';

/** Gives the usable keys. Refuses: TOKEN_JSON, or TOKEN_KEY for what is no JWK Set, has more than 64 keys, two under one
 *  `kid`, or none that is usable. */
export function parseKeySet(bytes: Buffer, use: KeyUse = 'sig'): Outcome<KeySet> {
  if (bytes.length > KEY_SET_MOST) return refuse('TOKEN_KEY', `JWK Set of ${bytes.length} bytes, at most 256 KiB`);
  const document = parseStrictObject(bytes);
  if (!document.ok) return document;
  const entries = document.value['keys'];
  if (!Array.isArray(entries)) return refuse('TOKEN_KEY', 'JWK Set without an array of keys');
  return readEntries(entries as readonly JsonValue[], use);
}

function readEntries(entries: readonly JsonValue[], use: KeyUse): Outcome<KeySet> {
  if (entries.length > KEYS_MOST) return refuse('TOKEN_KEY', `JWK Set of ${entries.length} keys, at most ${KEYS_MOST}`);
  const ids = entries.flatMap((entry) => (isJsonObject(entry) && typeof entry['kid'] === 'string' ? entry['kid'] : []));
  if (new Set(ids).size < ids.length) return refuse('TOKEN_KEY', 'JWK Set with two keys under one kid');
  const keys: TokenKey[] = [];
  const skipped: string[] = [];
  for (const [at, entry] of entries.entries()) {
    const key = readPublicKey(entry, use);
    if (typeof key === 'string') skipped.push(`key ${at}: ${key}`);
    else keys.push(Object.freeze(key));
  }
  if (keys.length === 0) return refuse('TOKEN_KEY', ['JWK Set without a usable key', ...skipped].join('; '));
  return admit(Object.freeze({ keys: Object.freeze(keys), skipped: Object.freeze(skipped) }));
}

/** Gives the one key for this header: by `kid`; without a `kid` only if a single key fits.
 *  Refuses: TOKEN_KEY | TOKEN_ALGORITHM (the key is there, but for another algorithm). */
export function selectKey({ keys }: KeySet, { algorithm, keyId }: JwsHeader): Outcome<TokenKey> {
  const named = keyId === undefined ? keys : keys.filter((key) => key.keyId === keyId);
  const [key, ...others] = named.filter(({ algorithms }) => algorithms.includes(algorithm));
  if (key !== undefined && others.length === 0) return admit(key);
  if (key !== undefined) return refuse('TOKEN_KEY', `no kid, and ${others.length + 1} keys fit ${algorithm}`);
  if (keyId === undefined) return refuse('TOKEN_KEY', `no kid, and no key fits ${algorithm}`);
  if (named.length > 0) return refuse('TOKEN_ALGORITHM', `${algorithm} does not fit the key`);
  return refuse('TOKEN_KEY', `no usable key under kid ${JSON.stringify(keyId.slice(0, 64))}`);
}

/** RFC 7518 section 6: a key with one of these is not public. One that was published is a key that everybody has. */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

/** The key of one JWK, if it is public, asymmetric and fit to verify with; else the reason why not. */
export function readPublicKey(entry: JsonValue, wanted: KeyUse = 'sig'): TokenKey | string {
  if (!isJsonObject(entry)) return 'not an object';
  const { use, key_ops: operations, kid, alg } = entry;
  if (use !== wanted && (use !== undefined || wanted !== 'sig')) return `use is not ${wanted}`;
  if (operations !== undefined && !isVerifying(operations)) return 'key_ops lacks verify';
  if (SECRET_MEMBERS.some((member) => member in entry)) return 'not public';
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || Buffer.byteLength(kid) > KEY_ID_MOST)) {
    return `kid is not a string of 1 to ${KEY_ID_MOST} bytes`;
  }
  const fitting = algorithmsOf(entry);
  if (fitting.length === 0) return 'kty or crv is not supported';
  const algorithms = alg === undefined ? fitting : fitting.filter((name) => name === algorithmOf(alg));
  if (algorithms.length === 0) return 'alg is unknown or does not fit the key';
  const key = importKey(entry);
  return typeof key === 'string' ? key : { keyId: kid, algorithms: Object.freeze(algorithms), key };
}

const isVerifying = (operations: JsonValue): boolean => Array.isArray(operations) && operations.includes('verify');

const NAMES = Object.keys(ALGORITHMS).flatMap((name) => algorithmOf(name) ?? []);

function algorithmsOf({ kty, crv }: JsonObject): readonly Algorithm[] {
  const fits = (row: AlgorithmRow): boolean => row.kty === kty && (row.crv === undefined || row.crv === crv);
  return NAMES.filter((name) => fits(ALGORITHMS[name]));
}

/** Coordinates have the full length of their field (RFC 7518 section 6.2.1.2, RFC 8037 section 2). */
const COORDINATE_BYTES: Readonly<Record<string, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66, Ed25519: 32 };

/** The key, from its public numbers alone. OpenSSL refuses a point that is not on its curve. */
function importKey({ kty, crv, x, y, n, e }: JsonObject): KeyObject | string {
  if (kty === 'RSA') return weaknessOf(n, e) ?? createKey({ kty, n, e });
  const length = typeof crv === 'string' ? COORDINATE_BYTES[crv] : undefined;
  if (!isCoordinate(x, length) || (kty === 'EC' && !isCoordinate(y, length))) return 'x or y is malformed';
  return createKey(kty === 'EC' ? { kty, crv, x, y } : { kty, crv, x });
}

function isCoordinate(value: JsonValue | undefined, length: number | undefined): boolean {
  return typeof value === 'string' && decodeBase64url(value)?.length === length;
}

function createKey(jwk: Record<string, JsonValue | undefined>): KeyObject | string {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return 'not a valid public key';
  }
}
