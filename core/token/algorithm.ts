/** The signature algorithms and the one kind of key that each may be used with (RFC 7518 section 3, RFC 8037, RFC 9864). */
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

interface KeyKind {
  readonly kty: 'EC' | 'RSA' | 'OKP';
  readonly crv?: string;
}

const RSA: KeyKind = { kty: 'RSA' };
const ED25519: KeyKind = { kty: 'OKP', crv: 'Ed25519' };

/** Whatever is not a row is refused: `none` and every HMAC among them. */
export const ALGORITHMS: Readonly<Record<Algorithm, KeyKind>> = {
  ES256: { kty: 'EC', crv: 'P-256' },
  ES384: { kty: 'EC', crv: 'P-384' },
  ES512: { kty: 'EC', crv: 'P-521' },
  PS256: RSA,
  PS384: RSA,
  PS512: RSA,
  RS256: RSA,
  RS384: RSA,
  RS512: RSA,
  Ed25519: ED25519,
  EdDSA: ED25519,
};

/** The algorithm of that exact name, or undefined. */
export function algorithmOf(name: unknown): Algorithm | undefined {
  return typeof name === 'string' && Object.hasOwn(ALGORITHMS, name) ? (name as Algorithm) : undefined;
}

/** Two names of one algorithm are equal: RFC 9864 deprecates `EdDSA` for `Ed25519`. */
export function isSameAlgorithm(a: Algorithm, b: Algorithm): boolean {
  return a === b || (ALGORITHMS[a] === ED25519 && ALGORITHMS[b] === ED25519);
}
