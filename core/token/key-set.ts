/**
 * An issuer's JWK Set (RFC 7517) as the keys that may verify, and the choice of one of them for a token. What cannot be
 * used is left out: encryption keys, secrets, weak or foreign ones. Two keys under one `kid` refuse the whole set, since
 * nobody could say which was meant.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';

import { admit, type Outcome, refuse } from '../fault/refusal.ts';
import { type Algorithm, ALGORITHMS, algorithmOf, isSameAlgorithm } from './algorithm.ts';
import { decodeBase64url } from './base64url.ts';
import type { JwsHeader } from './header.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

export interface VerificationKey {
  readonly id: string | undefined;
  readonly kty: string;
  readonly crv: string | undefined;
  /** The one algorithm that the issuer reserves the key for, if it says. */
  readonly algorithm: Algorithm | undefined;
  readonly key: KeyObject;
}

export type KeySet = readonly VerificationKey[];

const MOST_KEYS = 64;
const LEAST_RSA_BITS = 2048;
/** RFC 7518 section 6: with one of these a key is not public. */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** The usable keys. Refuses: TOKEN_KEY if it is no set, too large, ambiguous, or without one usable key. */
export function readKeySet(document: JsonValue): Outcome<KeySet> {
  const entries = isJsonObject(document) ? document['keys'] : undefined;
  if (!Array.isArray(entries)) return refuse('TOKEN_KEY', 'not a JWK Set: no array `keys`');
  if (entries.length > MOST_KEYS) return refuse('TOKEN_KEY', `${entries.length} keys, at most ${MOST_KEYS}`);
  const keys = entries.map(readKey).filter((key) => key !== undefined);
  const ids = keys.map(({ id }) => id).filter((id) => id !== undefined);
  if (new Set(ids).size !== ids.length) return refuse('TOKEN_KEY', 'two keys with one kid');
  return keys.length > 0 ? admit(keys) : refuse('TOKEN_KEY', 'no usable key in the set');
}

/** The key for this header: by `kid`; without one only if a single key fits. Refuses: TOKEN_KEY | TOKEN_ALGORITHM. */
export function selectKey(keys: KeySet, { algorithm, keyId }: JwsHeader): Outcome<KeyObject> {
  const named = keyId === undefined ? keys : keys.filter(({ id }) => id === keyId);
  if (named.length === 0) return refuse('TOKEN_KEY', 'no usable key with this kid');
  const fitting = named.filter((key) => fits(key, algorithm));
  const [only, second] = fitting;
  if (only === undefined) return refuse('TOKEN_ALGORITHM', `${algorithm} does not fit the key`);
  return second === undefined ? admit(only.key) : refuse('TOKEN_KEY', 'several keys fit and the token names none');
}

function fits({ kty, crv, algorithm: reserved }: VerificationKey, algorithm: Algorithm): boolean {
  const kind = ALGORITHMS[algorithm];
  return kind.kty === kty && kind.crv === crv && (reserved === undefined || isSameAlgorithm(reserved, algorithm));
}

function readKey(entry: JsonValue): VerificationKey | undefined {
  if (!isJsonObject(entry) || !mayVerify(entry)) return undefined;
  const { kid, kty, crv, alg } = entry;
  if (kid !== undefined && typeof kid !== 'string') return undefined;
  const algorithm = algorithmOf(alg);
  if (alg !== undefined && algorithm === undefined) return undefined;
  if (kty === 'RSA' ? !isStrongRsa(entry) : kty !== 'EC' && kty !== 'OKP') return undefined;
  const key = importKey(entry);
  if (key === undefined) return undefined;
  return { id: kid, kty, crv: kty === 'RSA' || typeof crv !== 'string' ? undefined : crv, algorithm, key };
}

function mayVerify(entry: JsonObject): boolean {
  const { use, key_ops: operations } = entry;
  if (use !== undefined && use !== 'sig') return false;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return false;
  return !SECRET_MEMBERS.some((member) => Object.hasOwn(entry, member));
}

/** At least 2048 bits and an odd exponent of 3 or more. */
function isStrongRsa({ n, e }: JsonObject): boolean {
  const modulus = typeof n === 'string' ? decodeBase64url(n) : undefined;
  const exponent = typeof e === 'string' ? decodeBase64url(e) : undefined;
  if (modulus === undefined || exponent === undefined) return false;
  const bits = BigInt(`0x0${modulus.toString('hex')}`).toString(2).length;
  const power = BigInt(`0x0${exponent.toString('hex')}`);
  return bits >= LEAST_RSA_BITS && power >= 3n && power % 2n === 1n;
}

/** OpenSSL refuses a point that is not on its curve, and a key that it cannot read. */
function importKey(entry: JsonObject): KeyObject | undefined {
  try {
    return createPublicKey({ key: { ...entry }, format: 'jwk' });
  } catch {
    return undefined;
  }
}
