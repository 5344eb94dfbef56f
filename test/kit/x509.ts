/**
 * A tiny CA for tests, made of the product's own writer: an authority, leaves under it, and leaves with one named flaw.
 *
 *   const { authority, leaf } = issueTestChain();                                  // a sound X.509-SVID and its root
 *   const stranger = issueTestLeaf(authority, { path: '/ns/shop/sa/other' });       // a sibling under the same root
 *   const bad = issueTestLeaf(authority, { flaw: 'two-uris' });                     // sound but for one thing
 *
 * Keys are made anew at each call. Nothing here is for production: no journal, no lint, no ticket.
 */
import { createPublicKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

import { demand } from '../../core/fault/fault.ts';
import { epochSeconds, type EpochSeconds } from '../../core/time/units.ts';
import { constructed, derOf, primitive } from '../../core/x509/asn1.ts';
import { parseCertificate, type Certificate } from '../../core/x509/certificate.ts';
import { TAG } from '../../core/x509/der.ts';
import * as make from '../../core/x509/extensions.ts';
import type { Lineage } from '../../core/x509/lineage.ts';
import { PURPOSE } from '../../core/x509/oid.ts';
import {
  EMPTY_NAME,
  encodeCertificate,
  encodeName,
  encodeTbs,
  type CertificateTemplate,
  type Extension,
} from '../../core/x509/write.ts';

export const TEST_TRUST_DOMAIN = 'mesh.example';
export const TEST_PATH = '/ns/shop/sa/agent';

export interface TestAuthority {
  /** Private, P-256. */
  readonly key: KeyObject;
  readonly der: Buffer;
  readonly certificate: Certificate;
  readonly trustDomain: string;
}

export interface TestLeaf {
  /** Private, P-256. */
  readonly key: KeyObject;
  readonly der: Buffer;
}

export interface LeafOptions {
  /** Path of the SPIFFE ID; default `/ns/shop/sa/agent`. */
  readonly path?: string;
  /** Default: the authority's. */
  readonly trustDomain?: string;
  readonly dns?: readonly string[];
  /** Time of issue; default: now. `notBefore` lies 60 s before it. */
  readonly now?: EpochSeconds;
  /** Seconds from `now` to `notAfter`; default 3600. */
  readonly lifetime?: number;
  readonly lineage?: Lineage;
  /** Private key on P-256; default: a new one. */
  readonly key?: KeyObject;
  readonly flaw?: Flaw;
}

/** Gives the root of a trust domain (default `mesh.example`), valid for ten years from an hour ago. */
export function createTestAuthority(trustDomain: string = TEST_TRUST_DOMAIN): TestAuthority {
  const key = testKey();
  const spki = spkiOf(key);
  const now = epochSeconds(Date.now() / 1000);
  const name = encodeName(`Test CA of ${trustDomain}`);
  const template: CertificateTemplate = {
    serial: testSerial(),
    issuer: name,
    subject: name,
    notBefore: epochSeconds(now - 3600),
    notAfter: epochSeconds(now + 10 * 365 * 86_400),
    spki,
    extensions: [
      make.basicConstraints({ ca: true, pathLength: 1 }),
      make.keyUsage('keyCertSign', 'cRLSign'),
      make.subjectAltName({ uri: `spiffe://${trustDomain}` }, false),
      make.subjectKeyId(spki),
      make.authorityKeyId(make.keyIdOf(spki)),
    ],
  };
  const der = signTest(template, key);
  return { key, der, certificate: demand(parseCertificate(der)), trustDomain };
}

/** Gives an authority under another one, valid like a leaf: sound, but for what `change` makes of its template. */
export function issueTestAuthority(issuer: TestAuthority, change: AuthorityChange = (sound) => sound): TestAuthority {
  const key = testKey();
  const spki = spkiOf(key);
  const sound: CertificateTemplate = {
    ...leafTemplate(issuer, { lifetime: DAY }, spki),
    subject: encodeName(`Intermediate ${testSerial().toString('hex')}`),
    extensions: [
      make.basicConstraints({ ca: true }),
      make.keyUsage('keyCertSign', 'cRLSign'),
      make.subjectKeyId(spki),
      make.authorityKeyId(make.keyIdOf(issuer.certificate.spki)),
    ],
  };
  const der = signTest(change(sound), issuer.key);
  return { key, der, certificate: demand(parseCertificate(der)), trustDomain: issuer.trustDomain };
}

export type AuthorityChange = (sound: CertificateTemplate) => CertificateTemplate;

/** Gives a leaf under the authority: a sound X.509-SVID, but for the one flaw that was asked for. */
export function issueTestLeaf(authority: TestAuthority, options: LeafOptions = {}): TestLeaf {
  const key = options.key ?? testKey();
  const template = leafTemplate(authority, options, spkiOf(key));
  const flawed = options.flaw === undefined ? template : FLAWS[options.flaw](template);
  return { key, der: signTest(flawed, authority.key) };
}

/** Gives a new authority of `options.trustDomain` and a leaf under it. */
export function issueTestChain(options: LeafOptions = {}): { authority: TestAuthority; leaf: TestLeaf } {
  const authority = createTestAuthority(options.trustDomain);
  return { authority, leaf: issueTestLeaf(authority, options) };
}

/** Gives the template of a sound leaf, for tests that change it in their own way and sign it by `signTest`. */
export function leafTemplate(authority: TestAuthority, options: LeafOptions, spki: Buffer): CertificateTemplate {
  const now = options.now ?? epochSeconds(Date.now() / 1000);
  const uri = `spiffe://${options.trustDomain ?? authority.trustDomain}${options.path ?? TEST_PATH}`;
  return {
    serial: testSerial(),
    issuer: authority.certificate.subject,
    subject: EMPTY_NAME,
    notBefore: epochSeconds(now - 60),
    notAfter: epochSeconds(now + (options.lifetime ?? 3600)),
    spki,
    extensions: [
      make.basicConstraints({ ca: false }),
      make.keyUsage('digitalSignature'),
      make.extendedKeyUsage(),
      make.subjectAltName({ uri, dns: options.dns ?? [] }, true),
      make.subjectKeyId(spki),
      make.authorityKeyId(make.keyIdOf(authority.certificate.spki)),
      ...(options.lineage === undefined ? [] : [make.lineageExtension(options.lineage)]),
    ],
  };
}

/** Gives the certificate of any template, sound or not. */
export function signTest(template: CertificateTemplate, key: KeyObject): Buffer {
  const tbs = encodeTbs(template);
  return encodeCertificate(tbs, sign('sha256', tbs, key));
}

/** Gives a lineage with one predecessor. */
export function testLineage(): Lineage {
  const issuedAt = epochSeconds(Date.now() / 1000);
  const predecessors = [{ thumbprint: randomBytes(32), acceptUntil: epochSeconds(issuedAt + 300) }];
  return { id: randomBytes(16), sequence: 1, issuedAt, predecessors };
}

/** Gives a new private key on P-256. */
export function testKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/** Gives the DER of the public half. */
export function spkiOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}

