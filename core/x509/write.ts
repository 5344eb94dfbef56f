/**
 * Writes certificates (RFC 5280 section 4.1): first the bytes to be signed, then, once someone signed them, the whole.
 * Holds no key and signs nothing. Signature algorithm: ecdsa-with-SHA256, the only one that our CA uses.
 */
import type { EpochSeconds } from '../time/units.ts';
import { bitString, constructed, derOf, oid, primitive, raw, unsigned, type Asn1 } from './asn1.ts';
import { TAG } from './der.ts';
import { ATTRIBUTE, SIGNATURE } from './oid.ts';
import { formatValidityTime } from './time.ts';

/** An extension to be written. */
export interface Extension {
  /** DER of the OBJECT IDENTIFIER, tag and length included. */
  readonly oid: Buffer;
  readonly critical: boolean;
  /** What goes inside the OCTET STRING. */
  readonly value: Buffer;
}

export interface CertificateTemplate {
  /** 1 to 20 bytes, taken as an unsigned number; the first bit of the first byte is 0 and it is not zero, so that 16 bytes stay 16. */
  readonly serial: Buffer;
  /** DER of the issuer's Name, byte for byte as in its certificate. */
  readonly issuer: Buffer;
  /** DER of a Name; `EMPTY_NAME` for a leaf. */
  readonly subject: Buffer;
  readonly notBefore: EpochSeconds;
  /** Inclusive. */
  readonly notAfter: EpochSeconds;
  /** DER of the SubjectPublicKeyInfo. */
  readonly spki: Buffer;
  /** In this order; at least one. */
  readonly extensions: readonly Extension[];
}

/** DER of a Name without any part. */
export const EMPTY_NAME = Buffer.from([TAG.sequence, 0]);

const TAG_VERSION = 0xa0;
const TAG_EXTENSIONS = 0xa3;
const VERSION_3 = Buffer.from([2]);
/** AlgorithmIdentifier without parameters (RFC 5758 section 3.2). */
const ECDSA_WITH_SHA256 = constructed(TAG.sequence, [oid(SIGNATURE.ecdsaWithSha256)]);

/** Gives the bytes to be signed. Checks nothing: the linter reads what comes out. */
export function encodeTbs(template: CertificateTemplate): Buffer {
  const validity = [time(template.notBefore), time(template.notAfter)];
  const parts = [
    constructed(TAG_VERSION, [primitive(TAG.integer, VERSION_3)]),
    unsigned(template.serial),
    ECDSA_WITH_SHA256,
    raw(template.issuer),
    constructed(TAG.sequence, validity),
    raw(template.subject),
    raw(template.spki),
    constructed(TAG_EXTENSIONS, [constructed(TAG.sequence, template.extensions.map(encodeExtension))]),
  ];
  return derOf(constructed(TAG.sequence, parts));
}

/** Gives the certificate from the signed bytes and the ECDSA signature in its DER form. */
export function encodeCertificate(tbs: Buffer, signature: Buffer): Buffer {
  return encodeSigned(tbs, signature);
}

/** Gives SEQUENCE { signed, ecdsa-with-SHA256, BIT STRING }, the outer form of certificates and of PKCS#10 requests. */
export function encodeSigned(signed: Buffer, signature: Buffer): Buffer {
  return derOf(constructed(TAG.sequence, [raw(signed), ECDSA_WITH_SHA256, bitString(signature)]));
}

/** Gives the DER of a Name with one commonName as UTF8String. Limit of the standard: 64 characters. */
export function encodeName(commonName: string): Buffer {
  const attribute = [oid(ATTRIBUTE.commonName), primitive(TAG.utf8String, Buffer.from(commonName, 'utf8'))];
  return derOf(constructed(TAG.sequence, [constructed(TAG.set, [constructed(TAG.sequence, attribute)])]));
}

function encodeExtension({ oid: name, critical, value }: Extension): Asn1 {
  const flag = critical ? [primitive(TAG.boolean, Buffer.from([0xff]))] : [];
  return constructed(TAG.sequence, [raw(name), ...flag, primitive(TAG.octetString, value)]);
}

function time(instant: EpochSeconds): Asn1 {
  const { tag, text } = formatValidityTime(instant);
  return primitive(tag, text);
}
