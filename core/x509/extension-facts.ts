/**
 * Reads the extensions of a certificate (RFC 5280 section 4.2). One that comes twice, is critical and unknown, or is known
 * and malformed refuses the whole certificate by a `DerError`; only the lineage, which is ours and optional, is let go.
 */
import { asciiOf, booleanOf, DerError, oidOf, smallIntegerOf } from './der-value.ts';
import { openDer, TAG, type DerReader } from './der.ts';
import { readKeyUsage, type KeyUsage } from './key-usage.ts';
import { decodeLineage, LINEAGE_OID_DER, type Lineage } from './lineage.ts';
import { EXTENSION } from './oid.ts';

/** What the extensions say; what is absent is `undefined`, empty or false. */
export interface ExtensionFacts {
  /** basicConstraints cA. */
  readonly isCa: boolean;
  readonly pathLength: number | undefined;
  readonly keyUsage: { readonly critical: boolean; readonly bits: ReadonlySet<KeyUsage> } | undefined;
  /** OIDs as dotted text, in order, at least one. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  /** Of the subject alternative names: critical, URIs, DNS names, and the count of all others. */
  readonly sanCritical: boolean;
  readonly uriNames: readonly string[];
  readonly dnsNames: readonly string[];
  readonly otherNames: number;
  readonly subjectKeyId: Buffer | undefined;
  readonly authorityKeyId: Buffer | undefined;
  /** Of a leaf only; `undefined` if absent or malformed. */
  readonly lineage: Lineage | undefined;
  readonly isLineageMalformed: boolean;
  /** All of them, known or not, in the order of the certificate. */
  readonly extensions: readonly RawExtension[];
}

export interface RawExtension {
  /** OID as dotted text. */
  readonly oid: string;
  readonly critical: boolean;
  /** The DER inside the OCTET STRING. */
  readonly value: Buffer;
}

/** A critical extension other than these refuses the certificate: it would go unheeded. */
const HEEDED: ReadonlySet<string> = new Set([
  EXTENSION.keyUsage,
  EXTENSION.subjectAltName,
  EXTENSION.basicConstraints,
  EXTENSION.extendedKeyUsage,
  // Of a CA. OpenSSL holds the names of the chain against it; a leaf may not have it (RFC 5280 section 4.2.1.10).
  EXTENSION.nameConstraints,
]);
const LINEAGE_OID = LINEAGE_OID_DER.subarray(2);
const LINEAGE = oidOf(LINEAGE_OID);

/** Gives the facts from what stands inside the certificate's `[3]`; `undefined` where it has none. Throws a `DerError`. */
export function readExtensions(list: DerReader | undefined): ExtensionFacts {
  const extensions = list === undefined ? [] : readList(list);
  const find = (oid: string): RawExtension | undefined => extensions.find((extension) => extension.oid === oid);
  const { isCa, pathLength } = readValue(find(EXTENSION.basicConstraints), readBasicConstraints) ?? NO_CONSTRAINTS;
  const keyUsage = find(EXTENSION.keyUsage);
  const bits = readValue(keyUsage, (top) => readKeyUsage(top.next(TAG.bitString).content));
  const names = find(EXTENSION.subjectAltName);
  readValue(find(EXTENSION.authorityInfoAccess), checkAccess);
  if (!isCa && find(EXTENSION.nameConstraints)) throw new DerError('name constraints in a leaf');
  const ancestry = isCa ? undefined : find(LINEAGE);
  const lineage = ancestry && decodeLineage(ancestry.value);
  return {
    isCa,
    pathLength,
    keyUsage: bits && { critical: keyUsage?.critical ?? false, bits },
    extendedKeyUsage: readValue(find(EXTENSION.extendedKeyUsage), readPurposes),
    sanCritical: names?.critical ?? false,
    ...(readValue(names, readNames) ?? NO_NAMES),
    subjectKeyId: readValue(find(EXTENSION.subjectKeyIdentifier), (top) => top.next(TAG.octetString).content),
    authorityKeyId: readValue(find(EXTENSION.authorityKeyIdentifier), readAuthorityKeyId),
    lineage,
    isLineageMalformed: ancestry !== undefined && lineage === undefined,
    extensions,
  };
}

