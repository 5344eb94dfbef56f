import { generateKeyPairSync, type KeyObject } from 'node:crypto';

import { expect } from 'chai';

import { bitString, constructed, derOf, oid, primitive, unsigned, type Asn1 } from '../../../../core/x509/asn1.ts';
import { TAG } from '../../../../core/x509/der.ts';
import { keyTypeOf } from '../../../../core/x509/public-key.ts';
import { verdict } from '../../../kit/verdict.ts';

const spkiOf = (pair: { publicKey: KeyObject }): Buffer => pair.publicKey.export({ type: 'spki', format: 'der' });
const judge = (spki: Buffer): string => verdict(keyTypeOf(spki, 'CSR_KEY'));

const sequence = (...parts: readonly Asn1[]) => constructed(TAG.sequence, parts);
const spki = (algorithm: readonly Asn1[], key: Buffer) => derOf(sequence(sequence(...algorithm), bitString(key)));
const EC = '1.2.840.10045.2.1';
const [P256, P384] = ['1.2.840.10045.3.1.7', '1.3.132.0.34'] as const;
const point = (size: number, form = 4) => Buffer.concat([Buffer.from([form]), Buffer.alloc(size - 1, 1)]);

const NULL = primitive(TAG.null, '');
/** An RSA key of so many bits, odd and made of ones; whether it has factors is not looked at. */
const modulus = (bits: number) => {
  const bytes = Buffer.alloc(Math.ceil(bits / 8), 0xff);
  bytes[0] = 0xff >> (bytes.length * 8 - bits);
  return bytes;
};
const rsa = (numbers: readonly Asn1[], parameters: readonly Asn1[] = [NULL]) =>
  spki([oid('1.2.840.113549.1.1.1'), ...parameters], derOf(sequence(...numbers)));
const exponent = (hex: string) => unsigned(Buffer.from(hex, 'hex'));

