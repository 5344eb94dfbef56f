import { expect } from 'chai';

import { lint } from '../../../../ca/issue/lint.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import * as make from '../../../../core/x509/extensions.ts';
import { encodeName, encodeTbs, type CertificateTemplate } from '../../../../core/x509/write.ts';
import { createTestAuthority, generalNames, leafTemplate, spkiOf, testKey, withExtension } from '../../../kit/x509.ts';
import { AGENT } from '../small-ca.ts';
import { AUTHORITY, KEY, soundDraft } from './draft.ts';

const HERE = `spiffe://mesh.example${AGENT}`;

/** The rules that break when this one thing is different from what was granted. */
function brokenBy(change: (sound: CertificateTemplate) => CertificateTemplate): string {
  const draft = soundDraft();
  const { grant, lineage } = draft;
  const options = { now: grant.issuedAt, lifetime: 3600, dns: ['localhost'], lineage };
  const sound = leafTemplate(AUTHORITY, options, spkiOf(KEY));
  return lint({ ...draft, tbs: encodeTbs(change(sound)) }, AUTHORITY.certificate).broken.join('\n');
}

const adds = (extension: Parameters<typeof withExtension>[1]) => (sound: CertificateTemplate) =>
  withExtension(sound, extension);
const lacks = (place: number) => (sound: CertificateTemplate) => ({
  ...sound,
  extensions: sound.extensions.filter((_, at) => at !== place),
});

const FLAWS: readonly (readonly [
  name: string,
  change: (sound: CertificateTemplate) => CertificateTemplate,
  rule: RegExp,
])[] = [
  ['A-114 a short serial', (sound) => ({ ...sound, serial: Buffer.from([1]) }), /serial/],
  ['A-114 a serial of more than 20 octets', (sound) => ({ ...sound, serial: Buffer.alloc(21, 1) }), /read/],
  ['A-114 a serial of zero', (sound) => ({ ...sound, serial: Buffer.alloc(16) }), /read|serial/],
  ['another issuer', (sound) => ({ ...sound, issuer: encodeName('Somebody else') }), /issuer is the signer/],
  ['a subject', (sound) => ({ ...sound, subject: encodeName('agent') }), /subject is empty/],
  ['A-115 61 s of backdate', (sound) => ({ ...sound, notBefore: epochSeconds(sound.notBefore - 1) }), /backdated/],
  ['a start in the future', (sound) => ({ ...sound, notBefore: epochSeconds(sound.notBefore + 61) }), /backdated/],
  [
    'A-115 a second more than granted',
    (sound) => ({ ...sound, notAfter: epochSeconds(sound.notAfter + 1) }),
    /granted/,
  ],
  ['another key', (sound) => ({ ...sound, spki: spkiOf(testKey()) }), /key is the granted/],
  ["A-111 the issuer's key", (sound) => ({ ...sound, spki: AUTHORITY.certificate.spki }), /not the issuer's/],
  ['CA:TRUE', adds(make.basicConstraints({ ca: true })), /no CA/],
  ['keyCertSign', adds(make.keyUsage('digitalSignature', 'keyCertSign')), /keyUsage/],
  ['keyAgreement besides', adds(make.keyUsage('digitalSignature', 'keyAgreement')), /keyUsage/],
  ['keyUsage that is not critical', adds({ ...make.keyUsage('digitalSignature'), critical: false }), /keyUsage/],
  ['no keyUsage', lacks(1), /keyUsage/],
  ['another purpose', adds(make.extendedKeyUsage('1.3.6.1.5.5.7.3.1')), /extendedKeyUsage/],
  [
    'a purpose more',
    adds(make.extendedKeyUsage('1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.3')),
    /extendedKey/,
  ],
  ['no purpose', lacks(2), /extendedKeyUsage/],
  ['another identity', adds(make.subjectAltName({ uri: `${HERE}x`, dns: ['localhost'] }, true)), /alternative names/],
  ['two identities', adds(generalNames([0x86, HERE], [0x86, `${HERE}x`], [0x82, 'localhost'])), /alternative names/],
  ['a DNS name that was not granted', adds(make.subjectAltName({ uri: HERE, dns: ['localhost', 'x'] }, true)), /names/],
  ['no DNS name though granted', adds(make.subjectAltName({ uri: HERE }, true)), /alternative names/],
  ['an IP address', adds(generalNames([0x86, HERE], [0x82, 'localhost'], [0x87, Buffer.from([1, 2, 3, 4])])), /names/],
  ['names that are not critical', adds(make.subjectAltName({ uri: HERE, dns: ['localhost'] }, false)), /names/],
  ['no subject key identifier', lacks(4), /subject key identifier/],
  ['the key identifier of another issuer', adds(make.authorityKeyId(Buffer.alloc(20, 1))), /authority key/],
  ['no authority key identifier', lacks(5), /authority key/],
  ['no lineage', lacks(6), /lineage/],
  [
    'another lineage',
    adds(make.lineageExtension({ id: Buffer.alloc(16, 3), sequence: 0, issuedAt: epochSeconds(0), predecessors: [] })),
    /lineage/,
  ],
  [
    'a foreign extension',
    adds({ oid: Buffer.from('06032a0304', 'hex'), critical: false, value: Buffer.from('0500', 'hex') }),
    /no other extension/,
  ],
  [
    'a critical foreign extension',
    adds({ oid: Buffer.from('06032a0304', 'hex'), critical: true, value: Buffer.from('0500', 'hex') }),
    /read/,
  ],
];

describe('lint()', () => {
  for (const [name, change, rule] of FLAWS)
    it(`A-123 finds ${name}`, () => {
      expect(brokenBy(change)).to.match(rule);
    });

  it("A-112 finds an end past the issuer's", () => {
    const draft = soundDraft();
    const issuer = { ...AUTHORITY.certificate, notAfter: epochSeconds(draft.grant.notAfter - 1) };
    expect(lint(draft, issuer).broken.join('\n')).to.match(/not past the issuer's/);
  });

  it('A-112 finds an end past that of the root, though the issuer lives longer', () => {
    const draft = soundDraft();
    const { notAfter } = draft.grant;
    expect(lint(draft, AUTHORITY.certificate, epochSeconds(notAfter - 1)).broken.join('\n')).to.match(
      /way to the root/,
    );
    expect(lint(draft, AUTHORITY.certificate, notAfter).broken).to.deep.equal([]);
  });

  it('finds another signer than the draft was made for', () => {
    expect(lint(soundDraft(), createTestAuthority('other.example').certificate).broken.join('\n')).to.match(
      /issuer is the signer/,
    );
  });

  it('says it in one line where the bytes cannot be read', () => {
    const { broken } = lint({ ...soundDraft(), tbs: Buffer.from('3000', 'hex') }, AUTHORITY.certificate);
    expect(broken).to.have.length(1);
    expect(broken[0]).to.match(/^it can be read/);
  });

  it('gives each broken rule its clause', () => {
    for (const line of brokenBy(adds(make.basicConstraints({ ca: true }))).split('\n'))
      expect(line).to.match(/ \([A-Z][A-Za-z0-9 .-]+ [0-9.]+\)(:|$)/);
  });

  it('finds nothing in what the template makes', () => {
    expect(lint(soundDraft(), AUTHORITY.certificate).broken).to.deep.equal([]);
    expect(brokenBy((sound) => sound)).to.equal('');
  });
});
