import { createHash, generateKeyPairSync, generatePrimeSync } from 'node:crypto';

import { expect } from 'chai';

import { modulusWeakness, pointWeakness } from '../../../../core/x509/weak-key.ts';

const prime = (bits: number): bigint => generatePrimeSync(bits, { bigint: true });
const isPrimeTo = (candidate: bigint): boolean => power(2n, candidate - 1n, candidate) === 1n;

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let factor = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * factor) % modulus;
    factor = (factor * factor) % modulus;
  }
  return result;
}

function nextPrime(after: bigint): bigint {
  let candidate = after + 2n;
  while (!isPrimeTo(candidate)) candidate += 2n;
  return candidate;
}

describe('modulusWeakness()', () => {
  it('A-107 refuses a modulus with a small factor', () => {
    for (const factor of [3n, 5n, 101n, 743n, 751n])
      expect(modulusWeakness(factor * prime(2040))).to.equal(`RSA modulus has the factor ${factor}`);
  });

  it('A-107 refuses two primes that are close to each other, and a square', () => {
    const first = prime(1024);
    expect(modulusWeakness(first * nextPrime(first))).to.match(/close to each other/);
    expect(modulusWeakness(first * nextPrime(first + (1n << 515n)))).to.match(/close to each other/);
    expect(modulusWeakness(first * first)).to.match(/close to each other/);
  });

  it('A-107 refuses a modulus of the ROCA kind', () => {
    const step = SMALL_ODD_PRIMES.reduce((product, small) => product * small, 1n);
    const roca = (exponent: bigint): bigint => power(65537n, exponent, step) + step * (1n << 700n);
    expect(modulusWeakness(roca(5n) * roca(9n))).to.match(/ROCA/);
  });

  it('takes what OpenSSL makes', () => {
    for (const modulusLength of [2048, 3072]) {
      const { n = '' } = generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' });
      expect(modulusWeakness(BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`))).to.equal(undefined);
    }
  });
});

describe('pointWeakness()', () => {
  const SMALL_ORDER = [
    '0100000000000000000000000000000000000000000000000000000000000000',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0000000000000000000000000000000000000000000000000000000000000080',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  ];
  for (const hex of SMALL_ORDER)
    it(`A-108 refuses the point of small order ${hex.slice(0, 8)}...${hex.slice(-2)}`, () => {
      expect(pointWeakness(Buffer.from(hex, 'hex'))).to.match(/small order/);
    });

  it('A-108 refuses what is not in canonical form', () => {
    for (const hex of [`ed${'ff'.repeat(30)}7f`, `ee${'ff'.repeat(30)}7f`, 'ff'.repeat(32)])
      expect(pointWeakness(Buffer.from(hex, 'hex'))).to.match(/canonical/);
  });

  it('takes what OpenSSL makes, and a digest that has the form of a point', () => {
    const { x = '' } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    expect(pointWeakness(Buffer.from(x, 'base64url'))).to.equal(undefined);
    expect(pointWeakness(createHash('sha256').update('point').digest())).to.equal(undefined);
  });
});

const SMALL_ODD_PRIMES = [
  3n,
  5n,
  7n,
  11n,
  13n,
  17n,
  19n,
  23n,
  29n,
  31n,
  37n,
  41n,
  43n,
  47n,
  53n,
  59n,
  61n,
  67n,
  71n,
  73n,
  79n,
  83n,
  89n,
  97n,
  101n,
  103n,
  107n,
  109n,
  113n,
  127n,
  131n,
  137n,
  139n,
  149n,
  151n,
  157n,
  163n,
  167n,
];
