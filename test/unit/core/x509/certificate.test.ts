import { createHash, X509Certificate } from 'node:crypto';

import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { bitString, constructed, derOf, oid, primitive, raw, unsigned, type Asn1 } from '../../../../core/x509/asn1.ts';
import { parseCertificate, type Certificate } from '../../../../core/x509/certificate.ts';
import { TAG } from '../../../../core/x509/der.ts';
import { EMPTY_NAME } from '../../../../core/x509/write.ts';
import { verdict } from '../../../kit/verdict.ts';
import { issueTestChain, leafTemplate, signTest, spkiOf } from '../../../kit/x509.ts';

const { authority, leaf } = issueTestChain({ dns: ['agent.shop.svc'] });
const NOW = epochSeconds(Date.UTC(2026, 0, 1) / 1000);

const ecdsa = () => constructed(TAG.sequence, [oid('1.2.840.10045.4.3.2')]);
const time = (text: string) => primitive(TAG.utcTime, text);
const window = (...times: readonly Asn1[]) => constructed(TAG.sequence, times);
const version = (value: number, ...more: readonly Asn1[]) =>
  constructed(0xa0, [primitive(TAG.integer, Buffer.from([value])), ...more]);
const flag = primitive(TAG.boolean, Buffer.from([0xff]));
const extension = (name: string, ...parts: readonly Asn1[]) => constructed(TAG.sequence, [oid(name), ...parts]);
const octets = (content: Buffer | string) => primitive(TAG.octetString, content);
const extensions = (...list: readonly Asn1[]) => constructed(0xa3, [constructed(TAG.sequence, list)]);

/** The parts of a TBSCertificate in their order; a test puts others in their place. */
const SOUND = {
  version: version(2),
  serial: unsigned(Buffer.from([1])),
  algorithm: ecdsa(),
  issuer: raw(EMPTY_NAME),
  validity: window(time('260101000000Z'), time('270101000000Z')),
  subject: raw(EMPTY_NAME),
  spki: raw(spkiOf(leaf.key)),
  extensions: extensions(extension('1.2.3', octets('x'))),
};
type Parts = { readonly [Name in keyof typeof SOUND]: Asn1 };

const wrap = (tbs: readonly Asn1[], outer: readonly Asn1[] = [ecdsa(), bitString(Buffer.from([1]))]): Buffer =>
  derOf(constructed(TAG.sequence, [constructed(TAG.sequence, tbs), ...outer]));
const of = (parts: Partial<Parts>): string => verdict(parseCertificate(wrap(Object.values({ ...SOUND, ...parts }))));
const without = (name: keyof Parts): string =>
  verdict(
    parseCertificate(
      wrap(
        Object.entries(SOUND)
          .filter(([key]) => key !== name)
          .map(([, part]) => part),
      ),
    ),
  );

