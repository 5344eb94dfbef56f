import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { parseTrustDomain } from '../../../../core/identity/trust-domain.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { parseCertificate, type Certificate } from '../../../../core/x509/certificate.ts';
import { basicConstraints, keyUsage, subjectAltName } from '../../../../core/x509/extensions.ts';
import { checkAuthority, checkSvid, checkValidity } from '../../../../core/x509/svid.ts';
import { encodeName, type CertificateTemplate } from '../../../../core/x509/write.ts';
import { verdict } from '../../../kit/verdict.ts';
import {
  createTestAuthority,
  FLAW_NAMES,
  generalNames,
  issueTestLeaf,
  leafTemplate,
  signTest,
  spkiOf,
  testKey,
  withExtension,
  type Flaw,
} from '../../../kit/x509.ts';

const authority = createTestAuthority();
const mesh = demand(parseTrustDomain('mesh.example'));
const sound = leafTemplate(authority, {}, spkiOf(testKey()));
const parse = (template: CertificateTemplate): Certificate =>
  demand(parseCertificate(signTest(template, authority.key)));
const judge = (template: CertificateTemplate): string => verdict(checkSvid(parse(template), mesh));

describe('checkSvid()', () => {
  const expected: Readonly<Record<Flaw, string>> = {
    'two-uris': 'A-031 PEER_NOT_SVID: leaf has 2 URIs among its alternative names',
    'no-uri': 'A-032 PEER_NOT_SVID: leaf has no URI among its alternative names',
    'no-names': 'A-032 PEER_NOT_SVID: leaf has no URI among its alternative names',
    'no-path': 'A-033 PEER_NOT_SVID: SPIFFE ID has no path: it names a trust domain, not a workload',
    'other-domain': 'A-028 PEER_TRUST_DOMAIN: trust domain other.example, ours is mesh.example',
    'dns-injection': 'A-042 PEER_NOT_SVID: leaf has no URI among its alternative names',
    'email-injection': 'A-044 PEER_NOT_SVID: leaf has no URI among its alternative names',
    'name-in-subject': 'A-045 PEER_NOT_SVID: leaf has no URI among its alternative names',
    'names-not-critical': 'RFC-5280 PEER_NOT_SVID: leaf has an empty subject and names that are not critical',
    ca: 'A-018 PEER_NOT_SVID: leaf is a CA',
    'key-cert-sign': 'A-019 PEER_NOT_SVID: leaf may sign certificates (keyCertSign)',
    'crl-sign': 'A-020 PEER_NOT_SVID: leaf may sign revocation lists (cRLSign)',
    'no-digital-signature': 'A-021 PEER_NOT_SVID: leaf may not sign (digitalSignature)',
    'key-usage-not-critical': 'A-022 PEER_NOT_SVID: leaf has a keyUsage that is not critical',
    'no-key-usage': 'A-021 PEER_NOT_SVID: leaf has no keyUsage',
    'server-only': 'A-015 PEER_NOT_SVID: leaf lacks the purpose clientAuth',
    'client-only': 'A-015 PEER_NOT_SVID: leaf lacks the purpose serverAuth',
    'no-eku': 'A-016 PEER_NOT_SVID: leaf lacks the purpose serverAuth',
    'any-eku': 'A-017 PEER_NOT_SVID: leaf lacks the purpose serverAuth',
    'other-eku': 'A-015 PEER_NOT_SVID: leaf lacks the purpose serverAuth',
    expired: 'A-010 PEER_EXPIRED',
    early: 'A-011 PEER_EXPIRED',
    'unknown-critical': 'A-026 PEER_NOT_SVID: critical extension 1.2.3.4',
    'duplicate-extension': 'A-027 PEER_NOT_SVID: extension 2.5.29.37 twice',
  };
  for (const flaw of FLAW_NAMES) {
    const [id = '', ...reason] = expected[flaw].split(' ');
    it(`${id} refuses ${flaw}`, () => {
      const { der } = issueTestLeaf(authority, { flaw });
      const certificate = parseCertificate(der);
      if (!certificate.ok) return expect(verdict(certificate)).to.equal(reason.join(' '));
      const name = checkSvid(certificate.value, mesh);
      const validity = checkValidity(certificate.value, epochSeconds(Date.now() / 1000));
      return expect(name.ok ? verdict(validity) : verdict(name)).to.satisfy((text: string) =>
        text.startsWith(reason.join(' ')),
      );
    });
  }

  it('A-031 counts URIs, also where one is no SPIFFE ID or they are the same', () => {
    const here = 'spiffe://mesh.example/a';
    for (const other of ['https://example.com', here, ''])
      for (const uris of [
        [here, other],
        [other, here],
      ])
        expect(judge(withExtension(sound, generalNames(...uris.map((uri) => [0x86, uri] as const)))), other).to.equal(
          'PEER_NOT_SVID: leaf has 2 URIs among its alternative names',
        );
  });

  it('A-034 A-035 A-036 A-037 A-040 refuses a URI that is no SPIFFE ID', () => {
    const uris = [
      '',
      'https://mesh.example/a',
      'SPIFFE://mesh.example/a',
      'spiffe://mesh.example/%61',
      'spiffe://mesh.example/a/..',
      'spiffe://mesh.example/a/',
      'spiffe://mesh.example/a?b',
      'spiffe://mesh.example/a\0',
    ];
    for (const uri of uris)
      expect(judge(withExtension(sound, generalNames([0x86, uri]))), uri).to.match(/^PEER_NOT_SVID: /);
  });

  it('A-042 A-043 A-044 reads the one true URI beside names that print like another', () => {
    const evil = 'x, URI:spiffe://mesh.example/ns/shop/sa/admin';
    const otherName = Buffer.concat([
      Buffer.from('06032a0304a0', 'hex'),
      Buffer.from([evil.length + 2, 0x0c, evil.length]),
      Buffer.from(evil),
    ]);
    const names = generalNames(
      [0x82, evil],
      [0x81, evil],
      [0xa0, otherName],
      [0x86, 'spiffe://mesh.example/ns/shop/sa/agent'],
      [0x82, evil],
    );
    const certificate = parse(withExtension(sound, names));
    expect(demand(checkSvid(certificate, mesh)).path).to.equal('/ns/shop/sa/agent');
    expect([certificate.uriNames.length, certificate.dnsNames, certificate.otherNames]).to.deep.equal([
      1,
      [evil, evil],
      2,
    ]);
  });

  it('A-043 refuses otherName, e-mail, address and directory name without a URI', () => {
    const otherName = Buffer.from('06032a0304a0020c00', 'hex');
    for (const name of [
      [0xa0, otherName],
      [0x81, 'a@b'],
      [0x87, Buffer.alloc(4)],
      [0x88, Buffer.from([0x2a])],
    ] as const)
      expect(judge(withExtension(sound, generalNames(name)))).to.equal(
        'PEER_NOT_SVID: leaf has no URI among its alternative names',
      );
  });

  it('A-028 refuses a trust domain that has ours as its beginning or end', () => {
    for (const domain of ['mesh.example.evil', 'evil.mesh.example', 'mesh.exampl', 'mesh-example'])
      expect(judge(withExtension(sound, subjectAltName({ uri: `spiffe://${domain}/a` }, true)))).to.equal(
        `PEER_TRUST_DOMAIN: trust domain ${domain}, ours is mesh.example`,
      );
  });

  it('A-051 refuses a signature by SHA-1, MD5 or an algorithm that we do not know', () => {
    for (const signatureAlgorithm of ['1.2.840.10045.4.1', '1.2.840.113549.1.1.5', '1.2.840.113549.1.1.4', '1.2.3'])
      expect(verdict(checkSvid({ ...parse(sound), signatureAlgorithm }, mesh))).to.equal(
        'PEER_NOT_SVID: leaf is signed with a weak or unknown algorithm',
      );
  });

  it('A-051 refuses a weak key', () => {
    const spki = Buffer.from(sound.spki);
    spki[spki.indexOf(Buffer.from('2a8648ce3d030107', 'hex')) + 7] = 1;
    expect(judge({ ...sound, spki })).to.equal('PEER_NOT_SVID: key is not P-256, P-384, Ed25519 or RSA');
  });

  it('accepts a sound leaf, also with a subject, DNS names and further key usages', () => {
    expect(demand(checkSvid(parse(sound), mesh)).uri).to.equal('spiffe://mesh.example/ns/shop/sa/agent');
    expect(judge({ ...sound, subject: encodeName('agent') })).to.equal('ok');
    expect(
      judge(
        withExtension(
          { ...sound, subject: encodeName('agent') },
          subjectAltName({ uri: 'spiffe://mesh.example/a', dns: ['a'] }, false),
        ),
      ),
    ).to.equal('ok');
    expect(judge(withExtension(sound, keyUsage('digitalSignature', 'keyEncipherment', 'keyAgreement')))).to.equal('ok');
  });
});

