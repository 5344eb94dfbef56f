/**
 * The SHA-256 thumbprint of a public key (RFC 7638), the form of `cnf.jkt`. Made from the key itself, never from the text of
 * a JWK: two spellings of one key have one thumbprint, and members that are not part of the key do not count.
 */
import { createHash, type KeyObject } from 'node:crypto';

import { importSpki } from '../x509/public-key.ts';
import { decodeBase64url } from './base64url.ts';

/** Gives the thumbprint in base64url: 43 characters. `key` is public: EC, RSA or Ed25519 (else `TypeError`).
 *  Cost: some 20 microseconds. */
export function thumbprintOf(key: KeyObject): string {
  const { kty, crv, x, y, n, e } = key.export({ format: 'jwk' });
  // The members that RFC 7638 section 3.2 and RFC 8037 section 2 name, in the order of their code points.
  const members = [
    { kty: 'EC', text: { crv, kty, x, y } },
    { kty: 'OKP', text: { crv, kty, x } },
    { kty: 'RSA', text: { e, kty, n } },
  ].find((row) => row.kty === kty);
  if (members === undefined) throw new TypeError('a key without a thumbprint');
  return createHash('sha256').update(JSON.stringify(members.text)).digest('base64url');
}

/** The same of a DER SubjectPublicKeyInfo; undefined for what is no key. */
export function thumbprintOfSpki(spki: Buffer): string | undefined {
  const key = importSpki(spki);
  return key === undefined ? undefined : thumbprintOf(key);
}

/** The 32 bytes of a SHA-256 digest written in base64url, as `x5t#S256`, `jkt` and `ath` are; undefined for any other
 *  spelling or length: hex, padding, standard base64, SHA-1. */
export function readDigest(text: unknown): Buffer | undefined {
  return typeof text === 'string' && text.length === DIGEST_LENGTH ? decodeBase64url(text) : undefined;
}

const DIGEST_LENGTH = 43;
