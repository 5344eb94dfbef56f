import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { bitString, constructed, derOf, oid, primitive, raw, type Asn1 } from '../../../../core/x509/asn1.ts';
import { writeCsr } from '../../../../core/x509/csr-write.ts';
import { parseCsr, type KeyType } from '../../../../core/x509/csr.ts';
import { TAG } from '../../../../core/x509/der.ts';
import * as make from '../../../../core/x509/extensions.ts';
import { EMPTY_NAME, encodeName, type Extension } from '../../../../core/x509/write.ts';
import { verdict } from '../../../kit/verdict.ts';
import { generalNames, spkiOf, testKey } from '../../../kit/x509.ts';

const ALL: readonly KeyType[] = ['p256', 'p384', 'ed25519', 'rsa'];
const key = testKey();
const csr = writeCsr(key);
const sequence = (...parts: readonly Asn1[]) => constructed(TAG.sequence, parts);
const set = (...parts: readonly Asn1[]) => constructed(TAG.set, parts);
const integer = (value: number) => primitive(TAG.integer, Buffer.from([value]));
const NULL = primitive(TAG.null, '');

interface Parts {
  readonly version?: Asn1;
  readonly subject?: Buffer;
  readonly spki?: Buffer;
  readonly attributes?: readonly Asn1[];
  readonly more?: readonly Asn1[];
  readonly signer?: KeyObject;
  readonly hash?: string | null;
  readonly algorithm?: readonly Asn1[];
  readonly signature?: (info: Buffer) => Buffer;
  readonly outer?: readonly Asn1[];
}

/** A sound request, signed, but for the given parts. */
function request(parts: Parts = {}): Buffer {
  const {
    version = integer(0),
    subject = EMPTY_NAME,
    spki = spkiOf(key),
    attributes = [],
    more = [],
    signer = key,
    hash = 'sha256',
  } = parts;
  const {
    algorithm = [oid('1.2.840.10045.4.3.2')],
    signature = (bytes: Buffer) => sign(hash, bytes, signer),
    outer = [],
  } = parts;
  const info = derOf(sequence(version, raw(subject), raw(spki), constructed(0xa0, attributes), ...more));
  return derOf(sequence(raw(info), sequence(...algorithm), bitString(signature(info)), ...outer));
}
const judge = (parts: Parts, types: readonly KeyType[] = ['p256']): string => verdict(parseCsr(request(parts), types));

const attribute = (name: string, ...values: readonly Asn1[]) => sequence(oid(name), set(...values));
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
const asks = (...extensions: readonly Extension[]) =>
  attribute(
    EXTENSION_REQUEST,
    sequence(...extensions.map(({ oid: name, value }) => sequence(raw(name), primitive(TAG.octetString, value)))),
  );

describe('parseCsr(), names and extensions', () => {
  it('A-101 refuses a subject', () => {
    for (const name of ['agent', 'spiffe://mesh.example/ns/shop/sa/admin', 'ä', 'a\0b', 'xn--e1afmkfd'])
      expect(judge({ subject: encodeName(name) }), name).to.equal('CSR_NAME: the request has a subject');
  });

  it('A-101 A-102 refuses a subjectAltName of any kind, alone or beside others, even where it is the right one', () => {
    const names = [
      generalNames([0x86, 'spiffe://mesh.example/ns/shop/sa/agent']),
      generalNames([0x82, 'localhost'], [0x82, '*']),
      generalNames([0x87, Buffer.alloc(4)], [0x81, 'a@b']),
    ];
    for (const name of names) {
      expect(judge({ attributes: [asks(name)] })).to.equal('CSR_NAME: the request has a subjectAltName');
      expect(judge({ attributes: [asks(make.extendedKeyUsage(), name)] })).to.equal(
        'CSR_NAME: the request has a subjectAltName',
      );
      expect(judge({ attributes: [asks(make.extendedKeyUsage()), asks(name)] })).to.equal(
        'CSR_NAME: the request has a subjectAltName',
      );
    }
  });

  it('A-103 refuses every other requested extension', () => {
    const extensions = [
      make.basicConstraints({ ca: true }),
      make.basicConstraints({ ca: false }),
      make.keyUsage('keyCertSign'),
      make.keyUsage('digitalSignature'),
      make.extendedKeyUsage('1.3.6.1.5.5.7.3.3'),
      make.subjectKeyId(spkiOf(key)),
    ];
    for (const extension of extensions)
      expect(judge({ attributes: [asks(extension)] })).to.equal(
        `CSR_EXTENSION: the request has the attribute ${EXTENSION_REQUEST}`,
      );
    expect(judge({ attributes: [asks()] })).to.equal(
      `CSR_EXTENSION: the request has the attribute ${EXTENSION_REQUEST}`,
    );
  });

  it('A-105 refuses challengePassword, unknown attributes and two extensionRequests', () => {
    const password = attribute('1.2.840.113549.1.9.7', primitive(TAG.utf8String, 'secret'));
    expect(judge({ attributes: [password] })).to.equal(
      'CSR_EXTENSION: the request has the attribute 1.2.840.113549.1.9.7',
    );
    expect(judge({ attributes: [attribute('1.2.3', NULL)] })).to.equal(
      'CSR_EXTENSION: the request has the attribute 1.2.3',
    );
    expect(judge({ attributes: [asks(make.extendedKeyUsage()), asks(make.extendedKeyUsage())] })).to.match(
      /^CSR_EXTENSION: /,
    );
  });

  it('A-120 refuses 10,000 names at the bound, before any of it is read', () => {
    const many = generalNames(...Array.from({ length: 10_000 }, () => [0x82, 'a'] as const));
    expect(judge({ attributes: [asks(many)] })).to.match(/^CSR_MALFORMED: 30\d{3} bytes, at most 8192$/);
    expect(verdict(parseCsr(Buffer.alloc(1024 * 1024), ALL))).to.equal('CSR_MALFORMED: 1048576 bytes, at most 8192');
  });
});

