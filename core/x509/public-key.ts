/**
 * Which keys may stand in a certificate: P-256, P-384, Ed25519, RSA of 2048 to 8192 bits with an odd exponent of 65537 or
 * more. Read from the DER of the SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), so that it costs no key object.
 * Curves have names: explicit parameters are refused (RFC 5480 section 2.1.1), and so are compressed points and the one at infinity.
 * Not here: whether the point is on its curve. OpenSSL decides that when it makes the key object.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';

import { admit, refuse, type Outcome } from '../fault/refusal.ts';
import { DerError, octetsOf, oidOf } from './der-value.ts';
import { openDer, readDer, TAG, type DerReader } from './der.ts';
import { KEY } from './oid.ts';

export type KeyType = 'p256' | 'p384' | 'ed25519' | 'rsa';

/** The key as OpenSSL takes it; undefined where the point is not on its curve, or a number no key. It goes in as PEM: given
 *  bytes, Node 24 throws and catches inside, with a stack each, before it looks at them. Cost: half of that way. */
export function importSpki(spki: Buffer): KeyObject | undefined {
  try {
    return createPublicKey(`-----BEGIN PUBLIC KEY-----\n${spki.toString('base64')}\n-----END PUBLIC KEY-----\n`);
  } catch {
    return undefined;
  }
}

const MOST_BYTES = 8192;
const RSA_LEAST_BITS = 2048;
const RSA_MOST_BITS = 8192;
const RSA_LEAST_EXPONENT = 65537;
/** OpenSSL takes no larger exponent for moduli over 3072 bits. */
const RSA_MOST_EXPONENT_BYTES = 8;
const UNCOMPRESSED = 0x04;

/** Gives the type of the key. Refuses with `code` any other key, and any other spelling of one of these. */
export function keyTypeOf(spki: Buffer, code: 'CSR_KEY' | 'PEER_NOT_SVID'): Outcome<KeyType> {
  return readDer(spki, { code, most: MOST_BYTES }, (top) => {
    const outer = top.enter(TAG.sequence);
    const algorithm = outer.enter(TAG.sequence);
    const key = octetsOf(outer.next(TAG.bitString).content);
    outer.end();
    const type = readType(algorithm, key);
    return type === undefined ? refuse(code, 'key is not P-256, P-384, Ed25519 or RSA') : admit(type);
  });
}

function readType(algorithm: DerReader, key: Buffer): KeyType | undefined {
  switch (oidOf(algorithm.next(TAG.oid).content)) {
    case KEY.ecPublicKey:
      return readCurve(algorithm, key);
    case KEY.ed25519:
      algorithm.end();
      if (key.length !== 32) throw new DerError('Ed25519 key is not 32 bytes');
      return 'ed25519';
    case KEY.rsaEncryption:
      algorithm.next(TAG.null);
      algorithm.end();
      checkRsa(openDer(key).enter(TAG.sequence));
      return 'rsa';
    default:
      return undefined;
  }
}

const CURVES: ReadonlyMap<string, { readonly type: KeyType; readonly pointBytes: number }> = new Map([
  [KEY.p256, { type: 'p256', pointBytes: 65 }],
  [KEY.p384, { type: 'p384', pointBytes: 97 }],
]);

function readCurve(algorithm: DerReader, point: Buffer): KeyType | undefined {
  const curve = CURVES.get(oidOf(algorithm.next(TAG.oid).content));
  algorithm.end();
  if (curve === undefined) return undefined;
  if (point[0] !== UNCOMPRESSED || point.length !== curve.pointBytes)
    throw new DerError('point is not in uncompressed form');
  return curve.type;
}

/** RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } (RFC 8017 appendix A.1.1). */
function checkRsa(reader: DerReader): void {
  const modulus = positive(reader);
  const exponent = positive(reader);
  reader.end();
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  if (bits < RSA_LEAST_BITS || bits > RSA_MOST_BITS)
    throw new DerError(`RSA key of ${bits} bits, 2048 to 8192 allowed`);
  if (isEven(modulus)) throw new DerError('RSA modulus is even');
  const isSmall = exponent.length <= 4 && exponent.readUIntBE(0, exponent.length) < RSA_LEAST_EXPONENT;
  if (isSmall || isEven(exponent) || exponent.length > RSA_MOST_EXPONENT_BYTES)
    throw new DerError('RSA exponent is even, less than 65537 or longer than 64 bits');
}

function positive(reader: DerReader): Buffer {
  const { content } = reader.next(TAG.integer);
  const magnitude = content[0] === 0 ? content.subarray(1) : content;
  if ((content[0] ?? 0) > 0x7f || magnitude.length === 0) throw new DerError('RSA number is not positive');
  return magnitude;
}

const isEven = (number: Buffer): boolean => ((number.at(-1) ?? 0) & 1) === 0;