describe('checkValidity()', () => {
  const window = { notBefore: epochSeconds(1000), notAfter: epochSeconds(2000) };

  it('A-010 A-011 refuses one second outside', () => {
    expect(verdict(checkValidity(window, epochSeconds(999)))).to.equal(
      'PEER_EXPIRED: not valid before 1000, it is 999',
    );
    expect(verdict(checkValidity(window, epochSeconds(2001)))).to.equal(
      'PEER_EXPIRED: not valid after 2000, it is 2001',
    );
  });

  it('A-013 accepts both ends, to the end of their second', () => {
    for (const now of [1000, 1500, 2000, 2000.999])
      expect(verdict(checkValidity(window, epochSeconds(now)))).to.equal('ok');
  });

  it('refuses a moment that is no number', () => {
    expect(checkValidity(window, epochSeconds(NaN))).to.have.nested.property('refusal.code', 'PEER_EXPIRED');
  });
});

describe('checkAuthority()', () => {
  const root: CertificateTemplate = {
    ...sound,
    subject: encodeName('root'),
    issuer: encodeName('root'),
    extensions: [
      basicConstraints({ ca: true, pathLength: 1 }),
      keyUsage('keyCertSign', 'cRLSign'),
      subjectAltName({ uri: 'spiffe://mesh.example' }, false),
    ],
  };
  const admitted = (template: CertificateTemplate): string => verdict(checkAuthority(parse(template), mesh));
  const without = (at: number): CertificateTemplate => ({
    ...root,
    extensions: root.extensions.filter((_, index) => index !== at),
  });

  it('A-023 refuses a leaf as authority', () => {
    expect(admitted(sound)).to.equal('PEER_NOT_SVID: CA certificate is not a CA');
    expect(admitted(without(0))).to.equal('PEER_NOT_SVID: CA certificate is not a CA');
    expect(admitted(withExtension(root, basicConstraints({ ca: false })))).to.equal(
      'PEER_NOT_SVID: CA certificate is not a CA',
    );
  });

  it('refuses one that may not sign certificates', () => {
    expect(admitted(without(1))).to.equal('PEER_NOT_SVID: CA certificate has no critical keyUsage');
    expect(admitted(withExtension(root, { ...keyUsage('keyCertSign'), critical: false }))).to.equal(
      'PEER_NOT_SVID: CA certificate has no critical keyUsage',
    );
    expect(admitted(withExtension(root, keyUsage('cRLSign')))).to.equal(
      'PEER_NOT_SVID: CA certificate may not sign certificates (keyCertSign)',
    );
  });

  it('refuses one without a name, which no chain can lead to', () => {
    expect(admitted({ ...root, subject: sound.subject })).to.equal(
      'PEER_NOT_SVID: CA certificate has an empty subject',
    );
  });

  it('A-030 refuses the authority of another trust domain', () => {
    expect(admitted(withExtension(root, subjectAltName({ uri: 'spiffe://other.example' }, false)))).to.equal(
      'PEER_TRUST_DOMAIN: trust domain other.example, ours is mesh.example',
    );
  });

  it('refuses a path, another scheme, several URIs', () => {
    for (const uri of [
      'spiffe://mesh.example/cleat/ca',
      'spiffe://mesh.example/',
      'https://mesh.example',
      'httpsxxx/mesh.example',
      'spiffe://',
      '',
    ])
      expect(admitted(withExtension(root, { ...generalNames([0x86, uri]), critical: false })), uri).to.equal(
        'PEER_NOT_SVID: CA certificate has a URI that is no trust domain',
      );
    const two = generalNames([0x86, 'spiffe://mesh.example'], [0x86, 'spiffe://mesh.example']);
    expect(admitted(withExtension(root, two))).to.equal(
      'PEER_NOT_SVID: CA certificate has 2 URIs among its alternative names',
    );
  });

  it('A-051 refuses a weak signature or key', () => {
    const weak = { ...parse(root), signatureAlgorithm: '1.2.840.113549.1.1.5' };
    expect(verdict(checkAuthority(weak, mesh))).to.equal(
      'PEER_NOT_SVID: CA certificate is signed with a weak or unknown algorithm',
    );
    expect(verdict(checkAuthority({ ...parse(root), spki: Buffer.from('3000', 'hex') }, mesh))).to.match(
      /^PEER_NOT_SVID: /,
    );
  });

  it('accepts the root of our CA, and one of another system without any URI', () => {
    expect(verdict(checkAuthority(authority.certificate, mesh))).to.equal('ok');
    expect(admitted(root)).to.equal('ok');
    expect(admitted(without(2))).to.equal('ok');
  });
});
