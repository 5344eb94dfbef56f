/**
 * Writes DER with node-forge's asn1, and uses nothing else of node-forge: no reading, no verifying, no keys
 * (docs/dependencies.md). It wants bytes as latin-1 text; that stays in this file.
 */
import asn1, { type Asn1 } from 'node-forge/lib/asn1.js';

import { DerReader, TAG } from './der.ts';

export type { Asn1 };

/** node-forge joins class and number with `|`, so class 0 and the whole first byte as the "number" writes any tag. */
const ANY = 0x00;
const CLASS = 0xc0;
const CONSTRUCTED = 0x20;

/** Gives an element that holds others. `tag` is the whole first byte: `TAG.sequence`, `TAG.set`, 0xa0 for `[0]`. */
export function constructed(tag: number, children: readonly Asn1[]): Asn1 {
  return asn1.create(tag & CLASS, tag & ~CLASS & ~CONSTRUCTED, true, children);
}

/** Gives an element that holds bytes, or text as UTF-8: latin-1 would cut U+0173 down to an `s`. */
export function primitive(tag: number, content: Buffer | string): Asn1 {
  return asn1.create(ANY, tag, false, Buffer.from(content).toString('latin1'));
}

/** Gives an unsigned INTEGER, minimal and positive, from its bytes. */
export function unsigned(bytes: Buffer): Asn1 {
  const start = bytes.findIndex((byte) => byte !== 0);
  const magnitude = start === -1 ? Buffer.from([0]) : bytes.subarray(start);
  const isNegative = (magnitude[0] ?? 0) > 0x7f;
  return primitive(TAG.integer, isNegative ? Buffer.concat([Buffer.from([0]), magnitude]) : magnitude);
}

/** Gives a BIT STRING of whole bytes: a key or a signature. */
export function bitString(bytes: Buffer): Asn1 {
  return primitive(TAG.bitString, Buffer.concat([Buffer.from([0]), bytes]));
}

/** Gives an OBJECT IDENTIFIER; its components must fit in 32 bits. */
export function oid(text: string): Asn1 {
  return primitive(TAG.oid, Buffer.from(asn1.oidToDer(text).getBytes(), 'latin1'));
}

/** Gives the one element that is DER already, unchanged: a Name, a public key, signed bytes. */
export function raw(der: Buffer): Asn1 {
  const { tag, content } = new DerReader(der).next();
  return primitive(tag, content);
}

/** Gives the bytes. */
export function derOf(element: Asn1): Buffer {
  return Buffer.from(asn1.toDer(element).getBytes(), 'latin1');
}
