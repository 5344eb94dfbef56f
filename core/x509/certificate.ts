/**
 * Reads a certificate (RFC 5280 section 4.1) once, from DER, into a frozen value. Names of the subject come from here only,
 * never from text that Node or OpenSSL printed. Verifies no signature, judges no rule of X.509-SVID: `svid.ts` does.
 */
import { createHash } from 'node:crypto';

import { admit, type Outcome } from '../fault/refusal.ts';
import type { EpochSeconds } from '../time/units.ts';
import { DerError, octetsOf, oidOf, smallIntegerOf } from './der-value.ts';
import { DerReader, readDer, TAG, type DerElement } from './der.ts';
import { readExtensions, type ExtensionFacts } from './extension-facts.ts';
import { validityTimeOf } from './time.ts';

/** Frozen. Buffers are views of `der`, which is a copy of what was read. What the extensions say is in `ExtensionFacts`. */
export interface Certificate extends ExtensionFacts {
  readonly der: Buffer;
  /** SHA-256 of `der`: 32 bytes. */
  readonly thumbprint: Buffer;
  /** Lower-case hex, two digits a byte, without a zero byte in front: how Cleat writes a serial everywhere. */
  readonly serial: string;
  /** The signed bytes. */
  readonly tbs: Buffer;
  /** OID as dotted text; the one inside the signed bytes is the same. */
  readonly signatureAlgorithm: string;
  /** DER of the AlgorithmIdentifier, parameters included. */
  readonly signatureIdentifier: Buffer;
  readonly signature: Buffer;
  /** DER of the Name. */
  readonly issuer: Buffer;
  /** DER of the Name. */
  readonly subject: Buffer;
  readonly subjectIsEmpty: boolean;
  readonly notBefore: EpochSeconds;
  /** Inclusive. */
  readonly notAfter: EpochSeconds;
  /** DER of the SubjectPublicKeyInfo. */
  readonly spki: Buffer;
}

const LIMITS = { code: 'PEER_NOT_SVID', most: 8192 } as const;
const MOST_SERIAL_BYTES = 20;
/** Wrong, but old roots have it, and nobody can change a root (RFC 5280 section 4.1.2.2: "gracefully handle"). */
const ZERO = '00';
/** `[0]` version and `[3]` extensions, both EXPLICIT. */
const TAG_VERSION = 0xa0;
const TAG_EXTENSIONS = 0xa3;
const VERSION_3 = 2;
/** UTF8, Numeric, Printable, Teletex, IA5; not the wide ones, which no CA may begin to use (RFC 5280 section 4.1.2.4). */
const STRINGS: ReadonlySet<number> = new Set([0x0c, 0x12, 0x13, 0x14, 0x16]);

/** Gives the certificate. Never throws, whatever the bytes, and keeps no view of them.
 *  Refuses with PEER_NOT_SVID: more than 8 KiB, anything but strict DER, another version than 3, a serial that is not positive,
 *  a validity that ends before it begins, a malformed name, an extension that is doubled, critical and unknown, or known and malformed. */
export function parseCertificate(bytes: Buffer): Outcome<Certificate> {
  return readDer(bytes, LIMITS, (top, der) => {
    const outer = top.enter(TAG.sequence);
    const tbs = outer.next(TAG.sequence);
    const algorithm = outer.next(TAG.sequence);
    const signature = octetsOf(outer.next(TAG.bitString).content);
    outer.end();
    const thumbprint = createHash('sha256').update(der).digest();
    return admit(Object.freeze({ der, thumbprint, signature, ...readTbs(tbs, algorithm) }));
  });
}

/** The certificate that was read before, as somebody signed it: the same signed bytes and algorithm, byte for byte, and
 *  his signature. Undefined for any other bytes. What was read is not read again. */
export function withSignature(read: Certificate, bytes: Buffer): Certificate | undefined {
  const der = Buffer.from(bytes);
  try {
    const top = new DerReader(der);
    const outer = top.enter(TAG.sequence);
    top.end();
    const tbs = outer.next(TAG.sequence).der;
    const algorithm = outer.next(TAG.sequence).der;
    const signature = octetsOf(outer.next(TAG.bitString).content);
    outer.end();
    if (!tbs.equals(read.tbs) || !algorithm.equals(read.signatureIdentifier)) return undefined;
    const thumbprint = createHash('sha256').update(der).digest();
    return Object.freeze({ ...read, der, tbs, thumbprint, signature });
  } catch (thrown) {
    if (thrown instanceof DerError) return undefined;
    throw thrown;
  }
}