describe('parseCertificate(), the frame', () => {
  it('reads the sound one that the wrong ones below are made of', () => {
    expect(of({})).to.equal('ok');
  });

  it('A-048 refuses more than 8 KiB', () => {
    const room = 8192 - wrap(Object.values(SOUND)).length;
    const filled = (size: number) => of({ extensions: extensions(extension('1.2.3', octets(Buffer.alloc(size)))) });
    expect(filled(room - 9)).to.equal('ok');
    expect(filled(room - 8)).to.equal('PEER_NOT_SVID: 8193 bytes, at most 8192');
    expect(filled(8192)).to.match(/^PEER_NOT_SVID: 8\d{3} bytes, at most 8192$/);
    expect(verdict(parseCertificate(Buffer.alloc(1024 * 1024)))).to.equal('PEER_NOT_SVID: 1048576 bytes, at most 8192');
  });

  it('refuses another version than 3', () => {
    expect(of({ version: version(0) })).to.equal('PEER_NOT_SVID: certificate version 1, not 3');
    expect(of({ version: version(1) })).to.equal('PEER_NOT_SVID: certificate version 2, not 3');
    expect(of({ version: version(3) })).to.equal('PEER_NOT_SVID: certificate version 4, not 3');
    expect(of({ version: version(2, unsigned(Buffer.from([1]))) })).to.equal('PEER_NOT_SVID: bytes left over');
    expect(without('version')).to.equal('PEER_NOT_SVID: tag 02 where a0 belongs');
  });

  it('A-114 refuses a serial that is zero, negative or longer than 20 bytes', () => {
    const serial = (hex: string) => of({ serial: primitive(TAG.integer, Buffer.from(hex, 'hex')) });
    expect(serial('00')).to.equal('PEER_NOT_SVID: serial number is not positive');
    expect(serial('ff')).to.equal('PEER_NOT_SVID: serial number is not positive');
    expect(serial('80'.repeat(16))).to.equal('PEER_NOT_SVID: serial number is not positive');
    expect(serial(`01${'00'.repeat(20)}`)).to.equal('PEER_NOT_SVID: serial number of more than 20 bytes');
    expect(serial(`00${'80'.repeat(20)}`)).to.equal('PEER_NOT_SVID: serial number of more than 20 bytes');
    expect(serial('7f'.repeat(20))).to.equal('ok');
  });

  it('refuses two different algorithms, of which only one is signed', () => {
    const other = constructed(TAG.sequence, [oid('1.2.840.10045.4.3.3')]);
    const withNull = constructed(TAG.sequence, [oid('1.2.840.10045.4.3.2'), primitive(TAG.null, '')]);
    for (const algorithm of [other, withNull])
      expect(of({ algorithm })).to.equal('PEER_NOT_SVID: two signature algorithms');
  });

  it('refuses an algorithm with more than one parameter, or none at all', () => {
    const parameter = primitive(TAG.null, '');
    const many = constructed(TAG.sequence, [oid('1.2.840.10045.4.3.2'), parameter, parameter]);
    const none = constructed(TAG.sequence, []);
    const signed = (algorithm: Asn1) =>
      verdict(parseCertificate(wrap(Object.values({ ...SOUND, algorithm }), [algorithm, bitString(Buffer.from([1]))])));
    expect(signed(many)).to.equal('PEER_NOT_SVID: bytes left over');
    expect(signed(none)).to.equal('PEER_NOT_SVID: ends too early');
  });

  it('refuses a validity that ends before it begins, has one time or three', () => {
    const [early, late] = [time('260101000000Z'), time('270101000000Z')];
    expect(of({ validity: window(late, early) })).to.equal('PEER_NOT_SVID: validity ends before it begins');
    expect(of({ validity: window(early) })).to.equal('PEER_NOT_SVID: ends too early');
    expect(of({ validity: window(early, late, late) })).to.equal('PEER_NOT_SVID: bytes left over');
    expect(of({ validity: window(early, early) })).to.equal('ok');
  });

  it('refuses unique identifiers, other parts at the end, and bytes after the signature', () => {
    const unique = primitive(0x81, Buffer.from([0, 1]));
    const parts = Object.values(SOUND);
    expect(verdict(parseCertificate(wrap([...parts.slice(0, 7), unique, ...parts.slice(7)])))).to.equal(
      'PEER_NOT_SVID: tag 81 where a3 belongs',
    );
    expect(verdict(parseCertificate(wrap([...parts, unique])))).to.equal('PEER_NOT_SVID: bytes left over');
    expect(verdict(parseCertificate(wrap(parts, [ecdsa(), bitString(Buffer.from([1])), unique])))).to.equal(
      'PEER_NOT_SVID: bytes left over',
    );
    expect(verdict(parseCertificate(wrap(parts, [ecdsa()])))).to.equal('PEER_NOT_SVID: ends too early');
  });

  it('A-046 refuses a name that is no list of sets of type and string, and takes parts with several values', () => {
    const part = (...parts: readonly Asn1[]) => constructed(TAG.sequence, parts);
    const text = (value: string) => part(oid('2.5.4.3'), primitive(TAG.utf8String, value));
    const name = (...sets: readonly Asn1[]) => ({
      issuer: constructed(TAG.sequence, sets),
      subject: constructed(TAG.sequence, sets),
    });
    expect(of(name(text('a')))).to.equal('PEER_NOT_SVID: tag 30 where 31 belongs');
    expect(of(name(constructed(TAG.set, [])))).to.equal('PEER_NOT_SVID: ends too early');
    expect(of(name(constructed(TAG.set, [oid('2.5.4.3')])))).to.equal('PEER_NOT_SVID: tag 06 where 30 belongs');
    expect(of(name(constructed(TAG.set, [part(oid('2.5.4.3'), octets('a'))])))).to.equal(
      'PEER_NOT_SVID: name with a value that is no string',
    );
    expect(of(name(constructed(TAG.set, [part(oid('2.5.4.3'), primitive(TAG.utf8String, 'a'), oid('1.2'))])))).to.equal(
      'PEER_NOT_SVID: bytes left over',
    );
    expect(of(name(constructed(TAG.set, [text('a'), text('b')]), constructed(TAG.set, [text('c')])))).to.equal('ok');
  });

  it('refuses a public key that is no algorithm with a key of whole bytes', () => {
    const key = (...parts: readonly Asn1[]) => of({ spki: constructed(TAG.sequence, parts) });
    const algorithm = constructed(TAG.sequence, [oid('1.2.3')]);
    expect(key(algorithm)).to.equal('PEER_NOT_SVID: ends too early');
    expect(key(algorithm, octets('x'))).to.equal('PEER_NOT_SVID: tag 04 where 03 belongs');
    expect(key(algorithm, bitString(Buffer.from([1])), octets('x'))).to.equal('PEER_NOT_SVID: bytes left over');
    expect(key(constructed(TAG.sequence, []), bitString(Buffer.from([1])))).to.equal('PEER_NOT_SVID: ends too early');
    expect(key(algorithm, bitString(Buffer.from([1])))).to.equal('ok');
  });

  it('refuses a signature with bits that are no byte', () => {
    expect(
      verdict(
        parseCertificate(wrap(Object.values(SOUND), [ecdsa(), primitive(TAG.bitString, Buffer.from([1, 0x80]))])),
      ),
    ).to.equal('PEER_NOT_SVID: BIT STRING that is not whole bytes');
  });

  for (const name of Object.keys(SOUND) as (keyof Parts)[])
    if (name !== 'extensions')
      it(`refuses one without ${name}`, () => {
        expect(without(name)).to.match(/^PEER_NOT_SVID: /);
      });
});

