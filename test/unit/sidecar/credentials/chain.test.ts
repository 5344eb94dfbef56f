import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { parseTrustDomain } from '../../../../core/identity/trust-domain.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import * as make from '../../../../core/x509/extensions.ts';
import { encodeName, type CertificateTemplate } from '../../../../core/x509/write.ts';
import { checkChain } from '../../../../sidecar/credentials/chain.ts';
import {
  createTestAuthority,
  issueTestLeaf,
  leafTemplate,
  signTest,
  spkiOf,
  testKey,
  type TestAuthority,
} from '../../../kit/x509.ts';

const noon = epochSeconds(Math.floor(Date.now() / 1000));
const root = createTestAuthority();

/** An authority under another one, with what a test changes in its template. */
function intermediate(
  issuer: TestAuthority,
  change: (sound: CertificateTemplate) => object = () => ({}),
): TestAuthority {
  const key = testKey();
  const spki = spkiOf(key);
  const sound: CertificateTemplate = {
    ...leafTemplate(issuer, { now: noon }, spki),
    subject: encodeName('Intermediate'),
    extensions: [
      make.basicConstraints({ ca: true, pathLength: 0 }),
      make.keyUsage('keyCertSign', 'cRLSign'),
      make.subjectKeyId(spki),
      make.authorityKeyId(make.keyIdOf(issuer.certificate.spki)),
    ],
  };
  const der = signTest({ ...sound, ...change(sound) }, issuer.key);
  return { key, der, certificate: demand(parseCertificate(der)), trustDomain: issuer.trustDomain };
}

function check(chain: readonly Buffer[], roots: readonly Buffer[] = [root.der], now = noon): string {
  const outcome = checkChain(chain, { trustDomain: demand(parseTrustDomain(root.trustDomain)), roots, now });
  return outcome.ok ? 'admitted' : `${outcome.refusal.code}: ${outcome.refusal.detail}`;
}

describe('checkChain()', () => {
  const leaf = issueTestLeaf(root, { now: noon }).der;
  const middle = intermediate(root);
  const below = issueTestLeaf(middle, { now: noon }).der;

  it('A-009 refuses a leaf with any byte of its signature changed', () => {
    const { signature } = demand(parseCertificate(leaf));
    for (let at = leaf.length - signature.length; at < leaf.length; at += 1) {
      const spoilt = Buffer.from(leaf);
      spoilt.writeUInt8(spoilt.readUInt8(at) ^ 1, at);
      expect(check([spoilt]), `byte ${at}`).to.match(/^RENEW_ANSWER/);
    }
  });

  it('A-023 refuses a leaf as issuer, and a chain out of order, with a gap, or with a stranger at its end', () => {
    const key = testKey();
    const leafAsCa = issueTestLeaf(root, { now: noon, key });
    const forged = issueTestLeaf({ ...root, ...leafAsCa, certificate: demand(parseCertificate(leafAsCa.der)) }).der;
    for (const chain of [[forged, leafAsCa.der], [middle.der, below], [below], [below, leaf], [leaf, middle.der]])
      expect(check(chain)).to.match(/^RENEW_ANSWER/);
  });

  it('A-024 refuses a path that is longer than an issuer allows', () => {
    const lower = intermediate(middle, () => ({ subject: encodeName('Lower') }));
    const deep = issueTestLeaf(lower, { now: noon }).der;
    expect(check([deep, lower.der, middle.der])).to.include('allows a path of 0');
  });

  it('A-012 refuses an expired intermediate, A-014 an expired root, one second after its end', () => {
    const short = intermediate(root, () => ({ notAfter: epochSeconds(noon + 10) }));
    const under = issueTestLeaf(short, { now: noon }).der;
    expect(check([under, short.der], [root.der], epochSeconds(noon + 10))).to.equal('admitted');
    expect(check([under, short.der], [root.der], epochSeconds(noon + 11))).to.include('not valid after');
    const { notAfter } = root.certificate;
    const long = issueTestLeaf(root, { now: noon, lifetime: notAfter - noon + 100 }).der;
    expect(check([long], [root.der], epochSeconds(notAfter))).to.equal('admitted');
    expect(check([long], [root.der], epochSeconds(notAfter + 1))).to.include('not valid after');
  });

  it('refuses an issuer that is no authority', () => {
    const noSigner = intermediate(root, (sound) => ({
      extensions: sound.extensions.map((one) =>
        one.oid.equals(make.keyUsage('cRLSign').oid) ? make.keyUsage('cRLSign') : one,
      ),
    }));
    expect(check([issueTestLeaf(noSigner, { now: noon }).der, noSigner.der])).to.match(/^RENEW_ANSWER/);
    const foreign = intermediate(root, (sound) => ({
      extensions: [...sound.extensions, make.subjectAltName({ uri: 'spiffe://other.example' }, false)],
    }));
    expect(check([issueTestLeaf(foreign, { now: noon }).der, foreign.der])).to.match(
      /^RENEW_ANSWER: issuer 1 of the chain: trust domain other.example/,
    );
    expect(check([leaf], [leaf])).to.match(/^RENEW_ANSWER: root 0/);
    expect(check([leaf], [])).to.match(/^RENEW_ANSWER: the bundle is empty/);
    expect(check([])).to.match(/^RENEW_ANSWER: the chain is empty/);
  });

  it('A-108 refuses a root whose key is no point of its curve', () => {
    const spki = Buffer.from(root.certificate.spki);
    spki.writeUInt8(spki.readUInt8(spki.length - 1) ^ 1, spki.length - 1);
    const template = leafTemplate(root, { now: noon }, spki);
    const extensions = [
      make.basicConstraints({ ca: true }),
      make.keyUsage('keyCertSign'),
      make.subjectKeyId(root.certificate.spki),
    ];
    const broken = signTest({ ...template, subject: root.certificate.subject, extensions }, root.key);
    expect(check([leaf], [broken])).to.include('none of the roots');
  });

  it('A-029 refuses a root with the same name and another key', () => {
    expect(check([leaf], [createTestAuthority().der])).to.include('none of the roots');
  });

  it('admits a leaf under the root, and one under an intermediate, whatever other roots there are', () => {
    expect(check([leaf])).to.equal('admitted');
    expect(check([below, middle.der])).to.equal('admitted');
    expect(check([leaf], [createTestAuthority().der, root.der])).to.equal('admitted');
  });
});
