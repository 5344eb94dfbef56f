/**
 * Public keys that have the right form and still prove nothing: an RSA modulus that can be factored, an Ed25519 point of
 * small order. Looks at the numbers only; pure. What it costs is paid once, when a key is certified or taken into a key set.
 * Spec: Nemec et al. 2017 (ROCA), RFC 8032 sections 5.1.3 and 5.1.7; the rounds are those of public CAs.
 */

/** Why this RSA modulus can be factored; undefined for a good one. Under 1 ms for 2048 bits. */
export function modulusWeakness(modulus: bigint): string | undefined {
  if (isRoca(modulus)) return 'RSA key of the ROCA kind';
  const factor = SMALL_PRIMES.find((prime) => modulus % BigInt(prime) === 0n);
  if (factor !== undefined) return `RSA modulus has the factor ${factor}`;
  return hasCloseFactors(modulus) ? 'RSA modulus has two factors that are close to each other' : undefined;
}

/** Why no signature by this Ed25519 key means anything; undefined for a good one. `point` is the key as encoded, 32 bytes. */
export function pointWeakness(point: Buffer): string | undefined {
  // The last bit is the sign of x; the rest is y, little-endian.
  const y = BigInt(`0x${Buffer.from(point).reverse().toString('hex')}`) & ((1n << 255n) - 1n);
  if (y >= FIELD) return 'Ed25519 point is not in canonical form';
  return SMALL_ORDER.has(y) ? 'Ed25519 point of small order' : undefined;
}

const FIELD = (1n << 255n) - 19n;
/** y of an element of order 8; the other one is its negative. */
const ORDER_8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
/** y of all points whose order divides 8: identity, order 2, order 4, order 8. */
const SMALL_ORDER: ReadonlySet<bigint> = new Set([1n, FIELD - 1n, 0n, ORDER_8, FIELD - ORDER_8]);

const SMALL_PRIMES = primesBelow(752);

function primesBelow(end: number): readonly number[] {
  const primes: number[] = [];
  for (let candidate = 2; candidate < end; candidate += 1)
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  return primes;
}

const ROCA_GENERATOR = 65537;
const ROCA_PRIMES = SMALL_PRIMES.filter((prime) => prime > 2 && prime <= 167);

/** The factors of such keys are powers of 65537 modulo many small primes, hence so is the modulus. */
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

const FERMAT_ROUNDS = 110;

/** Fermat's method: n = a² - b² with a just above the root of n. */
function hasCloseFactors(modulus: bigint): boolean {
  let a = rootOf(modulus);
  if (a * a === modulus) return true;
  a += 1n;
  let square = a * a - modulus;
  for (let round = 0; round < FERMAT_ROUNDS; round += 1) {
    if (isSquare(square)) return true;
    square += 2n * a + 1n;
    a += 1n;
  }
  return false;
}

/** Squares end in one of 12 ways modulo 64: most numbers are ruled out without a root. */
const SQUARES_MODULO_64: ReadonlySet<number> = new Set(Array.from({ length: 64 }, (_, root) => (root * root) % 64));

function isSquare(number: bigint): boolean {
  if (!SQUARES_MODULO_64.has(Number(number & 63n))) return false;
  const root = rootOf(number);
  return root * root === number;
}

/** The whole part of the square root, by Newton's method from above. */
function rootOf(number: bigint): bigint {
  if (number < 2n) return number;
  let root = 1n << BigInt((number.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + number / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
