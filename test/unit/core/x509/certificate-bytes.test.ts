import { createHash, X509Certificate } from 'node:crypto';

import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { bitString, constructed, derOf, raw } from '../../../../core/x509/asn1.ts';
import { parseCertificate, type Certificate } from '../../../../core/x509/certificate.ts';
import { TAG } from '../../../../core/x509/der.ts';
import { EMPTY_NAME } from '../../../../core/x509/write.ts';
import { certificateOf, ecdsaWithSha256, soundTbs } from '../../../kit/asn1-parts.ts';
import { issueTestChain, leafTemplate, signTest, spkiOf } from '../../../kit/x509.ts';

const { authority, leaf } = issueTestChain({ dns: ['agent.shop.svc'] });
const NOW = epochSeconds(Date.UTC(2026, 0, 1) / 1000);

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
      '1.2.840.113556.1.8000.2554.20625.34628.51793.19834.37024.5809243.7374076 false',
    ]);
  });

  it('gives the signed bytes as they were signed', () => {
    expect(certificateOf([], []).length).to.equal(4);
    expect(new X509Certificate(der).verify(new X509Certificate(authority.der).publicKey)).to.equal(true);
    expect(
      derOf(constructed(TAG.sequence, [raw(certificate.tbs), ecdsaWithSha256(), bitString(certificate.signature)])),
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
    const parts = Object.values(soundTbs()).slice(0, 7);
    expect(demand(parseCertificate(certificateOf(parts)))).to.deep.include({
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
