/**
 * Which cases of x509-limbo are not ours to judge, and where we judge otherwise than the data, as rules with a reason. A rule about an
 * exception looks at the certificates, never at the label, so that a label that was changed shows.
 */
import { X509Certificate } from 'node:crypto';

import { type Certificate, parseCertificate } from '../../core/x509/certificate.ts';
import { readCandidates } from '../../core/x509/path.ts';
import { judgePath, type LimboCase } from './limbo.ts';
import type { Exception, NotApplicable } from './score.ts';

const SKIPPED: readonly (NotApplicable & { readonly covers: (one: LimboCase) => boolean })[] = [
  {
    rule: 'host names',
    reason: 'Cleat matches SPIFFE IDs only, never a common name or a DNS name',
    covers: ({ id, features }) =>
      id.startsWith('webpki::cn::') ||
      (id.startsWith('webpki::san::') && !id.endsWith('::no-san')) ||
      features.includes('pedantic-public-suffix-wildcard'),
  },
  {
    rule: 'revocation lists',
    reason: 'no CRL is read: revocation travels on the stream of the CA',
    covers: ({ features }) => features.includes('has-crl'),
  },
  {
    rule: 'depth as a setting',
    reason: 'the longest path is fixed',
    covers: ({ features }) => features.includes('max-chain-depth'),
  },
];

/** The rule by which the case is not run, if any. */
export function notApplicable(one: LimboCase): NotApplicable | undefined {
  return SKIPPED.find(({ covers }) => covers(one));
}

/** By our path validation alone, or by TLS first. */
export type Harness = 'path' | 'handshake';

interface LimboException extends Exception {
  /** Where it counts; absent: in both. */
  readonly only?: Harness;
  readonly covers: (leaf: Certificate, roots: readonly Certificate[], one: LimboCase) => boolean;
}

export const LIMBO_EXCEPTIONS: readonly LimboException[] = [
  {
    rule: 'CA as leaf',
    reason: 'an SVID is never a CA; the data names the case with the other label',
    // OpenSSL refuses it before we are asked.
    codes: ['PEER_NOT_SVID', 'PEER_UNTRUSTED'],
    covers: (leaf, _roots, one) => leaf.isCa && isDisputed(one),
  },
  {
    rule: 'leaf without extendedKeyUsage',
    reason: 'an EKU is demanded; the data names the case with the other label',
    codes: ['PEER_NOT_SVID'],
    covers: (leaf, _roots, one) => leaf.extendedKeyUsage === undefined && isDisputed(one),
  },
  {
    rule: 'WebPKI profile of roots: authorityKeyIdentifier',
    reason: 'a root is trusted as it is: what it says about its own issuer decides nothing',
    codes: [],
    only: 'path',
    covers: (_leaf, roots) => roots.some(hasOddKeyId),
  },
  {
    rule: 'WebPKI profile of roots: extendedKeyUsage',
    reason: 'CAs of meshes write it into roots; it never widens what a leaf may do',
    codes: [],
    covers: (_leaf, roots) => roots.some(({ extendedKeyUsage }) => extendedKeyUsage !== undefined),
  },
  {
    rule: 'WebPKI profile of roots: RSA size that is no multiple of 8',
    reason: 'strong enough; the rule exists for the sake of uniformity',
    codes: [],
    covers: (_leaf, roots) => roots.some((root) => (modulusBits(root) ?? 0) % 8 !== 0),
  },
  {
    rule: 'underscore in a DNS name',
    reason: 'syntax of names that Cleat never judges',
    codes: [],
    covers: ({ dnsNames }) => dnsNames.some((name) => name.includes('_')),
  },
  {
    rule: 'two certificates of one intermediate',
    reason: 'OpenSSL follows the first one and never turns back; our own search does',
    codes: ['PEER_UNTRUSTED'],
    only: 'handshake',
    covers: (_leaf, _roots, one) => hasTwins(readCandidates(one.intermediates)) && judgePath(one).ok,
  },
];

export function exceptionFor(one: LimboCase, harness: Harness): Exception | undefined {
  const leaf = parseCertificate(one.leaf);
  if (!leaf.ok) return undefined;
  const roots = readCandidates(one.roots);
  return LIMBO_EXCEPTIONS.find(({ only = harness, covers }) => only === harness && covers(leaf.value, roots, one));
}

/** Whether the data names cases of the same kind that others label otherwise. */
export function isDisputed({ conflicts }: LimboCase): boolean {
  return conflicts.length > 0;
}

const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35';

function hasTwins(certificates: readonly Certificate[]): boolean {
  const authorities = certificates.map(({ subject, spki }) => Buffer.concat([subject, spki]).toString('base64'));
  return new Set(authorities).size < authorities.length;
}

/** More than a key identifier in it, or another than that of its own key. */
function hasOddKeyId({ authorityKeyId, subjectKeyId, extensions }: Certificate): boolean {
  const value = extensions.find(({ oid }) => oid === AUTHORITY_KEY_IDENTIFIER)?.value;
  if (value === undefined) return false;
  const alone = authorityKeyId === undefined ? 0 : authorityKeyId.length + 4;
  return value.length !== alone || authorityKeyId?.equals(subjectKeyId ?? Buffer.alloc(0)) !== true;
}

function modulusBits({ der }: Certificate): number | undefined {
  return new X509Certificate(der).publicKey.asymmetricKeyDetails?.modulusLength;
}
