/** Makes the extensions that our CA writes (DESIGN section 4.2), each with the criticality that RFC 5280 section 4.2.1 asks for. */
import { createHash } from 'node:crypto';

import { constructed, derOf, oid, primitive, unsigned, type Asn1 } from './asn1.ts';
import { octetsOf } from './der-value.ts';
import { DerReader, TAG } from './der.ts';
import { writeKeyUsage, type KeyUsage } from './key-usage.ts';
import { encodeLineage, LINEAGE_OID_DER, type Lineage } from './lineage.ts';
import { EXTENSION, PURPOSE } from './oid.ts';
import type { Extension } from './write.ts';

/** Gives a critical keyUsage with at least one bit. */
export function keyUsage(...names: readonly KeyUsage[]): Extension {
  return extension(EXTENSION.keyUsage, true, primitive(TAG.bitString, writeKeyUsage(names)));
}

/** Gives an extendedKeyUsage, not critical; without arguments serverAuth and clientAuth. */
export function extendedKeyUsage(...purposes: readonly string[]): Extension {
  const listed = purposes.length > 0 ? purposes : [PURPOSE.serverAuth, PURPOSE.clientAuth];
  return extension(EXTENSION.extendedKeyUsage, false, constructed(TAG.sequence, listed.map(oid)));
}

/** Gives critical basicConstraints: of a leaf (`ca` false), or of a CA with at most `pathLength` CAs below it. */
export function basicConstraints(limits: { readonly ca: boolean; readonly pathLength?: number }): Extension {
  const { ca, pathLength } = limits;
  const flag = ca ? [primitive(TAG.boolean, Buffer.from([0xff]))] : [];
  const length = pathLength === undefined ? [] : [unsigned(Buffer.from([pathLength]))];
  return extension(EXTENSION.basicConstraints, true, constructed(TAG.sequence, [...flag, ...length]));
}

/** Names of the subject, ASCII only. */
export interface AlternativeNames {
  readonly uri: string;
  readonly dns?: readonly string[];
}

/** Gives the subjectAltName; it must be critical where the subject is empty. */
export function subjectAltName({ uri, dns = [] }: AlternativeNames, critical: boolean): Extension {
  const names = [primitive(0x86, uri), ...dns.map((name) => primitive(0x82, name))];
  return extension(EXTENSION.subjectAltName, critical, constructed(TAG.sequence, names));
}

/** Gives the identifier of a key: the first 160 bits of the SHA-256 of its BIT STRING (RFC 7093 section 2, method 1). */
export function keyIdOf(spki: Buffer): Buffer {
  const reader = new DerReader(spki).enter(TAG.sequence);
  reader.next(TAG.sequence);
  const key = octetsOf(reader.next(TAG.bitString).content);
  return createHash('sha256').update(key).digest().subarray(0, 20);
}

/** Gives the subjectKeyIdentifier of the certified key. */
export function subjectKeyId(spki: Buffer): Extension {
  return extension(EXTENSION.subjectKeyIdentifier, false, primitive(TAG.octetString, keyIdOf(spki)));
}

/** Gives the authorityKeyIdentifier from the issuer's `subjectKeyId`. */
export function authorityKeyId(keyId: Buffer): Extension {
  return extension(EXTENSION.authorityKeyIdentifier, false, constructed(TAG.sequence, [primitive(0x80, keyId)]));
}

/** Gives the lineage of a leaf, never critical: a verifier that does not know it falls back to RFC 8705. */
export function lineageExtension(lineage: Lineage): Extension {
  return { oid: LINEAGE_OID_DER, critical: false, value: encodeLineage(lineage) };
}

/** Their OIDs in DER: the same few in each certificate. */
const OIDS: ReadonlyMap<string, Buffer> = new Map(Object.values(EXTENSION).map((name) => [name, derOf(oid(name))]));

function extension(name: string, critical: boolean, value: Asn1): Extension {
  return { oid: OIDS.get(name) ?? derOf(oid(name)), critical, value: derOf(value) };
}