/** Gives the template with this extension in place of the one of the same name, or added to the end. */
export function withExtension(template: CertificateTemplate, extension: Extension): CertificateTemplate {
  const isSame = (other: Extension): boolean => other.oid.equals(extension.oid);
  if (!template.extensions.some(isSame)) return { ...template, extensions: [...template.extensions, extension] };
  return { ...template, extensions: template.extensions.map((other) => (isSame(other) ? extension : other)) };
}

/** Gives a critical subjectAltName of any GeneralNames: `[tag, content]`, 0x86 URI, 0x82 DNS, 0x81 e-mail, 0x87 IP. */
export function generalNames(...names: readonly (readonly [tag: number, content: string | Buffer])[]): Extension {
  const list = names.map(([tag, content]) => primitive(tag, content));
  return { ...make.subjectAltName({ uri: '' }, true), value: derOf(constructed(TAG.sequence, list)) };
}

function testSerial(): Buffer {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x01;
  return serial;
}

const URI = 0x86;
const DNS = 0x82;
const EMAIL = 0x81;
const DAY = 86_400;
const HERE = `spiffe://${TEST_TRUST_DOMAIN}${TEST_PATH}`;

type Change = (sound: CertificateTemplate) => CertificateTemplate;

const adds =
  (...extensions: readonly Extension[]): Change =>
  (sound) =>
    extensions.reduce(withExtension, sound);
