import { createPublicKey, generateKeyPairSync, generatePrimeSync, sign } from 'node:crypto';

import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { bitString, derOf, oid } from '../../../../core/x509/asn1.ts';
import { writeCsr } from '../../../../core/x509/csr-write.ts';
import { parseCsr, type KeyType } from '../../../../core/x509/csr.ts';
import { NULL, requestOf, sequence, type RequestParts } from '../../../kit/asn1-parts.ts';
import { verdict } from '../../../kit/verdict.ts';
import { spkiOf, testKey } from '../../../kit/x509.ts';

const ALL: readonly KeyType[] = ['p256', 'p384', 'ed25519', 'rsa'];
const key = testKey();
const csr = writeCsr(key);
const prime = (bits: number): bigint => generatePrimeSync(bits, { bigint: true });
const judge = (parts: RequestParts, types: readonly KeyType[] = ['p256']): string =>
  verdict(parseCsr(requestOf(key, parts), types));

describe('parseCsr(), key policy', () => {
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const ed25519 = generateKeyPairSync('ed25519');
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ECDSA_SHA384 = [oid('1.2.840.10045.4.3.3')];
  const RSA_SHA256 = [oid('1.2.840.113549.1.1.11'), NULL];
  const others: readonly (readonly [KeyType, RequestParts])[] = [
    ['p384', { spki: spkiOf(p384.privateKey), signer: p384.privateKey, hash: 'sha384', algorithm: ECDSA_SHA384 }],
    [
      'ed25519',
      { spki: spkiOf(ed25519.privateKey), signer: ed25519.privateKey, hash: null, algorithm: [oid('1.3.101.112')] },
    ],
    ['rsa', { spki: spkiOf(rsa.privateKey), signer: rsa.privateKey, algorithm: RSA_SHA256 }],
  ];
  for (const [type, parts] of others)
    it(`refuses a ${type} key unless it is listed`, () => {
      expect(judge(parts)).to.equal(`CSR_KEY: key type ${type}, allowed: p256`);
      expect(judge(parts, ALL)).to.equal('ok');
      expect(demand(parseCsr(requestOf(key, parts), ALL)).keyType).to.equal(type);
    });

  it('refuses every key where none is listed', () => {
    expect(verdict(parseCsr(csr, []))).to.equal('CSR_KEY: key type p256, allowed: ');
  });

  it('A-107 refuses a weak RSA key that is listed', () => {
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const low = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 });
    for (const { privateKey } of [short, low])
      expect(judge({ spki: spkiOf(privateKey), signer: privateKey, algorithm: RSA_SHA256 }, ALL)).to.match(
        /^CSR_KEY: RSA /,
      );
  });

  it('A-107 refuses an RSA modulus that can be factored, before it looks at the proof', () => {
    const jwk = rsa.publicKey.export({ format: 'jwk' });
    const square = prime(1024) ** 2n;
    const n = Buffer.from(square.toString(16).padStart(512, '0'), 'hex').toString('base64url');
    const weak = createPublicKey({ key: { kty: 'RSA', n, e: jwk.e ?? '' }, format: 'jwk' });
    const spki = weak.export({ type: 'spki', format: 'der' });
    expect(judge({ spki, signer: rsa.privateKey, algorithm: RSA_SHA256 }, ALL)).to.match(/^CSR_KEY: RSA modulus/);
  });

  it('A-108 refuses an Ed25519 point of small order, whose proofs anybody can make', () => {
    const spki = Buffer.from(spkiOf(ed25519.privateKey));
    Buffer.from(`01${'00'.repeat(31)}`, 'hex').copy(spki, spki.length - 32);
    const parts = { spki, signer: ed25519.privateKey, hash: null, algorithm: [oid('1.3.101.112')] };
    expect(judge(parts, ALL)).to.match(/^CSR_KEY: Ed25519 point of small order/);
  });

  it('A-108 refuses a point off its curve, whatever the signature', () => {
    const spki = Buffer.from(spkiOf(key));
    spki[spki.length - 1] = (spki.at(-1) ?? 0) ^ 1;
    expect(judge({ spki })).to.equal('CSR_KEY: not a point or number of a p256 key');
    expect(judge({ spki: Buffer.concat([spki.subarray(0, 27), Buffer.alloc(64)]) })).to.equal(
      'CSR_KEY: not a point or number of a p256 key',
    );
    expect(judge({ spki: Buffer.concat([spki.subarray(0, 27), Buffer.alloc(64, 0xff)]) })).to.equal(
      'CSR_KEY: not a point or number of a p256 key',
    );
  });

  it('A-108 refuses explicit parameters, compressed points and other curves', () => {
    const explicit = generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).privateKey;
    const k256 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey;
    const compressed = derOf(
      sequence(
        sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')),
        bitString(Buffer.concat([Buffer.from([2]), Buffer.alloc(32, 1)])),
      ),
    );
    expect(judge({ spki: spkiOf(explicit), signer: explicit }, ALL)).to.equal('CSR_KEY: tag 30 where 06 belongs');
    expect(judge({ spki: spkiOf(k256), signer: k256 }, ALL)).to.equal(
      'CSR_KEY: key is not P-256, P-384, Ed25519 or RSA',
    );
    expect(judge({ spki: compressed }, ALL)).to.equal('CSR_KEY: point is not in uncompressed form');
  });
});

