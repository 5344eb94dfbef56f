/**
 * What the JOSE data calls valid and Cleat refuses all the same, as rules about keys and bytes. Each rule finds out by
 * itself that the case is sound (the MAC holds, the ciphertext opens, the signature verifies), so that a case whose label
 * was changed is not excused.
 */
import { createHmac, createPublicKey, timingSafeEqual } from 'node:crypto';

import { type Algorithm, ALGORITHMS, algorithmOf } from '../../core/token/algorithm.ts';
import { parseCompactJws } from '../../core/token/jws.ts';
import { verifySignature } from '../../core/token/signature.ts';
import type { Members } from './document.ts';
import { opensJwe } from './jwe-oracle.ts';
import type { Exception } from './score.ts';

/** The keys of the group: what a verifier is given, and what the owner holds. */
export interface Keys {
  readonly open: readonly Members[];
  readonly secret: readonly Members[];
}

export interface JoseException extends Exception {
  readonly covers: (text: string, keys: Keys) => boolean;
}

export const JOSE_EXCEPTIONS: readonly JoseException[] = [
  {
    rule: 'HMAC',
    reason: 'a key that verifies could also sign: symmetric keys are never accepted',
    codes: ['TOKEN_KEY'],
    covers: (text, { open }) => isSoundHmac(text, open),
  },
  {
    rule: 'JWE',
    reason: 'five segments are refused at the grammar, no key is used',
    codes: ['TOKEN_GRAMMAR'],
    covers: (text, { secret }) => secret.some((key) => opensJwe(text, key)),
  },
  {
    rule: 'header alg stronger than the alg of the key',
    reason: 'a key serves the one algorithm that its issuer names',
    codes: ['TOKEN_ALGORITHM'],
    covers: (text, { open }) => isSound(text, open, isStronger),
  },
  {
    rule: 'key alg that is not registered but names the curve',
    reason: 'an unknown name says nothing about what the key is for',
    codes: ['TOKEN_KEY', 'TOKEN_ALGORITHM'],
    covers: (text, { open }) => isSound(text, open, (_header, key) => namesItsCurve(key)),
  },
];

const HMAC: Readonly<Record<string, string>> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' };

/** RFC 7518 section 3.2: one key under the kid, meant for this algorithm, as long as the digest, among secrets only. */
function isSoundHmac(text: string, keys: readonly Members[]): boolean {
  const jws = parseCompactJws(text);
  if (!jws.ok || !keys.every(({ kty }) => kty === 'oct')) return false;
  const { alg, kid } = jws.value.header;
  const [key, ...others] = keys.filter((one) => keys.length === 1 || one['kid'] === kid);
  const digest = typeof alg === 'string' ? HMAC[alg] : undefined;
  if (key === undefined || others.length > 0 || digest === undefined || key['alg'] !== alg) return false;
  const secret = Buffer.from(String(key['k']), 'base64url');
  const mac = createHmac(digest, secret).update(jws.value.signed).digest();
  const { signature } = jws.value;
  return secret.length >= mac.length && mac.length === signature.length && timingSafeEqual(mac, signature);
}

/** One key, and the signature holds under the algorithm of the header, whatever the key says about itself. */
function isSound(text: string, keys: readonly Members[], such: (header: Algorithm, key: Members) => boolean): boolean {
  const jws = parseCompactJws(text);
  const [key, ...others] = keys;
  const header = jws.ok ? algorithmOf(jws.value.header['alg']) : undefined;
  if (!jws.ok || header === undefined || key === undefined || others.length > 0 || !such(header, key)) return false;
  try {
    const bare = createPublicKey({ key, format: 'jwk' });
    return verifySignature({ key: bare, algorithm: header }, jws.value.signed, jws.value.signature);
  } catch {
    return false;
  }
}

/** Same scheme, longer digest. The other way round is a downgrade, which the data itself calls invalid. */
function isStronger(header: Algorithm, { alg }: Members): boolean {
  const named = algorithmOf(alg);
  if (named === undefined || header.slice(0, 2) !== named.slice(0, 2)) return false;
  return (ALGORITHMS[header].digest ?? '') > (ALGORITHMS[named].digest ?? '');
}

/** `ES521` for a key on P-521 (RFC 7520 section 4.3). */
function namesItsCurve({ alg, crv }: Members): boolean {
  return typeof alg === 'string' && algorithmOf(alg) === undefined && alg === `ES${String(crv).slice('P-'.length)}`;
}