/** Extensions ::= SEQUENCE SIZE (1..MAX) OF SEQUENCE { extnID, critical DEFAULT FALSE, extnValue } */
function readList(outer: DerReader): readonly RawExtension[] {
  const list = outer.enter(TAG.sequence);
  outer.end();
  const extensions: RawExtension[] = [];
  const seen = new Set<string>();
  do {
    const extension = readOne(list.enter(TAG.sequence));
    if (seen.has(extension.oid)) throw new DerError(`extension ${extension.oid} twice`);
    if (extension.critical && !HEEDED.has(extension.oid)) throw new DerError(`critical extension ${extension.oid}`);
    seen.add(extension.oid);
    extensions.push(extension);
  } while (list.hasMore());
  return extensions;
}

function readOne(reader: DerReader): RawExtension {
  const name = reader.next(TAG.oid).content;
  // Its component of 128 bits would cost more than all other names of a leaf together.
  const oid = name.equals(LINEAGE_OID) ? LINEAGE : oidOf(name);
  const critical = readFlag(reader);
  const value = reader.next(TAG.octetString).content;
  reader.end();
  return { oid, critical, value };
}

/** A BOOLEAN DEFAULT FALSE: DER leaves the default out, so a written FALSE is wrong (X.690 section 11.5). */
function readFlag(reader: DerReader): boolean {
  if (!reader.has(TAG.boolean)) return false;
  if (!booleanOf(reader.next().content)) throw new DerError('FALSE where DER writes nothing');
  return true;
}

function readValue<T>(extension: RawExtension | undefined, read: (top: DerReader) => T): T | undefined {
  return extension && read(openDer(extension.value));
}

const NO_CONSTRAINTS = { isCa: false, pathLength: undefined } as const;

function readBasicConstraints(top: DerReader): { isCa: boolean; pathLength: number | undefined } {
  const reader = top.enter(TAG.sequence);
  const isCa = readFlag(reader);
  const pathLength = reader.has(TAG.integer) ? smallIntegerOf(reader.next().content) : undefined;
  reader.end();
  if (pathLength !== undefined && !isCa) throw new DerError('path length without CA');
  return { isCa, pathLength };
}

function readPurposes(top: DerReader): readonly string[] {
  const reader = top.enter(TAG.sequence);
  const purposes: string[] = [];
  do purposes.push(oidOf(reader.next(TAG.oid).content));
  while (reader.hasMore());
  return purposes;
}

const NO_NAMES = { uriNames: [], dnsNames: [], otherNames: 0 } as const;
/** GeneralName (RFC 5280 section 4.2.1.6): IMPLICIT tags, constructed for 0, 3, 4 and 5. */
const TAG_DNS = 0x82;
const TAG_URI = 0x86;
const TAG_OTHERS: ReadonlySet<number> = new Set([0xa0, 0x81, 0xa3, 0xa4, 0xa5, 0x87, 0x88]);

function readNames(top: DerReader): Pick<ExtensionFacts, 'uriNames' | 'dnsNames' | 'otherNames'> {
  const reader = top.enter(TAG.sequence);
  const uriNames: string[] = [];
  const dnsNames: string[] = [];
  let otherNames = 0;
  do {
    const { tag, content } = reader.next();
    if (tag === TAG_URI) uriNames.push(asciiOf(content));
    else if (tag === TAG_DNS) dnsNames.push(asciiOf(content));
    else if (TAG_OTHERS.has(tag)) otherNames += 1;
    else throw new DerError('alternative name of an unknown kind');
  } while (reader.hasMore());
  return { uriNames, dnsNames, otherNames };
}

/** AuthorityInfoAccessSyntax ::= SEQUENCE SIZE (1..MAX) OF SEQUENCE { accessMethod OID, accessLocation GeneralName }. Nobody follows it. */
function checkAccess(top: DerReader): void {
  const list = top.enter(TAG.sequence);
  do {
    const access = list.enter(TAG.sequence);
    oidOf(access.next(TAG.oid).content);
    access.next();
    access.end();
  } while (list.hasMore());
}

/** AuthorityKeyIdentifier ::= SEQUENCE { [0] keyIdentifier, [1] issuer, [2] serial }, all optional; only the first is of use. */
function readAuthorityKeyId(top: DerReader): Buffer | undefined {
  const reader = top.enter(TAG.sequence);
  return reader.has(0x80) ? reader.next().content : undefined;
}
