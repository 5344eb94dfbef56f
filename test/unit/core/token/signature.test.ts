import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

import { expect } from 'chai';

import { type Algorithm, ALGORITHMS, algorithmOf } from '../../../../core/token/algorithm.ts';
import { verifySignature } from '../../../../core/token/signature.ts';

const data = Buffer.from('header.payload');
const pairs = {
  'P-256': generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
  'P-384': generateKeyPairSync('ec', { namedCurve: 'secp384r1' }),
  'P-521': generateKeyPairSync('ec', { namedCurve: 'secp521r1' }),
  Ed25519: generateKeyPairSync('ed25519'),
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

const NAMES = Object.keys(ALGORITHMS).flatMap((name) => algorithmOf(name) ?? []);
const pairOf = (algorithm: Algorithm): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } =>
  pairs[(ALGORITHMS[algorithm].crv ?? 'RSA') as keyof typeof pairs];

function signAs(algorithm: Algorithm): Buffer {
  const { digest, pss } = ALGORITHMS[algorithm];
  const scheme = pss ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : {};
  return sign(digest, data, { key: pairOf(algorithm).privateKey, dsaEncoding: 'ieee-p1363', ...scheme });
}

describe('verifySignature()', () => {
  for (const algorithm of NAMES) {
    const key = pairOf(algorithm).publicKey;

    it(`A-404 A-405 refuses ${algorithm} signatures with a byte more, less or changed, and empty ones`, () => {
      const good = signAs(algorithm);
      expect(verifySignature({ key, algorithm }, data, good)).to.equal(true);
      const changed = Buffer.from(good);
      changed.writeUInt8(changed.readUInt8(20) ^ 1, 20);
      const wrong = [changed, Buffer.alloc(0), Buffer.alloc(good.length), good.subarray(1), good.subarray(0, -1)];
      for (const bytes of [...wrong, Buffer.concat([good, Buffer.alloc(1)]), Buffer.concat([Buffer.alloc(1), good])])
        expect(verifySignature({ key, algorithm }, data, bytes)).to.equal(false);
      expect(verifySignature({ key, algorithm }, Buffer.from('header.payloae'), good)).to.equal(false);
    });

    it(`A-403 refuses every other algorithm for a ${algorithm} signature`, () => {
      const good = signAs(algorithm);
      const others = NAMES.filter((name) => ALGORITHMS[name] !== ALGORITHMS[algorithm]);
      for (const other of others) {
        expect(verifySignature({ key: pairOf(other).publicKey, algorithm: other }, data, good), other).to.equal(false);
      }
    });
  }

  it('A-404 refuses DER where r and s at fixed length belong, and r or s of zero or n', () => {
    const { privateKey, publicKey: key } = pairs['P-256'];
    expect(verifySignature({ key, algorithm: 'ES256' }, data, sign('sha256', data, privateKey))).to.equal(false);
    const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
    const good = signAs('ES256');
    for (const edge of [Buffer.alloc(32), order])
      for (const bytes of [
        Buffer.concat([edge, good.subarray(32)]),
        Buffer.concat([good.subarray(0, 32), edge]),
        Buffer.concat([edge, edge]),
      ])
        expect(verifySignature({ key, algorithm: 'ES256' }, data, bytes)).to.equal(false);
  });

  it('A-404 refuses an RSA signature without its leading zero byte', () => {
    const { publicKey: key } = pairs.RSA;
    // PSS is made with random salt: one signature in 256 begins with a zero byte.
    let good = signAs('PS256');
    while (good[0] !== 0) good = signAs('PS256');
    expect(verifySignature({ key, algorithm: 'PS256' }, data, good)).to.equal(true);
    expect(verifySignature({ key, algorithm: 'PS256' }, data, good.subarray(1))).to.equal(false);
  });

  it('A-403 refuses PSS with another length of salt', () => {
    const { privateKey, publicKey: key } = pairs.RSA;
    for (const saltLength of [0, 20, 64]) {
      const bytes = sign('sha256', data, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
      expect(verifySignature({ key, algorithm: 'PS256' }, data, bytes), String(saltLength)).to.equal(false);
    }
  });

  it('gives false, and does not throw, for a key of another type', () => {
    const signature = Buffer.alloc(64, 1);
    for (const key of [pairs.Ed25519.publicKey, pairs['P-384'].publicKey, generateKeyPairSync('x25519').publicKey])
      expect(verifySignature({ key, algorithm: 'ES256' }, data, signature)).to.equal(false);
    expect(
      verifySignature({ key: generateKeyPairSync('x25519').publicKey, algorithm: 'Ed25519' }, data, signature),
    ).to.equal(false);
  });
});
