import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import { lintAuthority, lintedAuthority, type AuthorityTerms } from '../../../../ca/signer/lint-authority.ts';
import { draftIntermediate, draftRoot } from '../../../../ca/signer/root-template.ts';
import { draftVoucher } from '../../../../ca/signer/voucher.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import * as make from '../../../../core/x509/extensions.ts';
import {
  encodeCertificate,
  encodeName,
  encodeTbs,
  EMPTY_NAME,
  type CertificateTemplate,
  type Extension,
} from '../../../../core/x509/write.ts';
import { spkiOf, testKey } from '../../../kit/x509.ts';
import { MESH, thrownBy } from '../small-ca.ts';

const spki = spkiOf(testKey());
const NAME = encodeName('Cleat root test');
const WINDOW = { notBefore: epochSeconds(1_800_000_000), notAfter: epochSeconds(1_900_000_000) };
const TERMS: AuthorityTerms = { trustDomain: MESH, spki, pathLength: 0, by: undefined };
const SOUND: readonly Extension[] = [
  make.basicConstraints({ ca: true, pathLength: 0 }),
  make.keyUsage('keyCertSign', 'cRLSign'),
  make.subjectAltName({ uri: 'spiffe://mesh.example' }, false),
  make.subjectKeyId(spki),
];
const sound: CertificateTemplate = {
  serial: Buffer.alloc(16, 0x5a),
  issuer: NAME,
  subject: NAME,
  ...WINDOW,
  spki,
  extensions: SOUND,
};
const instead = (place: number, extension: Extension): Partial<CertificateTemplate> => ({
  extensions: SOUND.map((found, at) => (at === place ? extension : found)),
});

/** What is wrong with the template, and what the lint says. */
const WRONG: readonly (readonly [name: string, change: Partial<CertificateTemplate>, said: RegExp])[] = [
  ['A-114 a short serial', { serial: Buffer.from([1]) }, /serial .*4\.1\.2\.2/],
  ['another issuer', { issuer: encodeName('x') }, /issuer .*4\.1\.2\.4/],
  ['no subject', { issuer: EMPTY_NAME, subject: EMPTY_NAME }, /subject|read/],
  ['another key', { spki: spkiOf(testKey()) }, /key is the given one/],
  ['no CA', instead(0, make.basicConstraints({ ca: false })), /path length/],
  ['a longer path', instead(0, make.basicConstraints({ ca: true, pathLength: 1 })), /path length/],
  ['a path without end', instead(0, make.basicConstraints({ ca: true })), /path length/],
  ['no cRLSign', instead(1, make.keyUsage('keyCertSign')), /keyUsage .*X\.509-SVID 4\.3/],
  ['digitalSignature', instead(1, make.keyUsage('keyCertSign', 'cRLSign', 'digitalSignature')), /keyUsage/],
  ['another trust domain', instead(2, make.subjectAltName({ uri: 'spiffe://other.example' }, false)), /trust domain/],
  ['a path in its name', instead(2, make.subjectAltName({ uri: 'spiffe://mesh.example/x' }, false)), /trust domain/],
  [
    'a DNS name',
    instead(2, make.subjectAltName({ uri: 'spiffe://mesh.example', dns: ['a.example'] }, false)),
    /one name/,
  ],
  ['a signer that nobody has', { extensions: [...SOUND, make.authorityKeyId(Buffer.alloc(20, 1))] }, /authority key/],
  ['a purpose', { extensions: [...SOUND, make.extendedKeyUsage()] }, /no other extension/],
];

describe('lintAuthority()', () => {
  for (const [name, change, said] of WRONG)
    it(`A-123 finds ${name}, and names the clause`, async () => {
      const tbs = encodeTbs({ ...sound, ...change });
      expect(lintAuthority(tbs, TERMS).join('; ')).to.match(said);
      expect(await thrownBy(() => lintedAuthority(tbs, TERMS))).to.equal('ISSUE_LINT');
    });

  it('A-123 finds bytes that are no certificate', () => {
    expect(lintAuthority(Buffer.from('3000', 'hex'), TERMS).join('; ')).to.match(/it can be read/);
  });

  it('A-024 A-123 finds an issuer that its root may not have, and one that outlives it', () => {
    const root = (pathLength: number) =>
      demand(
        parseCertificate(
          encodeCertificate(
            draftRoot({ trustDomain: MESH, spki, serial: randomBytes(16), ...WINDOW, pathLength }),
            Buffer.alloc(64),
          ),
        ),
      );
    const terms = { trustDomain: MESH, spki: spkiOf(testKey()), serial: randomBytes(16), ...WINDOW };
    expect(() => draftIntermediate({ ...terms, by: root(0) })).to.throw(/signer's path length/);
    const late = { ...terms, notAfter: epochSeconds(WINDOW.notAfter + 1) };
    expect(() => draftIntermediate({ ...late, by: root(1) })).to.throw(/outlive/);
    expect(draftIntermediate({ ...terms, by: root(1) })).to.be.instanceOf(Buffer);
    const next = root(0);
    const voucher = { trustDomain: MESH, by: root(0), next, random: randomBytes };
    expect(draftVoucher({ ...voucher, now: WINDOW.notBefore })).to.be.instanceOf(Buffer);
  });

  it('A-139 lets a voucher live no longer than a join token that is made before it, and an hour', () => {
    const long = { notBefore: WINDOW.notBefore, notAfter: epochSeconds(WINDOW.notBefore + 365 * 86_400) };
    const root = () => {
      const tbs = draftRoot({ trustDomain: MESH, spki: spkiOf(testKey()), serial: randomBytes(16), ...long });
      return demand(parseCertificate(encodeCertificate(tbs, Buffer.alloc(64))));
    };
    const now = epochSeconds(WINDOW.notBefore + 30 * 86_400);
    const tbs = draftVoucher({ trustDomain: MESH, by: root(), next: root(), random: randomBytes, now });
    const voucher = demand(parseCertificate(encodeCertificate(tbs, Buffer.alloc(64))));
    expect([voucher.notBefore, voucher.notAfter]).to.deep.equal([now - 3600, now + 25 * 3600]);
  });

  it('finds nothing in what the templates write', () => {
    expect(lintAuthority(encodeTbs(sound), TERMS)).to.deep.equal([]);
  });
});
