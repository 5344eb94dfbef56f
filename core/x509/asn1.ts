/**
 * Writes DER (X.690 section 10): a tree of elements first, whose lengths are known as it grows, then all bytes at once.
 * Checks no meaning: who writes reads back what came out. Never reads anything but the head of what it wraps.
 */
import { DerReader, TAG } from './der.ts';

/** An element to be written. */
export interface Asn1 {
  /** The whole first byte; undefined where `content` is an element already. */
  readonly tag: number | undefined;
  readonly content: Buffer | readonly Asn1[];
  /** Bytes of the content. */
  readonly length: number;
}

const CONSTRUCTED = 0x20;

/** Gives an element that holds others. `tag` is the whole first byte: `TAG.sequence`, `TAG.set`, 0xa0 for `[0]`. */
export function constructed(tag: number, children: readonly Asn1[]): Asn1 {
  let length = 0;
  for (const child of children) length += sizeOf(child);
  return { tag: tag | CONSTRUCTED, content: children, length };
}

/** Gives an element that holds bytes, or text as UTF-8. */
export function primitive(tag: number, content: Buffer | string): Asn1 {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return { tag, content: bytes, length: bytes.length };
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

const OID = /^[0-2](?:\.(?:0|[1-9][0-9]{0,9}))+$/;
const COMPONENT_MOST = 0xff_ff_ff_ff;

/** Gives an OBJECT IDENTIFIER; its components must fit in 32 bits. Throws a RangeError for any other text. */
export function oid(text: string): Asn1 {
  const [top = 0, second = 0, ...rest] = text.split('.').map(Number);
  const isLarge = [second, ...rest].some((part) => part > COMPONENT_MOST);
  if (!OID.test(text) || (top < 2 && second > 39) || isLarge) throw new RangeError(`${text} is no OID that is written`);
  return primitive(TAG.oid, Buffer.from([top * 40 + second, ...rest].flatMap(septetsOf)));
}

/** Seven bits a byte, the first bit set in all but the last (X.690 section 8.19.2). */
function septetsOf(component: number): readonly number[] {
  const septets = [component % 128];
  for (let left = Math.floor(component / 128); left > 0; left = Math.floor(left / 128))
    septets.unshift((left % 128) | 0x80);
  return septets;
}

/** Gives the one element that is DER already, unchanged: a Name, a public key, signed bytes. */
export function raw(der: Buffer): Asn1 {
  const content = new DerReader(der).next().der;
  return { tag: undefined, content, length: content.length };
}

/** Gives the bytes. */
export function derOf(element: Asn1): Buffer {
  const bytes = Buffer.allocUnsafe(sizeOf(element));
  write(element, bytes, 0);
  return bytes;
}

function sizeOf({ tag, length }: Asn1): number {
  return tag === undefined ? length : 1 + lengthBytes(length) + length;
}

/** Bytes that the length takes: one below 128, else one that says how many follow. */
function lengthBytes(length: number): number {
  if (length < 0x80) return 1;
  if (length < 0x1_00) return 2;
  return length < 0x1_00_00 ? 3 : 4;
}

/** Gives where the next element begins. */
function write({ tag, content, length }: Asn1, into: Buffer, start: number): number {
  let at = tag === undefined ? start : writeHead(into, start, { tag, length });
  if (Buffer.isBuffer(content)) return at + content.copy(into, at);
  for (const child of content) at = write(child, into, at);
  return at;
}

function writeHead(
  into: Buffer,
  at: number,
  { tag, length }: { readonly tag: number; readonly length: number },
): number {
  const most = lengthBytes(length) - 1;
  into[at] = tag;
  into[at + 1] = most === 0 ? length : 0x80 | most;
  return most === 0 ? at + 2 : into.writeUIntBE(length, at + 2, most);
}
