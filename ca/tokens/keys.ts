/** A key that signs tokens: ES256, named by its RFC 7638 thumbprint. */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';

export interface TokenKey {
  /** Secret. */
  readonly privateKey: KeyObject;
  /** `kid`: base64url of the SHA-256 thumbprint of the public JWK (RFC 7638). */
  readonly id: string;
  readonly publicJwk: PublicJwk;
}

/** A public P-256 key (RFC 7518 section 6.2.1). */
export interface PublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
}

/** A P-256 private key with its public form and name. */
export function toTokenKey(privateKey: KeyObject): TokenKey {
  const publicJwk = toPublicJwk(createPublicKey(privateKey));
  const { crv, kty, x, y } = publicJwk;
  // RFC 7638 section 3: the required members, in this order, without white space.
  const canonical = JSON.stringify({ crv, kty, x, y });
  return { privateKey, publicJwk, id: createHash('sha256').update(canonical).digest('base64url') };
}

/** A P-256 public key as a JWK; anything else is a programmer's mistake (`TypeError`). */
export function toPublicJwk(key: KeyObject): PublicJwk {
  const { kty, crv, x, y } = key.export({ format: 'jwk' });
  if (kty !== 'EC' || crv !== 'P-256' || x === undefined || y === undefined) throw new TypeError('not a P-256 key');
  return { kty, crv, x, y };
}

/** The JWK Set that verifiers fetch (RFC 7517 section 5). */
export function toKeySet(keys: readonly TokenKey[]): { readonly keys: readonly object[] } {
  return { keys: keys.map(({ id, publicJwk }) => ({ ...publicJwk, use: 'sig', alg: 'ES256', kid: id })) };
}