const lacks =
  (extension: Extension): Change =>
  (sound) => ({ ...sound, extensions: sound.extensions.filter(({ oid }) => !oid.equals(extension.oid)) });
const shifted =
  (seconds: number): Change =>
  (sound) => ({
    ...sound,
    notBefore: epochSeconds(sound.notBefore + seconds),
    notAfter: epochSeconds(sound.notAfter + seconds),
  });

/** What a leaf can have wrong, each with everything else sound. Ids of reference/attacks.md in the comments. */
const FLAWS = {
  /** */
  'two-uris': adds(generalNames([URI, HERE], [URI, `spiffe://${TEST_TRUST_DOMAIN}/ns/shop/sa/other`])),
  /** */
  'no-uri': adds(generalNames([DNS, 'agent.shop.svc'])),
  'no-names': lacks(make.subjectAltName({ uri: HERE }, true)),
  /** */
  'no-path': adds(generalNames([URI, `spiffe://${TEST_TRUST_DOMAIN}`])),
  /** */
  'other-domain': adds(generalNames([URI, `spiffe://other.example${TEST_PATH}`])),
  /** text printers show a URI where there is none. */
  'dns-injection': adds(generalNames([DNS, `x, URI:${HERE}`])),
  /** */
  'email-injection': adds(generalNames([EMAIL, `x@example.com, URI:${HERE}`])),
  /** */
  'name-in-subject': (sound: CertificateTemplate) => ({
    ...lacks(make.subjectAltName({ uri: HERE }, true))(sound),
    subject: encodeName(HERE),
  }),
  'names-not-critical': adds(make.subjectAltName({ uri: HERE }, false)),
  /** */
  ca: adds(make.basicConstraints({ ca: true })),
  /** */
  'key-cert-sign': adds(make.keyUsage('digitalSignature', 'keyCertSign')),
  /** */
  'crl-sign': adds(make.keyUsage('digitalSignature', 'cRLSign')),
  /** */
  'no-digital-signature': adds(make.keyUsage('keyAgreement')),
  /** */
  'key-usage-not-critical': adds({ ...make.keyUsage('digitalSignature'), critical: false }),
  'no-key-usage': lacks(make.keyUsage('digitalSignature')),
  /** */
  'server-only': adds(make.extendedKeyUsage(PURPOSE.serverAuth)),
  'client-only': adds(make.extendedKeyUsage(PURPOSE.clientAuth)),
  /** */
  'no-eku': lacks(make.extendedKeyUsage()),
  /** */
  'any-eku': adds(make.extendedKeyUsage('2.5.29.37.0')),
  'other-eku': adds(make.extendedKeyUsage('1.3.6.1.5.5.7.3.3')),
  /** */
  expired: shifted(-DAY),
  /** */
  early: shifted(DAY),
  /** */
  'unknown-critical': adds({
    oid: Buffer.from('06032a0304', 'hex'),
    critical: true,
    value: Buffer.from('0500', 'hex'),
  }),
  /** */
  'duplicate-extension': (sound: CertificateTemplate) => ({
    ...sound,
    extensions: [...sound.extensions, make.extendedKeyUsage()],
  }),
} as const satisfies Record<string, Change>;

export type Flaw = keyof typeof FLAWS;

/** The line of reference/attacks.md that a flaw belongs to; some have none. */
export const FLAW_IDS: Partial<Record<Flaw, string>> = {
  'two-uris': 'A-031',
  'no-uri': 'A-032',
  'no-names': 'A-032',
  'no-path': 'A-033',
  'other-domain': 'A-028',
  'dns-injection': 'A-042',
  'email-injection': 'A-044',
  'name-in-subject': 'A-045',
  ca: 'A-018',
  'key-cert-sign': 'A-019',
  'crl-sign': 'A-020',
  'no-digital-signature': 'A-021',
  'key-usage-not-critical': 'A-022',
  'no-key-usage': 'A-021',
  'server-only': 'A-015',
  'client-only': 'A-015',
  'other-eku': 'A-015',
  'no-eku': 'A-016',
  'any-eku': 'A-017',
  expired: 'A-010',
  early: 'A-011',
  'unknown-critical': 'A-026',
  'duplicate-extension': 'A-027',
};

/** Every flaw, for tests that go through them all. */
export const FLAW_NAMES = Object.keys(FLAWS) as readonly Flaw[];
