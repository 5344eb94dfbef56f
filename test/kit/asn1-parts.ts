/**
 * Certificates and requests from single parts, so that a test can put a wrong one in the place of one sound one.
 * Names follow the ASN.1 of RFC 5280 section 4.1 and RFC 2986.
 */
import { sign, type KeyObject } from 'node:crypto';

import { bitString, constructed, derOf, oid, primitive, raw, unsigned, type Asn1 } from '../../core/x509/asn1.ts';
import { DerReader, TAG } from '../../core/x509/der.ts';
import { EMPTY_NAME, encodeTbs, type CertificateTemplate } from '../../core/x509/write.ts';
import { spkiOf, testKey } from './x509.ts';

export const NULL = primitive(TAG.null, '');
export const TRUE = primitive(TAG.boolean, Buffer.from([0xff]));
export const sequence = (...parts: readonly Asn1[]): Asn1 => constructed(TAG.sequence, parts);
export const set = (...parts: readonly Asn1[]): Asn1 => constructed(TAG.set, parts);
export const octets = (content: Buffer | string): Asn1 => primitive(TAG.octetString, content);
export const integer = (...content: readonly number[]): Asn1 => primitive(TAG.integer, Buffer.from(content));
export const utcTime = (text: string): Asn1 => primitive(TAG.utcTime, text);
export const ecdsaWithSha256 = (): Asn1 => sequence(oid('1.2.840.10045.4.3.2'));
export const version = (value: number, ...more: readonly Asn1[]): Asn1 => constructed(0xa0, [integer(value), ...more]);
export const extension = (name: string, ...parts: readonly Asn1[]): Asn1 => sequence(oid(name), ...parts);
export const extensions = (...list: readonly Asn1[]): Asn1 => constructed(0xa3, [sequence(...list)]);

/** The parts of a TBSCertificate that parses, in their order. */
export interface TbsParts {
  readonly version: Asn1;
  readonly serial: Asn1;
  readonly algorithm: Asn1;
  readonly issuer: Asn1;
  readonly validity: Asn1;
  readonly subject: Asn1;
  readonly spki: Asn1;
  readonly extensions: Asn1;
}

/** Gives the parts of a certificate that parses; its signature is no signature, for parsing does not look. */
export function soundTbs(): TbsParts {
  return {
    version: version(2),
    serial: unsigned(Buffer.from([1])),
    algorithm: ecdsaWithSha256(),
    issuer: raw(EMPTY_NAME),
    validity: sequence(utcTime('260101000000Z'), utcTime('270101000000Z')),
    subject: raw(EMPTY_NAME),
    spki: raw(spkiOf(testKey())),
    extensions: extensions(extension('1.2.3', octets('x'))),
  };
}

/** Gives the certificate of these parts, followed by the given algorithm, signature and whatever else. */
export function certificateOf(
  tbs: readonly Asn1[],
  outer: readonly Asn1[] = [ecdsaWithSha256(), bitString(Buffer.from([1]))],
): Buffer {
  return derOf(sequence(sequence(...tbs), ...outer));
}

/** What a request is made of; each has a sound default. */
export interface RequestParts {
  readonly version?: Asn1;
  readonly subject?: Buffer;
  readonly spki?: Buffer;
  readonly attributes?: readonly Asn1[];
  /** After the attributes. */
  readonly more?: readonly Asn1[];
  readonly signer?: KeyObject;
  /** `null` for Ed25519. */
  readonly hash?: string | null;
  readonly algorithm?: readonly Asn1[];
  readonly signature?: (info: Buffer) => Buffer;
  /** After the signature. */
  readonly outer?: readonly Asn1[];
}

/** Gives a PKCS#10 request by `key`, signed, sound but for the given parts. */
export function requestOf(key: KeyObject, parts: RequestParts = {}): Buffer {
  const { subject = EMPTY_NAME, spki = spkiOf(key), attributes = [], more = [], signer = key, hash = 'sha256' } = parts;
  const { algorithm = [oid('1.2.840.10045.4.3.2')], outer = [], version: number = integer(0) } = parts;
  const { signature = (bytes: Buffer) => sign(hash, bytes, signer) } = parts;
  const info = derOf(sequence(number, raw(subject), raw(spki), constructed(0xa0, attributes), ...more));
  return derOf(sequence(raw(info), sequence(...algorithm), bitString(signature(info)), ...outer));
}

/** Gives an attribute of a request. */
export const attribute = (name: string, ...values: readonly Asn1[]): Asn1 => sequence(oid(name), set(...values));

/** An AlgorithmIdentifier, and how Node makes such a signature. */
export interface TestScheme {
  readonly algorithm: Asn1;
  readonly digest: string | null;
  readonly options?: { readonly padding?: number; readonly saltLength?: number };
}

/** Gives the certificate of a template, signed by any key in any scheme; its own algorithm is replaced. */
export function signTestAs(template: CertificateTemplate, key: KeyObject, scheme: TestScheme): Buffer {
  const reader = new DerReader(encodeTbs(template)).enter(TAG.sequence);
  const parts: Asn1[] = [];
  while (reader.hasMore()) parts.push(raw(reader.next().der));
  const tbs = derOf(sequence(...parts.with(PLACE_OF_ALGORITHM, scheme.algorithm)));
  const signature = sign(scheme.digest, tbs, { key, ...scheme.options });
  return derOf(sequence(raw(tbs), scheme.algorithm, bitString(signature)));
}

/** After version and serial. */
const PLACE_OF_ALGORITHM = 2;