describe('parseCertificate(), extensions', () => {
  const one = (name: string, value: Asn1 | Buffer, ...before: readonly Asn1[]) =>
    of({ extensions: extensions(extension(name, ...before, octets(Buffer.isBuffer(value) ? value : derOf(value)))) });
  const sequence = (...parts: readonly Asn1[]) => constructed(TAG.sequence, parts);
  const [SAN, KEY_USAGE, CONSTRAINTS, EKU, SKI, AKI, NAMES] = [
    '2.5.29.17',
    '2.5.29.15',
    '2.5.29.19',
    '2.5.29.37',
    '2.5.29.14',
    '2.5.29.35',
    '2.5.29.30',
  ] as const;

  it('A-027 refuses any extension that comes twice, known or not, equal or not', () => {
    const twice = (name: string, first: string, second: string) =>
      of({ extensions: extensions(extension(name, octets(first)), extension(name, octets(second))) });
    expect(twice('1.2.3', 'x', 'x')).to.equal('PEER_NOT_SVID: extension 1.2.3 twice');
    expect(twice('1.2.3', 'x', 'y')).to.equal('PEER_NOT_SVID: extension 1.2.3 twice');
    expect(twice(SAN, '', '')).to.equal('PEER_NOT_SVID: extension 2.5.29.17 twice');
  });

  it('A-026 refuses a critical one that would go unheeded', () => {
    for (const name of ['1.2.3', SKI, AKI, '2.5.29.36', '2.5.29.32'])
      expect(one(name, primitive(TAG.octetString, 'x'), flag)).to.equal(`PEER_NOT_SVID: critical extension ${name}`);
  });

  it('refuses a written FALSE, which DER leaves out', () => {
    expect(one('1.2.3', Buffer.from('x'), primitive(TAG.boolean, Buffer.from([0])))).to.equal(
      'PEER_NOT_SVID: FALSE where DER writes nothing',
    );
    expect(one(CONSTRAINTS, sequence(primitive(TAG.boolean, Buffer.from([0]))))).to.equal(
      'PEER_NOT_SVID: FALSE where DER writes nothing',
    );
  });

  it('refuses an empty list, an extension without value, and parts too many', () => {
    expect(of({ extensions: extensions() })).to.equal('PEER_NOT_SVID: ends too early');
    expect(of({ extensions: extensions(extension('1.2.3')) })).to.equal('PEER_NOT_SVID: ends too early');
    expect(of({ extensions: extensions(extension('1.2.3', octets('x'), octets('y'))) })).to.equal(
      'PEER_NOT_SVID: bytes left over',
    );
    expect(of({ extensions: constructed(0xa3, [sequence(extension('1.2.3', octets('x'))), sequence()]) })).to.equal(
      'PEER_NOT_SVID: bytes left over',
    );
  });

  it('refuses a known one that is malformed', () => {
    const cases: readonly (readonly [string, Asn1 | Buffer, string])[] = [
      [SAN, Buffer.alloc(0), 'ends too early'],
      [SAN, sequence(), 'ends too early'],
      [SAN, primitive(TAG.octetString, 'x'), 'tag 04 where 30 belongs'],
      [SAN, Buffer.from('3003820161ff', 'hex'), 'bytes left over'],
      [SAN, sequence(primitive(0x89, 'x')), 'alternative name of an unknown kind'],
      [SAN, sequence(primitive(0x06, Buffer.from([0x2a]))), 'alternative name of an unknown kind'],
      [SAN, sequence(constructed(0xa6, [])), 'alternative name of an unknown kind'],
      [SAN, sequence(constructed(0xa2, [])), 'alternative name of an unknown kind'],
      [KEY_USAGE, primitive(TAG.bitString, Buffer.from([0])), 'keyUsage is not a minimal list of bits'],
      [KEY_USAGE, primitive(TAG.bitString, Buffer.from([6, 0x80])), 'keyUsage is not a minimal list of bits'],
      [KEY_USAGE, primitive(TAG.octetString, Buffer.from([7, 0x80])), 'tag 04 where 03 belongs'],
      [CONSTRAINTS, sequence(unsigned(Buffer.from([0]))), 'path length without CA'],
      [CONSTRAINTS, sequence(flag, primitive(TAG.integer, Buffer.from([0xff]))), 'INTEGER outside of 0 to 2^31 - 1'],
      [CONSTRAINTS, sequence(flag, flag), 'bytes left over'],
      [CONSTRAINTS, sequence(primitive(TAG.boolean, Buffer.from([1]))), 'BOOLEAN other than 00 or FF'],
      [EKU, sequence(), 'ends too early'],
      [EKU, sequence(primitive(TAG.utf8String, 'x')), 'tag 0c where 06 belongs'],
      [SKI, primitive(TAG.utf8String, 'x'), 'tag 0c where 04 belongs'],
      [AKI, primitive(TAG.octetString, 'x'), 'tag 04 where 30 belongs'],
    ];
    for (const [name, value, reason] of cases)
      expect(one(name, value), `${name} ${reason}`).to.equal(`PEER_NOT_SVID: ${reason}`);
  });

  it('A-041 refuses names with a byte over 7F', () => {
    for (const tag of [0x86, 0x82])
      expect(one(SAN, sequence(primitive(tag, Buffer.from('a\u00e4'))))).to.equal(
        'PEER_NOT_SVID: text with a byte over 7F',
      );
  });

  it('refuses name constraints in a leaf, and takes them in a CA, where OpenSSL holds the chain to them', () => {
    const constraint = extension(NAMES, flag, octets(derOf(sequence())));
    const isCa = extension(CONSTRAINTS, flag, octets(derOf(sequence(flag))));
    expect(of({ extensions: extensions(constraint) })).to.equal('PEER_NOT_SVID: name constraints in a leaf');
    expect(of({ extensions: extensions(isCa, constraint) })).to.equal('ok');
  });

  it('reads an authority key identifier without key id as none', () => {
    const parsed = demand(
      parseCertificate(
        wrap(Object.values({ ...SOUND, extensions: extensions(extension(AKI, octets(derOf(sequence())))) })),
      ),
    );
    expect(parsed.authorityKeyId).to.equal(undefined);
  });
});