describe('parseCsr(), grammar', () => {
  it('A-106 refuses what is not PKCS#10', () => {
    const cases: readonly (readonly [Parts, string])[] = [
      [{ version: integer(1) }, 'version 1, not 0'],
      [{ version: integer(0xff) }, 'INTEGER outside of 0 to 2^31 - 1'],
      [{ version: primitive(TAG.octetString, 'x') }, 'tag 04 where 02 belongs'],
      [{ subject: Buffer.from('3100', 'hex') }, 'tag 31 where 30 belongs'],
      [{ spki: Buffer.from('3100', 'hex') }, 'tag 31 where 30 belongs'],
      [{ attributes: [NULL] }, 'tag 05 where 30 belongs'],
      [{ attributes: [sequence(oid('1.2.3'))] }, 'ends too early'],
      [{ attributes: [sequence(oid('1.2.3'), set(), NULL)] }, 'bytes left over'],
      [{ attributes: [attribute(EXTENSION_REQUEST)] }, 'ends too early'],
      [{ attributes: [attribute(EXTENSION_REQUEST, NULL)] }, 'tag 05 where 30 belongs'],
      [{ more: [NULL] }, 'bytes left over'],
      [{ outer: [NULL] }, 'bytes left over'],
      [{ algorithm: [] }, 'ends too early'],
      [{ algorithm: [NULL] }, 'tag 05 where 06 belongs'],
    ];
    for (const [parts, reason] of cases) expect(judge(parts), reason).to.equal(`CSR_MALFORMED: ${reason}`);
  });

  it('A-106 refuses bad encodings inside of names: IA5String and UTF8String with other bytes', () => {
    const named = (tag: number, content: Buffer) =>
      derOf(sequence(set(sequence(oid('2.5.4.3'), primitive(tag, content)))));
    expect(judge({ subject: named(TAG.ia5String, Buffer.from('ä')) })).to.equal(
      'CSR_MALFORMED: text with a byte over 7F',
    );
    expect(judge({ subject: named(TAG.utf8String, Buffer.from([0xff])) })).to.equal(
      'CSR_MALFORMED: UTF8String is not UTF-8',
    );
  });

  it('refuses a request without the attributes field', () => {
    const info = derOf(sequence(integer(0), raw(EMPTY_NAME), raw(spkiOf(key))));
    const der = derOf(sequence(raw(info), sequence(oid('1.2.840.10045.4.3.2')), bitString(sign('sha256', info, key))));
    expect(verdict(parseCsr(der, ALL))).to.equal('CSR_MALFORMED: ends too early');
  });
});

describe('parseCsr(), key policy', () => {
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const ed25519 = generateKeyPairSync('ed25519');
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ECDSA_SHA384 = [oid('1.2.840.10045.4.3.3')];
  const RSA_SHA256 = [oid('1.2.840.113549.1.1.11'), NULL];
  const others: readonly (readonly [KeyType, Parts])[] = [
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
      expect(demand(parseCsr(request(parts), ALL)).keyType).to.equal(type);
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
