/**
 * Reads the bytes of a CA certificate that is to be signed as a stranger would, and checks them rule by rule. Pure. A
 * fault of a template would live for as long as a root: it is found before the key is used.
 */
import { Fault } from '../../core/fault/fault.ts';
import { trustDomainUri } from '../../core/identity/spiffe-id.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import { parseCertificate, type Certificate } from '../../core/x509/certificate.ts';
import { EXTENSION, SIGNATURE } from '../../core/x509/oid.ts';
import { checkAuthority } from '../../core/x509/svid.ts';
import { encodeCertificate } from '../../core/x509/write.ts';

/** What the certificate was drafted from. */
export interface AuthorityTerms {
  readonly trustDomain: TrustDomain;
  /** DER. */
  readonly spki: Buffer;
  /** CA certificates between it and a leaf. */
  readonly pathLength: number;
  /** Who signs; undefined: its own key. */
  readonly by: Certificate | undefined;
  /** It certifies the key of a root; no path is built over it (see voucher.ts). */
  readonly isVoucher?: true;
}

interface Scene {
  readonly found: Certificate;
  readonly terms: AuthorityTerms;
}

interface Rule {
  readonly name: string;
  /** The standard's clause. */
  readonly clause: string;
  readonly holds: (scene: Scene) => boolean;
}

const NOBODY = Buffer.alloc(64);
/** 128 random bits have 24 digits but once in 2^32. */
const SERIAL_LEAST_DIGITS = 24;
const WRITTEN: readonly string[] = [
  EXTENSION.basicConstraints,
  EXTENSION.keyUsage,
  EXTENSION.subjectAltName,
  EXTENSION.subjectKeyIdentifier,
];

const RULES: readonly Rule[] = [
  {
    name: 'the serial is long and random',
    clause: 'RFC 5280 4.1.2.2',
    holds: ({ found }) => found.serial.length >= SERIAL_LEAST_DIGITS && found.serial.length <= 40,
  },
  {
    name: 'the signature algorithm is ecdsa-with-SHA256',
    clause: 'RFC 5758 3.2',
    holds: ({ found }) => found.signatureAlgorithm === SIGNATURE.ecdsaWithSha256,
  },
  {
    name: "the issuer is the signer's subject",
    clause: 'RFC 5280 4.1.2.4',
    holds: ({ found, terms: { by } }) => found.issuer.equals(by?.subject ?? found.subject),
  },
  { name: 'it has a subject', clause: 'RFC 5280 4.1.2.6', holds: ({ found }) => !found.subjectIsEmpty },
  {
    name: 'it begins before it ends, and does not outlive its signer',
    clause: 'RFC 5280 4.1.2.5',
    holds: ({ found, terms: { by } }) =>
      found.notBefore < found.notAfter && (by === undefined || found.notAfter <= by.notAfter),
  },
  {
    name: 'the key is the given one',
    clause: 'RFC 5280 4.1.2.7',
    holds: ({ found, terms }) => found.spki.equals(terms.spki),
  },
  {
    name: 'it is a CA of the given path length',
    clause: 'RFC 5280 4.2.1.9',
    holds: ({ found, terms }) => found.isCa && found.pathLength === terms.pathLength,
  },
  {
    name: "the signer's path length allows it",
    clause: 'RFC 5280 4.2.1.9',
    holds: ({ terms: { by, pathLength, isVoucher } }) =>
      isVoucher === true || by?.pathLength === undefined || by.pathLength > pathLength,
  },
  {
    name: 'keyUsage is critical, keyCertSign and cRLSign alone',
    clause: 'X.509-SVID 4.3',
    holds: ({ found: { keyUsage } }) =>
      keyUsage?.critical === true &&
      keyUsage.bits.size === 2 &&
      keyUsage.bits.has('keyCertSign') &&
      keyUsage.bits.has('cRLSign'),
  },
  {
    name: 'its one name is the trust domain',
    clause: 'X.509-SVID 3.1',
    holds: ({ found, terms }) =>
      found.uriNames.length === 1 &&
      found.uriNames[0] === trustDomainUri(terms.trustDomain) &&
      found.dnsNames.length + found.otherNames === 0,
  },
  {
    name: 'the subject key identifier is there',
    clause: 'RFC 5280 4.2.1.2',
    holds: ({ found }) => found.subjectKeyId !== undefined && found.subjectKeyId.length > 0,
  },
  {
    name: "the authority key identifier is the signer's",
    clause: 'RFC 5280 4.2.1.1',
    holds: ({ found, terms: { by } }) =>
      by === undefined
        ? found.authorityKeyId === undefined
        : by.subjectKeyId !== undefined && found.authorityKeyId?.equals(by.subjectKeyId) === true,
  },
  {
    name: 'there is no other extension',
    clause: 'DESIGN 4.2',
    holds: ({ found, terms: { by } }) => {
      const written = by === undefined ? WRITTEN : [...WRITTEN, EXTENSION.authorityKeyIdentifier];
      return (
        found.extensions.length === written.length &&
        written.every((oid) => found.extensions.some((extension) => extension.oid === oid))
      );
    },
  },
  {
    name: 'verifiers take it for an authority of the trust domain',
    clause: 'X.509-SVID 5.2',
    holds: ({ found, terms }) => checkAuthority(found, terms.trustDomain).ok,
  },
];

/** The names of the rules that the bytes break, each with its clause; empty if they may be signed. */
export function lintAuthority(tbs: Buffer, terms: AuthorityTerms): readonly string[] {
  // The parser wants a whole certificate: this one has a signature of nobody, and leaves this function by no way.
  const found = parseCertificate(encodeCertificate(tbs, NOBODY));
  if (!found.ok) return [`it can be read (RFC 5280 4.1): ${found.refusal.detail}`];
  const scene = { found: found.value, terms };
  return RULES.filter(({ holds }) => !holds(scene)).map(({ name, clause }) => `${name} (${clause})`);
}

/** The same bytes, if they may be signed. Throws ISSUE_LINT, naming each broken rule. */
export function lintedAuthority(tbs: Buffer, terms: AuthorityTerms): Buffer {
  const broken = lintAuthority(tbs, terms);
  if (broken.length > 0) throw new Fault('ISSUE_LINT', broken.join('; '));
  return tbs;
}
