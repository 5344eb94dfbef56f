import { expect } from 'chai';

import { bitString, constructed, oid, primitive, unsigned, type Asn1 } from '../../../../core/x509/asn1.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import { TAG } from '../../../../core/x509/der.ts';
import {
  certificateOf,
  ecdsaWithSha256,
  extension,
  extensions,
  octets,
  sequence,
  soundTbs,
  utcTime,
  version,
  type TbsParts,
} from '../../../kit/asn1-parts.ts';
import { verdict } from '../../../kit/verdict.ts';

const SOUND = soundTbs();
const of = (parts: Partial<TbsParts>): string =>
  verdict(parseCertificate(certificateOf(Object.values({ ...SOUND, ...parts }))));
const without = (name: keyof TbsParts): string =>
  verdict(
    parseCertificate(
      certificateOf(
        Object.entries(SOUND)
          .filter(([key]) => key !== name)
          .map(([, part]) => part as Asn1),
      ),
    ),
  );

describe('parseCertificate(), the frame', () => {
  it('reads the sound one that the wrong ones below are made of', () => {
    expect(of({})).to.equal('ok');
  });

  it('A-048 refuses more than 8 KiB', () => {
    const room = 8192 - certificateOf(Object.values(SOUND)).length;
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
    const other = sequence(oid('1.2.840.10045.4.3.3'));
    const withNull = sequence(oid('1.2.840.10045.4.3.2'), primitive(TAG.null, ''));
    for (const algorithm of [other, withNull])
      expect(of({ algorithm })).to.equal('PEER_NOT_SVID: two signature algorithms');
  });

  it('refuses an algorithm with more than one parameter, or none at all', () => {
    const parameter = primitive(TAG.null, '');
    const many = sequence(oid('1.2.840.10045.4.3.2'), parameter, parameter);
    const none = sequence();
    const signed = (algorithm: Asn1) =>
      verdict(
        parseCertificate(
          certificateOf(Object.values({ ...SOUND, algorithm }), [algorithm, bitString(Buffer.from([1]))]),
        ),
      );
    expect(signed(many)).to.equal('PEER_NOT_SVID: bytes left over');
    expect(signed(none)).to.equal('PEER_NOT_SVID: ends too early');
  });

  it('refuses a validity that ends before it begins, has one time or three', () => {
    const [early, late] = [utcTime('260101000000Z'), utcTime('270101000000Z')];
    expect(of({ validity: sequence(late, early) })).to.equal('PEER_NOT_SVID: validity ends before it begins');
    expect(of({ validity: sequence(early) })).to.equal('PEER_NOT_SVID: ends too early');
    expect(of({ validity: sequence(early, late, late) })).to.equal('PEER_NOT_SVID: bytes left over');
    expect(of({ validity: sequence(early, early) })).to.equal('ok');
  });

  it('refuses unique identifiers, other parts at the end, and bytes after the signature', () => {
    const unique = primitive(0x81, Buffer.from([0, 1]));
    const parts = Object.values(SOUND);
    expect(verdict(parseCertificate(certificateOf([...parts.slice(0, 7), unique, ...parts.slice(7)])))).to.equal(
      'PEER_NOT_SVID: tag 81 where a3 belongs',
    );
    expect(verdict(parseCertificate(certificateOf([...parts, unique])))).to.equal('PEER_NOT_SVID: bytes left over');
    expect(
      verdict(parseCertificate(certificateOf(parts, [ecdsaWithSha256(), bitString(Buffer.from([1])), unique]))),
    ).to.equal('PEER_NOT_SVID: bytes left over');
    expect(verdict(parseCertificate(certificateOf(parts, [ecdsaWithSha256()])))).to.equal(
      'PEER_NOT_SVID: ends too early',
    );
  });

  it('A-046 refuses a name that is no list of sets of type and string, and takes parts with several values', () => {
    const part = (...parts: readonly Asn1[]) => sequence(...parts);
    const text = (value: string) => part(oid('2.5.4.3'), primitive(TAG.utf8String, value));
    const name = (...sets: readonly Asn1[]) => ({
      issuer: sequence(...sets),
      subject: sequence(...sets),
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
    const key = (...parts: readonly Asn1[]) => of({ spki: sequence(...parts) });
    const algorithm = sequence(oid('1.2.3'));
    expect(key(algorithm)).to.equal('PEER_NOT_SVID: ends too early');
    expect(key(algorithm, octets('x'))).to.equal('PEER_NOT_SVID: tag 04 where 03 belongs');
    expect(key(algorithm, bitString(Buffer.from([1])), octets('x'))).to.equal('PEER_NOT_SVID: bytes left over');
    expect(key(sequence(), bitString(Buffer.from([1])))).to.equal('PEER_NOT_SVID: ends too early');
    expect(key(algorithm, bitString(Buffer.from([1])))).to.equal('ok');
  });

  it('refuses a signature with bits that are no byte', () => {
    expect(
      verdict(
        parseCertificate(
          certificateOf(Object.values(SOUND), [ecdsaWithSha256(), primitive(TAG.bitString, Buffer.from([1, 0x80]))]),
        ),
      ),
    ).to.equal('PEER_NOT_SVID: BIT STRING that is not whole bytes');
  });

  for (const name of Object.keys(SOUND) as (keyof TbsParts)[])
    if (name !== 'extensions')
      it(`refuses one without ${name}`, () => {
        expect(without(name)).to.match(/^PEER_NOT_SVID: /);
      });
});
