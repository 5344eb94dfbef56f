import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { constructed, derOf, oid, primitive, unsigned, type Asn1 } from '../../../../core/x509/asn1.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import { TAG } from '../../../../core/x509/der.ts';
import {
  certificateOf,
  extension,
  extensions,
  octets,
  sequence,
  soundTbs,
  TRUE,
  type TbsParts,
} from '../../../kit/asn1-parts.ts';
import { verdict } from '../../../kit/verdict.ts';

const SOUND = soundTbs();
const of = (parts: Partial<TbsParts>): string =>
  verdict(parseCertificate(certificateOf(Object.values({ ...SOUND, ...parts }))));

describe('parseCertificate(), extensions', () => {
  const one = (name: string, value: Asn1 | Buffer, ...before: readonly Asn1[]) =>
    of({ extensions: extensions(extension(name, ...before, octets(Buffer.isBuffer(value) ? value : derOf(value)))) });
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
      expect(one(name, primitive(TAG.octetString, 'x'), TRUE)).to.equal(`PEER_NOT_SVID: critical extension ${name}`);
  });

  it('refuses an authorityInfoAccess that is none, though nobody follows it', () => {
    const AIA = '1.3.6.1.5.5.7.1.1';
    const access = [oid('1.3.6.1.5.5.7.48.2'), primitive(0x86, 'http://ca.example/ca.der')];
    expect(one(AIA, sequence())).to.equal('PEER_NOT_SVID: ends too early');
    expect(one(AIA, sequence(sequence(...access.slice(0, 1))))).to.equal('PEER_NOT_SVID: ends too early');
    expect(one(AIA, sequence(sequence(...access, ...access)))).to.equal('PEER_NOT_SVID: bytes left over');
    expect(one(AIA, Buffer.from('http://ca.example'))).to.match(/^PEER_NOT_SVID/);
    expect(one(AIA, sequence(sequence(...access)))).to.equal('ok');
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
      [CONSTRAINTS, sequence(TRUE, primitive(TAG.integer, Buffer.from([0xff]))), 'INTEGER outside of 0 to 2^31 - 1'],
      [CONSTRAINTS, sequence(TRUE, TRUE), 'bytes left over'],
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
    const constraint = extension(NAMES, TRUE, octets(derOf(sequence())));
    const isCa = extension(CONSTRAINTS, TRUE, octets(derOf(sequence(TRUE))));
    expect(of({ extensions: extensions(constraint) })).to.equal('PEER_NOT_SVID: name constraints in a leaf');
    expect(of({ extensions: extensions(isCa, constraint) })).to.equal('ok');
  });

  it('reads an authority key identifier without key id as none', () => {
    const parsed = demand(
      parseCertificate(
        certificateOf(Object.values({ ...SOUND, extensions: extensions(extension(AKI, octets(derOf(sequence())))) })),
      ),
    );
    expect(parsed.authorityKeyId).to.equal(undefined);
  });
});
