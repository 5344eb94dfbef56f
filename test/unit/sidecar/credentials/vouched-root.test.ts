import { createHash, randomBytes, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { refuse } from '../../../../core/fault/refusal.ts';
import { formatJoinToken } from '../../../../core/identity/join-token.ts';
import { epochSeconds, milliseconds, wholeSeconds } from '../../../../core/time/units.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import { encodePem } from '../../../../core/x509/pem.ts';
import * as make from '../../../../core/x509/extensions.ts';
import { encodeName, type CertificateTemplate, type Extension } from '../../../../core/x509/write.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { createEnrolment } from '../../../../sidecar/credentials/enrolment.ts';
import { readRoot } from '../../../../sidecar/credentials/first-contact.ts';
import { startTestCa, testIdentity, type TestCa } from '../../../kit/grpc-ca.ts';
import {
  createTestAuthority,
  generalNames,
  signTest,
  spkiOf,
  testKey,
  withExtension,
  type TestAuthority,
} from '../../../kit/x509.ts';

type Change = (sound: CertificateTemplate) => CertificateTemplate;

interface Plan {
  /** The root that the join token names. */
  readonly named?: Change;
  readonly voucher?: Change;
  /** Who signs the voucher; default: the named root. */
  readonly voucherBy?: 'itself' | 'another voucher';
  readonly next?: Change;
  /** Who signs the next root; default: it does. */
  readonly nextBy?: 'another';
}

const DAY = 86_400;
const URI = 0x86;
const DNS = 0x82;
const sha256 = (der: Buffer): Buffer => createHash('sha256').update(der).digest();
const same: Change = (sound) => sound;
const has =
  (...extensions: readonly Extension[]): Change =>
  (sound) =>
    extensions.reduce(withExtension, sound);
const lacks =
  (extension: Extension): Change =>
  (sound) => ({ ...sound, extensions: sound.extensions.filter(({ oid }) => !oid.equals(extension.oid)) });
const ended: Change = (sound) => ({ ...sound, notAfter: epochSeconds(Date.now() / 1000 - 60) });
const early: Change = (sound) => ({ ...sound, notBefore: epochSeconds(Date.now() / 1000 + 600) });

const names = make.subjectAltName({ uri: 'spiffe://mesh.example' }, false);
const usage = make.keyUsage('keyCertSign', 'cRLSign');
/** Permits URIs of mesh.example, and says nothing of other names. */
const nameConstraints: Extension = {
  oid: Buffer.from('0603551d1e', 'hex'),
  critical: true,
  value: Buffer.concat([Buffer.from('3012a010300e860c', 'hex'), Buffer.from('mesh.example')]),
};

function template(spki: Buffer, subject: Buffer, issuer = subject): CertificateTemplate {
  const now = Date.now() / 1000;
  return {
    serial: Buffer.from([0x11, ...randomBytes(15)]),
    issuer,
    subject,
    notBefore: epochSeconds(now - 3600),
    notAfter: epochSeconds(now + DAY),
    spki,
    extensions: [make.basicConstraints({ ca: true, pathLength: 0 }), usage, names, make.subjectKeyId(spki)],
  };
}

interface Party {
  readonly key: KeyObject;
  readonly spki: Buffer;
  readonly name: Buffer;
}

function party(name: string): Party {
  const key = testKey();
  return { key, spki: spkiOf(key), name: encodeName(name) };
}

const vouches = (of: Party, by: Party): CertificateTemplate =>
  withExtension(template(of.spki, of.name, by.name), make.authorityKeyId(make.keyIdOf(by.spki)));

/** A server below the next root that shows what vouches for it. */
async function serve(plan: Plan): Promise<{ readonly ca: TestCa; readonly named: Buffer; readonly next: Buffer }> {
  const [first, second, between] = [party('Root 1'), party('Root 2'), party('Root between')];
  const named = signTest((plan.named ?? same)(template(first.spki, first.name)), first.key);
  const by = plan.voucherBy === 'another voucher' ? between : first;
  const draft = (plan.voucher ?? same)(vouches(second, by));
  const voucher = signTest(draft, plan.voucherBy === 'itself' ? second.key : by.key);
  const root = (plan.next ?? same)({
    ...template(second.spki, second.name),
    subject: draft.subject,
    issuer: draft.subject,
  });
  const next = signTest(root, plan.nextBy === 'another' ? between.key : second.key);
  const chain = plan.voucherBy === 'another voucher' ? [signTest(vouches(between, first), first.key)] : [];
  const certificate = demand(parseCertificate(next));
  const authority: TestAuthority = { key: second.key, der: next, certificate, trustDomain: 'mesh.example' };
  const own = testIdentity(authority, { path: '/cleat/ca' });
  const serving = { ...own, chain: [...own.chain, next, voucher, ...chain, named], roots: [] };
  const ca = await startTestCa({ authority, serving });
  // Whatever evidence comes is a success: the certificate that it buys is not looked at, the theft is.
  ca.acts.issue = (request, peer) =>
    ca.honest.issue({ ...request, evidence: { kind: 'join-token', text: ca.joinToken } }, peer);
  return { ca, named, next };
}

/** What a first contact of who knows the named root comes to, by way of the real client. */
async function enrol(
  plan: Plan,
  know: 'fingerprint' | 'bundle' | 'another bundle',
): Promise<{ readonly said: string; readonly asked: number }> {
  const { ca, named } = await serve(plan);
  await using _ = ca;
  const folder = await mkdtemp(join(tmpdir(), 'cleat-vouched-'));
  try {
    const file = join(folder, 'join-token');
    await writeFile(file, formatJoinToken({ rootDigest: sha256(named), secret: randomBytes(32) }), { mode: 0o600 });
    const bundle = join(folder, 'roots.pem');
    const known = [createTestAuthority().der, ...(know === 'bundle' ? [named] : [])];
    await writeFile(bundle, known.map((der) => encodePem('CERTIFICATE', der)).join(''));
    const enrolment = createEnrolment({
      caId: ca.caId,
      bootstrap: [ca.bootstrap],
      evidence: { kind: 'joinToken', file, bundle: know === 'fingerprint' ? undefined : bundle },
      ttl: undefined,
      clock: systemClock(),
      jitter: () => 0,
      renew: () => Promise.resolve(refuse('RENEW_UNREACHABLE', 'not here')),
      isRevoked: () => false,
      signal: new AbortController().signal,
    });
    const outcome = await enrolment.attempt(() => undefined);
    return { said: outcome.ok ? 'admitted' : outcome.refusal.code, asked: ca.asked.issues.length };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const pathLength = (most?: number): Change =>
  has(make.basicConstraints(most === undefined ? { ca: true } : { ca: true, pathLength: most }));
const purpose = has(make.extendedKeyUsage('1.3.6.1.5.5.7.3.3'));
const serverAuth = has(make.extendedKeyUsage());
const uri = (...uris: readonly string[]): Change =>
  has({ ...generalNames(...uris.map((text) => [URI, text] as const)), critical: false });

/** Of a voucher and of the root that it is for alike. */
const UNFIT: Readonly<Record<string, Change>> = {
  'has ended': ended,
  'has not begun': early,
  'is for signing code': purpose,
  'has purposes at all': serverAuth,
  'may have a CA below it': pathLength(1),
  'may have any path below it': pathLength(),
  'has no name': lacks(names),
  'names another trust domain': uri('spiffe://other.example'),
  'names a workload': uri('spiffe://mesh.example/cleat/ca'),
  'names the trust domain twice': uri('spiffe://mesh.example', 'spiffe://mesh.example'),
  'has a DNS name beside it': has({
    ...generalNames([URI, 'spiffe://mesh.example'], [DNS, 'ca.mesh.example']),
    critical: false,
  }),
  'has name constraints': has(nameConstraints),
  'may not sign certificates': has(make.keyUsage('cRLSign')),
  'has a keyUsage that is not critical': has({ ...usage, critical: false }),
  'has no key identifier': lacks(make.subjectKeyId(spkiOf(testKey()))),
};

const REFUSED: Readonly<Record<string, Plan>> = {
  ...Object.fromEntries(Object.entries(UNFIT).map(([what, voucher]) => [`a voucher that ${what}`, { voucher }])),
  ...Object.fromEntries(Object.entries(UNFIT).map(([what, next]) => [`a next root that ${what}`, { next }])),
  'a leaf of the named root in the place of a voucher': {
    voucher: has(make.basicConstraints({ ca: false }), make.keyUsage('digitalSignature')),
  },
  'a voucher that the named root has not signed': { voucherBy: 'itself' },
  'a voucher of a root that is only vouched for itself': { voucherBy: 'another voucher' },
  'a voucher with the key identifier of another issuer': { voucher: has(make.authorityKeyId(randomBytes(20))) },
  'a voucher without the key identifier of its issuer': { voucher: lacks(make.authorityKeyId(Buffer.alloc(0))) },
  'a voucher with the subject of the named root': { voucher: (sound) => ({ ...sound, subject: sound.issuer }) },
  'a next root that another key has signed': { nextBy: 'another' },
  'a next root of another key than the one that is vouched for': {
    voucher: (sound) => ({ ...sound, spki: spkiOf(testKey()) }),
  },
  'a next root of another subject than the one that is vouched for': {
    next: (sound) => ({ ...sound, subject: encodeName('Root 3'), issuer: encodeName('Root 3') }),
  },
  'a named root that has ended': { named: ended },
  'a named root that has not begun': { named: early },
  'a named root of another trust domain': { named: uri('spiffe://other.example') },
  'a named root with purposes': { named: serverAuth },
  'an issuer below an offline root that has ended': { named: pathLength(1), voucher: ended },
  'an issuer below an offline root, for signing code': { named: pathLength(1), voucher: purpose },
  'an issuer below a root of any path length that has ended': { named: pathLength(), voucher: ended },
};

describe('findVouchedRoot(), at the first contact', () => {
  for (const know of ['fingerprint', 'bundle'] as const)
    for (const [what, plan] of Object.entries(REFUSED))
      it(`A-139 by ${know}: refuses ${what} with RENEW_UNTRUSTED, and sends no evidence`, async () => {
        expect(await enrol(plan, know)).to.deep.equal({ said: 'RENEW_UNTRUSTED', asked: 0 });
      });

  it('A-139 refuses what is vouched for by a root that is not in the bundle, and sends no evidence', async () => {
    expect(await enrol({}, 'another bundle')).to.deep.equal({ said: 'RENEW_UNTRUSTED', asked: 0 });
  });

  it('A-139 takes no self-signed root for that of an issuer, valid as it may be, below an offline root', async () => {
    const { ca, named, next } = await serve({ named: pathLength(1) });
    await using _ = ca;
    const vouching = {
      rootDigest: sha256(named),
      trustDomain: ca.caId.trustDomain,
      now: wholeSeconds(systemClock().now()),
    };
    const { signal } = new AbortController();
    const found = demand(await readRoot({ ...vouching, address: ca.bootstrap, timeout: milliseconds(5000), signal }));
    expect(found.equals(next)).to.equal(false);
    expect(found.equals(named)).to.equal(true);
  });

  for (const know of ['fingerprint', 'bundle'] as const)
    it(`A-131 by ${know}: takes the next root from a sound voucher`, async () => {
      expect(await enrol({}, know)).to.deep.equal({ said: 'admitted', asked: 1 });
    });
});