type Signed = Omit<Certificate, 'der' | 'thumbprint' | 'signature'>;

function readTbs(tbs: DerElement, algorithm: DerElement): Signed {
  const reader = new DerReader(tbs.content);
  readVersion(reader.enter(TAG_VERSION));
  const serial = serialOf(reader.next(TAG.integer).content);
  // Two places name the algorithm and only one is signed (RFC 5280 section 4.1.1.2).
  if (!reader.next(TAG.sequence).der.equals(algorithm.der)) throw new DerError('two signature algorithms');
  const issuer = nameOf(reader);
  const validity = readValidity(reader.enter(TAG.sequence));
  const subject = nameOf(reader);
  const spki = spkiOf(reader);
  const facts = readExtensions(reader.hasMore() ? reader.enter(TAG_EXTENSIONS) : undefined);
  reader.end();
  if (serial === ZERO && !(facts.isCa && subject.der.equals(issuer.der)))
    throw new DerError('serial number is not positive');
  return {
    ...facts,
    ...validity,
    tbs: tbs.der,
    serial,
    signatureAlgorithm: algorithmOf(new DerReader(algorithm.content)),
    signatureIdentifier: algorithm.der,
    issuer: issuer.der,
    subject: subject.der,
    subjectIsEmpty: subject.content.length === 0,
    spki: spki.der,
  };
}

function readVersion(reader: DerReader): void {
  const version = smallIntegerOf(reader.next(TAG.integer).content);
  reader.end();
  if (version !== VERSION_3) throw new DerError(`certificate version ${version + 1}, not 3`);
}

/** AlgorithmIdentifier ::= SEQUENCE { algorithm, parameters OPTIONAL } */
function algorithmOf(reader: DerReader): string {
  const oid = oidOf(reader.next(TAG.oid).content);
  if (reader.hasMore()) reader.next();
  reader.end();
  return oid;
}

/** Name ::= SEQUENCE OF SET SIZE (1..MAX) OF SEQUENCE { type, value }. Nobody reads the values: a name here is bytes to compare. */
function nameOf(reader: DerReader): DerElement {
  const name = reader.next(TAG.sequence);
  const parts = new DerReader(name.content);
  while (parts.hasMore()) {
    const part = parts.enter(TAG.set);
    do checkAttribute(part.enter(TAG.sequence));
    while (part.hasMore());
  }
  return name;
}

function checkAttribute(reader: DerReader): void {
  oidOf(reader.next(TAG.oid).content);
  if (!STRINGS.has(reader.next().tag)) throw new DerError('name with a value that is no string');
  reader.end();
}

/** SubjectPublicKeyInfo ::= SEQUENCE { AlgorithmIdentifier, BIT STRING }. Whether the key may be used: `public-key.ts`. */
function spkiOf(reader: DerReader): DerElement {
  const spki = reader.next(TAG.sequence);
  const parts = new DerReader(spki.content);
  algorithmOf(parts.enter(TAG.sequence));
  octetsOf(parts.next(TAG.bitString).content);
  parts.end();
  return spki;
}

function serialOf(content: Buffer): string {
  const magnitude = content[0] === 0 ? content.subarray(1) : content;
  if ((content[0] ?? 0) > 0x7f) throw new DerError('serial number is not positive');
  if (content.length > MOST_SERIAL_BYTES) throw new DerError('serial number of more than 20 bytes');
  return magnitude.toString('hex') || ZERO;
}

function readValidity(reader: DerReader): { notBefore: EpochSeconds; notAfter: EpochSeconds } {
  const notBefore = validityTimeOf(reader);
  const notAfter = validityTimeOf(reader);
  reader.end();
  if (notAfter < notBefore) throw new DerError('validity ends before it begins');
  return { notBefore, notAfter };
}
