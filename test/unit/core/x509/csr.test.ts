import { sign } from 'node:crypto';

import { expect } from 'chai';

import { bitString, derOf, oid, primitive, raw } from '../../../../core/x509/asn1.ts';
import { parseCsr } from '../../../../core/x509/csr.ts';
import { TAG } from '../../../../core/x509/der.ts';
import * as make from '../../../../core/x509/extensions.ts';
import { EMPTY_NAME, encodeName, type Extension } from '../../../../core/x509/write.ts';
import { attribute, integer, NULL, requestOf, sequence, set, type RequestParts } from '../../../kit/asn1-parts.ts';
import { verdict } from '../../../kit/verdict.ts';
import { generalNames, spkiOf, testKey } from '../../../kit/x509.ts';

const key = testKey();
const judge = (parts: RequestParts): string => verdict(parseCsr(requestOf(key, parts), ['p256']));

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
    expect(verdict(parseCsr(Buffer.alloc(1024 * 1024), ['p256']))).to.equal(
      'CSR_MALFORMED: 1048576 bytes, at most 8192',
    );
  });
});

describe('parseCsr(), grammar', () => {
  it('A-106 refuses what is not PKCS#10', () => {
    const cases: readonly (readonly [RequestParts, string])[] = [
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
    expect(verdict(parseCsr(der, ['p256']))).to.equal('CSR_MALFORMED: ends too early');
  });
});