describe('parseCsr(), proof of possession', () => {
  const refused = 'CSR_SIGNATURE: proof of possession by a p256 key does not verify';

  it('A-104 refuses the signature of another key, of other bytes, and none', () => {
    expect(judge({ signer: testKey() })).to.equal(refused);
    expect(judge({ signature: () => sign('sha256', Buffer.from('other'), key) })).to.equal(refused);
    expect(judge({ signature: () => Buffer.alloc(0) })).to.equal(refused);
    expect(judge({ signature: () => Buffer.alloc(64, 1) })).to.equal(refused);
    expect(judge({ signature: (info) => sign('sha256', info, { key, dsaEncoding: 'ieee-p1363' }) })).to.equal(refused);
  });

  it('A-104 refuses another hash than the named one, and weak or foreign algorithms', () => {
    expect(judge({ hash: 'sha384' })).to.equal(refused);
    expect(judge({ hash: 'sha1', algorithm: [oid('1.2.840.10045.4.1')] })).to.equal(refused);
    for (const name of ['1.2.840.113549.1.1.11', '1.3.101.112', '1.2.3'])
      expect(judge({ algorithm: [oid(name)] }), name).to.equal(refused);
  });

  it('refuses parameters where the algorithm has none, and none where it has NULL', () => {
    expect(judge({ algorithm: [oid('1.2.840.10045.4.3.2'), NULL] })).to.equal('CSR_MALFORMED: bytes left over');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    expect(judge({ spki: spkiOf(rsa), signer: rsa, algorithm: [oid('1.2.840.113549.1.1.11')] }, ALL)).to.equal(
      'CSR_MALFORMED: ends too early',
    );
  });

  it('A-104 A-106 refuses each flipped bit', () => {
    for (let bit = 0; bit < csr.length * 8; bit += 1) {
      const mutant = Buffer.from(csr);
      mutant[bit >> 3] = (mutant[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const outcome = parseCsr(mutant, ALL);
      if (outcome.ok) expect.fail(`bit ${bit}`);
      expect(outcome.refusal.code).to.match(/^CSR_(MALFORMED|NAME|EXTENSION|KEY|SIGNATURE)$/);
    }
  });

  it('A-106 refuses each truncation and each byte more', () => {
    for (let length = 0; length < csr.length; length += 1)
      expect(verdict(parseCsr(csr.subarray(0, length), ALL))).to.match(/^CSR_MALFORMED: /);
    for (const byte of [0x00, 0x05, 0x30, 0xff])
      expect(verdict(parseCsr(Buffer.concat([csr, Buffer.from([byte])]), ALL))).to.equal(
        'CSR_MALFORMED: bytes left over',
      );
  });

  it('gives key, type and canonical encoding of a sound request', () => {
    const { publicKey, spki, keyType } = demand(parseCsr(csr, ['p256']));
    expect(keyType).to.equal('p256');
    expect(spki).to.deep.equal(spkiOf(key));
    expect(publicKey.export({ type: 'spki', format: 'der' })).to.deep.equal(spki);
  });

  it('takes the longer hashes of the same family', () => {
    expect(judge({ hash: 'sha384', algorithm: [oid('1.2.840.10045.4.3.3')] })).to.equal('ok');
    expect(judge({ hash: 'sha512', algorithm: [oid('1.2.840.10045.4.3.4')] })).to.equal('ok');
  });
});
