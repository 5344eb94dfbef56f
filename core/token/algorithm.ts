/**
 * The signature algorithms and the one kind of key that each may be used with (RFC 7518 section 3, RFC 8037, RFC 9864).
 * A table, so that nothing downstream switches on a name. What is not a row is refused: `none` and every HMAC.
 */
export type Algorithm =
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'Ed25519'
  | 'EdDSA';

export interface AlgorithmRow {
  readonly kty: 'EC' | 'RSA' | 'OKP';
  readonly crv: string | undefined;
  /** Undefined where the scheme has its own digest (RFC 8032). */
  readonly digest: string | undefined;
  /** RSASSA-PSS, with a salt as long as the digest (RFC 7518 section 3.5). */
  readonly pss: boolean;
}

const ecdsa = (crv: string, digest: string): AlgorithmRow => ({ kty: 'EC', crv, digest, pss: false });
const rsa = (digest: string, pss: boolean): AlgorithmRow => ({ kty: 'RSA', crv: undefined, digest, pss });
const ED25519: AlgorithmRow = { kty: 'OKP', crv: 'Ed25519', digest: undefined, pss: false };

export const ALGORITHMS: Readonly<Record<Algorithm, AlgorithmRow>> = Object.freeze({
  ES256: ecdsa('P-256', 'sha256'),
  ES384: ecdsa('P-384', 'sha384'),
  ES512: ecdsa('P-521', 'sha512'),
  PS256: rsa('sha256', true),
  PS384: rsa('sha384', true),
  PS512: rsa('sha512', true),
  RS256: rsa('sha256', false),
  RS384: rsa('sha384', false),
  RS512: rsa('sha512', false),
  Ed25519: ED25519,
  EdDSA: ED25519,
});

/** The algorithm of exactly that name (case counts); undefined for anything else. */
export function algorithmOf(name: unknown): Algorithm | undefined {
  return typeof name === 'string' && Object.hasOwn(ALGORITHMS, name) ? (name as Algorithm) : undefined;
}
