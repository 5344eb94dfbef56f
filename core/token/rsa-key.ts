/**
 * Whether an RSA public key is fit to verify with: long enough, a sane exponent, not one of the keys that a broken
 * smart-card library made (ROCA, CVE-2017-15361). Looks at the numbers only.
 */
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
  return isRoca(modulus) ? 'RSA key of the ROCA kind' : undefined;
}

/** Minimal big-endian bytes in base64url (RFC 7518 section 2): no leading zero. */
function numberOf(text: unknown): bigint | undefined {
  // Longer than any modulus that is allowed: not worth decoding.
  if (typeof text !== 'string' || text === '' || text.length > MOST_BITS / 4) return undefined;
  const bytes = decodeBase64url(text);
  if (bytes === undefined || bytes.length === 0 || bytes.readUInt8(0) === 0) return undefined;
  return BigInt(`0x${bytes.toString('hex')}`);
}

const ROCA_GENERATOR = 65537;
const ROCA_PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113,
  127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/** The factors of such keys are powers of 65537 modulo many small primes, hence so is the modulus (Nemec et al. 2017). */
function isRoca(modulus: bigint): boolean {
  return ROCA_PRIMES.every((prime) => {
    const remainder = Number(modulus % BigInt(prime));
    let power = 1;
    do {
      if (power === remainder) return true;
      power = (power * ROCA_GENERATOR) % prime;
    } while (power !== 1);
    return false;
  });
}
