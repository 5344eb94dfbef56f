/**
 * Whether an RSA public key is fit to verify with: long enough, a sane exponent, a modulus that cannot be
 * factored with little work. Looks at the numbers only.
 */
import { modulusWeakness } from '../x509/weak-key.ts';
import { decodeBase64url } from './base64url.ts';

const LEAST_BITS = 2048;
/** A verification with 16384 bits takes milliseconds: a key set must not choose how long a request takes. */
const MOST_BITS = 8192;
const EXPONENT_MOST_BYTES = 4;

/** Gives the reason why the key is refused, undefined for a good one. `n` and `e` as in RFC 7518 section 6.3.1. */
export function weaknessOf(n: unknown, e: unknown): string | undefined {
  const modulus = numberOf(n);
  const exponent = numberOf(e);
  if (modulus === undefined || exponent === undefined) return 'n and e are not Base64urlUInt';
  const bits = modulus.toString(2).length;
  if (bits < LEAST_BITS || bits > MOST_BITS) return `RSA of ${bits} bits, allowed ${LEAST_BITS} to ${MOST_BITS}`;
  if (exponent < 3n || exponent % 2n === 0n || exponent >= 1n << BigInt(8 * EXPONENT_MOST_BYTES)) {
    return 'RSA exponent is not an odd number from 3 to 2^32';
  }
  if (modulus % 2n === 0n) return 'RSA modulus is even';
  return modulusWeakness(modulus);
}

/** Minimal big-endian bytes in base64url (RFC 7518 section 2): no leading zero. */
function numberOf(text: unknown): bigint | undefined {
  // Longer than any modulus that is allowed: not worth decoding.
  if (typeof text !== 'string' || text === '' || text.length > MOST_BITS / 4) return undefined;
  const bytes = decodeBase64url(text);
  if (bytes === undefined || bytes.length === 0 || bytes.readUInt8(0) === 0) return undefined;
  return BigInt(`0x${bytes.toString('hex')}`);
}