describe('keyTypeOf()', () => {
  it('A-108 refuses P-192, other curves and explicit curve parameters', () => {
    for (const namedCurve of ['prime192v1', 'secp256k1', 'P-521', 'brainpoolP256r1'])
      expect(judge(spkiOf(generateKeyPairSync('ec', { namedCurve }))), namedCurve).to.equal(
        'CSR_KEY: key is not P-256, P-384, Ed25519 or RSA',
      );
    expect(judge(spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' })))).to.equal(
      'CSR_KEY: tag 30 where 06 belongs',
    );
  });

  it('A-108 refuses the point at infinity, compressed and hybrid points, and points of another size', () => {
    const points = [
      Buffer.from([0]),
      Buffer.alloc(0),
      point(33, 2),
      point(33, 3),
      point(65, 6),
      point(65, 7),
      point(65, 0),
      point(64),
      point(66),
      point(97),
    ];
    for (const key of points)
      expect(judge(spki([oid(EC), oid(P256)], key))).to.equal('CSR_KEY: point is not in uncompressed form');
    expect(judge(spki([oid(EC), oid(P384)], point(65)))).to.equal('CSR_KEY: point is not in uncompressed form');
  });

  it('refuses a curve that is missing or followed by more', () => {
    expect(judge(spki([oid(EC)], point(65)))).to.equal('CSR_KEY: ends too early');
    expect(judge(spki([oid(EC), NULL], point(65)))).to.equal('CSR_KEY: tag 05 where 06 belongs');
    expect(judge(spki([oid(EC), oid(P256), NULL], point(65)))).to.equal('CSR_KEY: bytes left over');
  });

  it('A-107 A-050 refuses RSA under 2048 or over 8192 bits', () => {
    const of = (bits: number) => judge(rsa([unsigned(modulus(bits)), exponent('010001')]));
    expect(of(2047)).to.equal('CSR_KEY: RSA key of 2047 bits, 2048 to 8192 allowed');
    expect(of(8193)).to.equal('CSR_KEY: RSA key of 8193 bits, 2048 to 8192 allowed');
    expect(of(16_384)).to.equal('CSR_KEY: RSA key of 16384 bits, 2048 to 8192 allowed');
    expect(of(1024)).to.equal('CSR_KEY: RSA key of 1024 bits, 2048 to 8192 allowed');
    expect([of(2048), of(3072), of(8192)]).to.deep.equal(['ok', 'ok', 'ok']);
    expect(judge(spkiOf(generateKeyPairSync('rsa', { modulusLength: 1024 })))).to.equal(
      'CSR_KEY: RSA key of 1024 bits, 2048 to 8192 allowed',
    );
  });

  it('A-107 refuses an exponent that is 1, 3, even, under 65537 or over 64 bits', () => {
    const of = (hex: string) => judge(rsa([unsigned(modulus(2048)), exponent(hex)]));
    for (const hex of [
      '01',
      '03',
      '02',
      '010000',
      '00ffff',
      '010002',
      '0100000000',
      '010000000000000001',
      'ff'.repeat(256),
    ])
      expect(of(hex), hex).to.equal('CSR_KEY: RSA exponent is even, less than 65537 or longer than 64 bits');
    for (const hex of ['010001', '010003', '00ffffffff', '0100000001', 'ffffffffffffffff'])
      expect(of(hex), hex).to.equal('ok');
  });

  it('A-107 refuses an exponent or a modulus of zero', () => {
    expect(judge(rsa([unsigned(modulus(2048)), exponent('00')]))).to.equal('CSR_KEY: RSA number is not positive');
    expect(judge(rsa([exponent('00'), exponent('010001')]))).to.equal('CSR_KEY: RSA number is not positive');
  });

  it('A-107 refuses an even modulus, negative numbers, numbers too few or too many', () => {
    const even = modulus(2048);
    even[255] = 0xfe;
    const negative = primitive(TAG.integer, Buffer.alloc(257, 0x80));
    expect(judge(rsa([unsigned(even), exponent('010001')]))).to.equal('CSR_KEY: RSA modulus is even');
    expect(judge(rsa([negative, exponent('010001')]))).to.equal('CSR_KEY: RSA number is not positive');
    expect(judge(rsa([unsigned(modulus(2048)), primitive(TAG.integer, Buffer.from([0x81]))]))).to.equal(
      'CSR_KEY: RSA number is not positive',
    );
    expect(judge(rsa([unsigned(modulus(2048))]))).to.equal('CSR_KEY: ends too early');
    expect(judge(rsa([unsigned(modulus(2048)), exponent('010001'), exponent('01')]))).to.equal(
      'CSR_KEY: bytes left over',
    );
  });

  it('refuses RSA without NULL, and RSA-PSS keys', () => {
    const numbers = [unsigned(modulus(2048)), exponent('010001')];
    expect(judge(rsa(numbers, []))).to.equal('CSR_KEY: ends too early');
    expect(judge(rsa(numbers, [NULL, NULL]))).to.equal('CSR_KEY: bytes left over');
    expect(judge(spkiOf(generateKeyPairSync('rsa-pss', { modulusLength: 2048 })))).to.equal(
      'CSR_KEY: key is not P-256, P-384, Ed25519 or RSA',
    );
  });

  it('refuses Ed25519 of another size or with parameters, and its neighbours', () => {
    expect(judge(spki([oid('1.3.101.112')], Buffer.alloc(31)))).to.equal('CSR_KEY: Ed25519 key is not 32 bytes');
    expect(judge(spki([oid('1.3.101.112')], Buffer.alloc(33)))).to.equal('CSR_KEY: Ed25519 key is not 32 bytes');
    expect(judge(spki([oid('1.3.101.112'), NULL], Buffer.alloc(32)))).to.equal('CSR_KEY: bytes left over');
    for (const type of ['ed448', 'x25519'] as const)
      expect(judge(spkiOf(type === 'ed448' ? generateKeyPairSync('ed448') : generateKeyPairSync('x25519')))).to.equal(
        'CSR_KEY: key is not P-256, P-384, Ed25519 or RSA',
      );
  });

  it('refuses what is no SubjectPublicKeyInfo, with the code that was asked for', () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('3000', 'hex'), Buffer.from('0500', 'hex'), Buffer.alloc(9000)])
      expect(keyTypeOf(bytes, 'PEER_NOT_SVID')).to.have.nested.property('refusal.code', 'PEER_NOT_SVID');
    const more = derOf(sequence(sequence(oid('1.3.101.112')), bitString(Buffer.alloc(32)), NULL));
    expect(judge(more)).to.equal('CSR_KEY: bytes left over');
  });

  it('gives the type of the keys that may be used', () => {
    const types = [
      generateKeyPairSync('ec', { namedCurve: 'P-256' }),
      generateKeyPairSync('ec', { namedCurve: 'P-384' }),
      generateKeyPairSync('ed25519'),
      generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ].map((pair) => keyTypeOf(spkiOf(pair), 'CSR_KEY'));
    expect(types).to.deep.equal(['p256', 'p384', 'ed25519', 'rsa'].map((value) => ({ ok: true, value })));
  });
});