describe('parseCertificate(), any bytes', () => {
  it('refuses each truncation and each byte more', () => {
    for (let length = 0; length < leaf.der.length; length += 1)
      expect(parseCertificate(leaf.der.subarray(0, length)), `${length}`).to.have.nested.property(
        'refusal.code',
        'PEER_NOT_SVID',
      );
    for (const byte of [0x00, 0x05, 0x30, 0xff])
      expect(parseCertificate(Buffer.concat([leaf.der, Buffer.from([byte])])).ok).to.equal(false);
  });

  it('never throws on a flipped bit, and accepts only what OpenSSL reads with the same facts', () => {
    let accepted = 0;
    for (let bit = 0; bit < leaf.der.length * 8; bit += 1) {
      const mutant = Buffer.from(leaf.der);
      mutant[bit >> 3] = (mutant[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const outcome = parseCertificate(mutant);
      if (!outcome.ok) continue;
      accepted += 1;
      expectLikeOpenSsl(outcome.value);
    }
    expect(accepted, 'flips in names, keys, signature, times').to.be.greaterThan(500);
  });

  it('never throws on any value of any byte of the frame', () => {
    for (let at = 0; at < 64; at += 1)
      for (let byte = 0; byte < 256; byte += 1) {
        const mutant = Buffer.from(leaf.der);
        mutant[at] = byte;
        parseCertificate(mutant);
      }
  });
});

function expectLikeOpenSsl(certificate: Certificate): void {
  const other = new X509Certificate(certificate.der);
  const facts = [
    other.serialNumber.toLowerCase(),
    other.validFromDate.getTime() / 1000,
    other.validToDate.getTime() / 1000,
    other.ca,
  ];
  expect([certificate.serial, certificate.notBefore, certificate.notAfter, certificate.isCa]).to.deep.equal(facts);
}

describe('parseCertificate(), a sound one', () => {
  const lineage = {
    id: Buffer.alloc(16, 1),
    sequence: 3,
    issuedAt: NOW,
    predecessors: [{ thumbprint: Buffer.alloc(32, 2), acceptUntil: NOW }],
  };
  const template = {
    ...leafTemplate(authority, { now: NOW, dns: ['agent.shop.svc', 'localhost'], lineage }, spkiOf(leaf.key)),
    serial: Buffer.from(`00ab${'cd'.repeat(14)}`, 'hex'),
  };
  const der = signTest(template, authority.key);
  const certificate = demand(parseCertificate(der));

  it('gives all facts', () => {
    expect(certificate).to.deep.include({
      der,
      thumbprint: createHash('sha256').update(der).digest(),
      serial: `ab${'cd'.repeat(14)}`,
      signatureAlgorithm: '1.2.840.10045.4.3.2',
      issuer: authority.certificate.subject,
      subject: EMPTY_NAME,
      subjectIsEmpty: true,
      notBefore: NOW - 60,
      notAfter: NOW + 3600,
      spki: spkiOf(leaf.key),
      isCa: false,
      pathLength: undefined,
      keyUsage: { critical: true, bits: new Set(['digitalSignature']) },
      extendedKeyUsage: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
      sanCritical: true,
      uriNames: ['spiffe://mesh.example/ns/shop/sa/agent'],
      dnsNames: ['agent.shop.svc', 'localhost'],
      otherNames: 0,
      authorityKeyId: authority.certificate.subjectKeyId,
      lineage,
      isLineageMalformed: false,
    });
    expect(certificate.subjectKeyId).to.have.length(20);
    expect(certificate.extensions.map(({ oid: name, critical }) => `${name} ${critical}`)).to.deep.equal([
      '2.5.29.19 true',
      '2.5.29.15 true',
      '2.5.29.37 false',
      '2.5.29.17 true',
      '2.5.29.14 false',
      '2.5.29.35 false',
      '2.25.107093866282706624642367549831547749628 false',
    ]);
  });

  it('gives the signed bytes as they were signed', () => {
    expect(wrap([], []).length).to.equal(4);
    expect(new X509Certificate(der).verify(new X509Certificate(authority.der).publicKey)).to.equal(true);
    expect(
      derOf(constructed(TAG.sequence, [raw(certificate.tbs), ecdsa(), bitString(certificate.signature)])),
    ).to.deep.equal(der);
  });

  it('agrees with Node on serial, validity and CA', () => {
    expectLikeOpenSsl(certificate);
    expectLikeOpenSsl(authority.certificate);
  });

  it('is frozen and keeps no view of the bytes it came from', () => {
    const bytes = Buffer.from(der);
    const copy = demand(parseCertificate(bytes));
    bytes.fill(0);
    expect(copy).to.deep.equal(certificate);
    expect(Object.isFrozen(copy)).to.equal(true);
  });

  it('has no extension facts where there are no extensions', () => {
    const parts = Object.values(SOUND).slice(0, 7);
    expect(demand(parseCertificate(wrap(parts)))).to.deep.include({
      isCa: false,
      keyUsage: undefined,
      extendedKeyUsage: undefined,
      sanCritical: false,
      uriNames: [],
      dnsNames: [],
      otherNames: 0,
      subjectKeyId: undefined,
      authorityKeyId: undefined,
      lineage: undefined,
      isLineageMalformed: false,
      extensions: [],
    });
  });
});
