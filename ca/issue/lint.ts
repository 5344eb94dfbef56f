/**
 * Reads the bytes that are to be signed as a stranger would, and checks them against the grant, rule by rule. Pure.
 * It shares the parser with verifiers but nothing with the writer: a fault of the template is found before it is signed.
 */
import type { EpochSeconds } from '../../core/time/units.ts';
import { parseCertificate, type Certificate } from '../../core/x509/certificate.ts';
import type { Lineage } from '../../core/x509/lineage.ts';
import { EXTENSION, PURPOSE, SIGNATURE } from '../../core/x509/oid.ts';
import { checkSvid } from '../../core/x509/svid.ts';
import { encodeCertificate } from '../../core/x509/write.ts';
import type { Draft } from './template.ts';

interface Scene {
  readonly leaf: Certificate;
  readonly draft: Draft;
  readonly issuer: Certificate;
  readonly issuerEnds: EpochSeconds;
}

interface Rule {
  readonly name: string;
  /** The standard's clause, or ours. */
  readonly clause: string;
  readonly holds: (scene: Scene) => boolean;
}

/** Longest time, in seconds, by which notBefore may lie before the issue. */
const BACKDATE_MOST = 60;
/** What the template writes besides the lineage, which has no name in the table. */
const WRITTEN: readonly string[] = [
  EXTENSION.basicConstraints,
  EXTENSION.keyUsage,
  EXTENSION.extendedKeyUsage,
  EXTENSION.subjectAltName,
  EXTENSION.subjectKeyIdentifier,
  EXTENSION.authorityKeyIdentifier,
];
const NOBODY = Buffer.alloc(64);
/** A serial of fewer bits than this is not from our random source. 128 bits with 32 leading zeros: one in 2^32. */
const SERIAL_LEAST_DIGITS = 24;

