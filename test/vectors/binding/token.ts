/** Tokens of the binding vectors: a good one, to be spoilt by one change. */
import { constants, createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface SigningKey {
  /** Private; never written. */
  readonly key: KeyObject;
  readonly alg: string;
  /** Public, with `kid`, `alg` and `use`. */
  readonly jwk: Jwk;
}

export type Jwk = Readonly<Record<string, unknown>>;
export type Members = Readonly<Record<string, unknown>>;

/** A new key for one algorithm. */
export function createSigningKey(kid: string, alg = 'ES256'): SigningKey {
  const { privateKey, publicKey } = pairFor(alg);
  return { key: privateKey, alg, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } };
}

const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

function pairFor(alg: string): { privateKey: KeyObject; publicKey: KeyObject } {
  const namedCurve = CURVES[alg];
  if (namedCurve !== undefined) return generateKeyPairSync('ec', { namedCurve });
  return alg === 'Ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('rsa', { modulusLength: 2048 });
}

/** The key of a leaf or of a client, as one that signs. */
export function signingKeyOf(key: KeyObject, kid: string): SigningKey {
  return { key, alg: 'ES256', jwk: { ...publicJwk(key), kid, alg: 'ES256', use: 'sig' } };
}

export const publicJwk = (key: KeyObject): Jwk => createPublicKey(key).export({ format: 'jwk' });

/** One part of a compact JWS; text goes in as it is. */
export const part = (value: unknown): string =>
  Buffer.isBuffer(value)
    ? value.toString('base64url')
    : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A compact JWS over any header and payload. Members that are undefined are left out; text and bytes go in as they are. */
export function signJws(
  key: SigningKey,
  header: Members | string | Buffer,
  payload: Members | string | Buffer,
): string {
  const signed = `${part(header)}.${part(payload)}`;
  return `${signed}.${signatureOf(key, signed).toString('base64url')}`;
}

/** The signature alone. */
export function signatureOf({ key, alg }: SigningKey, signed: string): Buffer {
  const bytes = Buffer.from(signed);
  const digest = `sha${alg.slice(2)}`;
  if (alg.startsWith('ES')) return sign(digest, bytes, { key, dsaEncoding: 'ieee-p1363' });
  if (alg.startsWith('PS'))
    return sign(digest, bytes, {
      key,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    });
  return alg.startsWith('RS') ? sign(digest, bytes, key) : sign(null, bytes, key);
}

/** RFC 7638 thumbprint of an EC or OKP key, from its members by hand: not by the code that is under test. */
export function thumbprintOfJwk({ kty, crv, x, y }: Jwk): string {
  const members = kty === 'OKP' ? { crv, kty, x } : { crv, kty, x, y };
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}
