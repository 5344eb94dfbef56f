import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { bitString, constructed, derOf, oid, primitive, raw, unsigned } from '../../../../core/x509/asn1.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import { DerError } from '../../../../core/x509/der-value.ts';
import { openDer, TAG } from '../../../../core/x509/der.ts';
import { EMPTY_NAME, encodeCertificate, encodeName, encodeTbs } from '../../../../core/x509/write.ts';
import { createTestAuthority, leafTemplate, signTest, spkiOf, testKey } from '../../../kit/x509.ts';

const authority = createTestAuthority();
const template = leafTemplate(authority, {}, spkiOf(testKey()));
const hex = (der: Buffer) => der.toString('hex');

describe('asn1 writer', () => {
  it('writes unsigned numbers in their one spelling', () => {
    const numbers = ['', '00', '0000', '01', '7f', '80', '00ff', '0100', '00000080', 'ff'.repeat(16)].map((bytes) =>
      hex(derOf(unsigned(Buffer.from(bytes, 'hex')))),
    );
    expect(numbers).to.deep.equal([
      '020100',
      '020100',
      '020100',
      '020101',
      '02017f',
      '02020080',
      '020200ff',
      '02020100',
      '02020080',
      `021100${'ff'.repeat(16)}`,
    ]);
  });

  it('writes each length so that the strict reader takes it', () => {
    for (const size of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
      const content = Buffer.alloc(size, 0xa5);
      expect(
        openDer(derOf(constructed(TAG.sequence, [primitive(TAG.octetString, content)])))
          .enter(TAG.sequence)
          .next().content,
      ).to.deep.equal(content);
    }
  });

  it('writes every byte of binary content and text as UTF-8, never cut down to another letter', () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    expect(derOf(primitive(TAG.octetString, all)).subarray(4)).to.deep.equal(all);
    // U+0173 in latin-1 would be an "s".
    expect(hex(derOf(primitive(0x86, '\u0173')))).to.equal('8602c5b3');
  });

  it('writes tags of each class', () => {
    expect([0xa0, 0xa3, TAG.set].map((tag) => hex(derOf(constructed(tag, []))))).to.deep.equal([
      'a000',
      'a300',
      '3100',
    ]);
    expect([0x80, 0x86, TAG.null].map((tag) => hex(derOf(primitive(tag, ''))))).to.deep.equal(['8000', '8600', '0500']);
    expect(hex(derOf(bitString(Buffer.from([1]))))).to.equal('03020001');
    expect(hex(derOf(oid('1.2.840.10045.4.3.2')))).to.equal('06082a8648ce3d040302');
  });

  it('puts DER in unchanged, and throws where it is none', () => {
    const der = Buffer.from('30050201050500', 'hex');
    expect(derOf(raw(der))).to.deep.equal(der);
    expect(() => raw(Buffer.from('3005', 'hex'))).to.throw(DerError);
  });
});

describe('encodeName()', () => {
  it('gives one commonName as UTF8String', () => {
    expect(hex(encodeName('a'))).to.equal('300c310a300806035504030c0161');
    expect(hex(EMPTY_NAME)).to.equal('3000');
  });
});

describe('encodeTbs() and encodeCertificate()', () => {
  it('give back what the template said, for 16 bytes of serial from the least to the largest', () => {
    for (const serial of [
      '00000000000000000000000000000001',
      `00${'80'.repeat(15)}`,
      '7f'.repeat(16),
      `01${'00'.repeat(15)}`,
    ]) {
      const parsed = demand(
        parseCertificate(signTest({ ...template, serial: Buffer.from(serial, 'hex') }, authority.key)),
      );
      expect(parsed.serial).to.equal(serial.replace(/^(00)+/, ''));
      expect(parsed).to.deep.include({
        issuer: template.issuer,
        subject: template.subject,
        notBefore: template.notBefore,
        notAfter: template.notAfter,
        spki: template.spki,
      });
      expect(parsed.extensions.map(({ critical, value }) => ({ critical, value }))).to.deep.equal(
        template.extensions.map(({ critical, value }) => ({ critical, value })),
      );
    }
  });

  it('write times before and after 2050 in the form of their year', () => {
    const notBefore = epochSeconds(Date.UTC(2049, 11, 31, 23, 59, 59) / 1000);
    const notAfter = epochSeconds(Date.UTC(2050, 0, 1) / 1000);
    expect(demand(parseCertificate(signTest({ ...template, notBefore, notAfter }, authority.key)))).to.deep.include({
      notBefore,
      notAfter,
    });
  });

  it('are deterministic: the same template gives the same bytes', () => {
    const tbs = encodeTbs(template);
    expect(encodeTbs(template)).to.deep.equal(tbs);
    expect(demand(parseCertificate(encodeCertificate(tbs, Buffer.from([1, 2])))).tbs).to.deep.equal(tbs);
  });
});