const RULES: readonly Rule[] = [
  {
    name: 'the serial is long and random',
    clause: 'RFC 5280 4.1.2.2',
    holds: ({ leaf }) => leaf.serial.length >= SERIAL_LEAST_DIGITS && leaf.serial.length <= 40,
  },
  {
    name: 'the signature algorithm is ecdsa-with-SHA256',
    clause: 'RFC 5758 3.2',
    holds: ({ leaf }) => leaf.signatureAlgorithm === SIGNATURE.ecdsaWithSha256,
  },
  {
    name: "the issuer is the signer's subject",
    clause: 'RFC 5280 4.1.2.4',
    holds: ({ leaf, issuer }) => leaf.issuer.equals(issuer.subject),
  },
  { name: 'the subject is empty', clause: 'DESIGN 4.2', holds: ({ leaf }) => leaf.subjectIsEmpty },
  {
    name: 'notBefore is backdated by 60 s at most',
    clause: 'DESIGN 4.2',
    holds: ({ leaf, draft: { grant } }) =>
      leaf.notBefore <= grant.issuedAt && grant.issuedAt - leaf.notBefore <= BACKDATE_MOST,
  },
  {
    name: 'notAfter is the granted one',
    clause: 'DESIGN 4.2',
    holds: ({ leaf, draft: { grant } }) => leaf.notAfter === grant.notAfter && leaf.notAfter > grant.issuedAt,
  },
  {
    name: "notAfter is not past the issuer's, nor past any end on the way to the root",
    clause: 'RFC 5280 6.1',
    holds: ({ leaf, issuer, issuerEnds }) => leaf.notAfter <= issuer.notAfter && leaf.notAfter <= issuerEnds,
  },
  {
    name: 'the key is the granted one',
    clause: 'DESIGN 4.2',
    holds: ({ leaf, draft: { grant } }) => leaf.spki.equals(grant.spki),
  },
  {
    name: "the key is not the issuer's",
    clause: 'RFC 5280 4.2.1.9',
    holds: ({ leaf, issuer }) => !leaf.spki.equals(issuer.spki),
  },
  { name: 'it is no CA', clause: 'RFC 5280 4.2.1.9', holds: ({ leaf }) => !leaf.isCa && leaf.pathLength === undefined },
  {
    name: 'keyUsage is critical and digitalSignature alone',
    clause: 'X.509-SVID 4.3',
    holds: ({ leaf }) =>
      leaf.keyUsage?.critical === true && leaf.keyUsage.bits.size === 1 && leaf.keyUsage.bits.has('digitalSignature'),
  },
  {
    name: 'extendedKeyUsage is serverAuth and clientAuth',
    clause: 'X.509-SVID 4.4',
    holds: ({ leaf }) => sameList(leaf.extendedKeyUsage ?? [], [PURPOSE.serverAuth, PURPOSE.clientAuth]),
  },
  {
    name: 'the alternative names are critical and the granted ones alone',
    clause: 'RFC 5280 4.2.1.6',
    holds: ({ leaf, draft: { grant } }) =>
      leaf.sanCritical &&
      leaf.otherNames === 0 &&
      sameList(leaf.uriNames, [grant.id.uri]) &&
      sameList(leaf.dnsNames, grant.dnsNames),
  },
  {
    name: 'verifiers take it for an SVID of the granted identity',
    clause: 'X.509-SVID 5.2',
    holds: ({ leaf, draft: { grant } }) => {
      const id = checkSvid(leaf, grant.id.trustDomain);
      return id.ok && id.value.uri === grant.id.uri;
    },
  },
  {
    name: 'the subject key identifier is there',
    clause: 'RFC 5280 4.2.1.2',
    holds: ({ leaf }) => leaf.subjectKeyId !== undefined && leaf.subjectKeyId.length > 0,
  },
  {
    name: "the authority key identifier is the issuer's",
    clause: 'RFC 5280 4.2.1.1',
    holds: ({ leaf, issuer }) =>
      issuer.subjectKeyId !== undefined && leaf.authorityKeyId?.equals(issuer.subjectKeyId) === true,
  },
  {
    name: 'the lineage is the planned one',
    clause: 'DESIGN 4.3',
    holds: ({ leaf, draft }) => leaf.lineage !== undefined && isSameLineage(leaf.lineage, draft.lineage),
  },
  {
    name: 'there is no other extension',
    clause: 'DESIGN 4.2',
    holds: ({ leaf }) =>
      leaf.extensions.length === WRITTEN.length + 1 &&
      WRITTEN.every((oid) => leaf.extensions.some((extension) => extension.oid === oid)),
  },
];

/** What was read of a draft, which somebody has yet to sign, and the names of the rules that it breaks, each with its
 *  clause: none if it may be signed. */
export interface Linted {
  /** Its signature is nobody's. Undefined where the bytes cannot be read. */
  readonly unsigned: Certificate | undefined;
  readonly broken: readonly string[];
}

/** `issuerEnds` is the first end on the way from the issuer to its root; without it the issuer is the root. */
export function lint(draft: Draft, issuer: Certificate, issuerEnds = issuer.notAfter): Linted {
  // The parser wants a whole certificate: nobody's signature verifies, and a real one takes its place when it is signed.
  const leaf = parseCertificate(encodeCertificate(draft.tbs, NOBODY));
  if (!leaf.ok) return { unsigned: undefined, broken: [`it can be read (RFC 5280 4.1): ${leaf.refusal.detail}`] };
  const scene = { leaf: leaf.value, draft, issuer, issuerEnds };
  const broken = RULES.filter(({ holds }) => !holds(scene)).map(({ name, clause }) => `${name} (${clause})`);
  return { unsigned: leaf.value, broken };
}

function isSameLineage(found: Lineage, planned: Lineage): boolean {
  return (
    found.id.equals(planned.id) &&
    found.sequence === planned.sequence &&
    found.issuedAt === planned.issuedAt &&
    found.predecessors.length === planned.predecessors.length &&
    found.predecessors.every(({ thumbprint, acceptUntil }, place) => {
      const other = planned.predecessors[place];
      return other !== undefined && thumbprint.equals(other.thumbprint) && acceptUntil === other.acceptUntil;
    })
  );
}

function sameList(found: readonly string[], wanted: readonly string[]): boolean {
  return found.length === wanted.length && found.every((value, place) => value === wanted[place]);
}
