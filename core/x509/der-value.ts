/**
 * The contents of DER primitives: each reader takes the content bytes, refuses what DER would have written otherwise
 * (X.690 section 8 and 11), and gives the value. Never throws anything but `DerError`.
 */
import { isAscii, isUtf8 } from 'node:buffer';

/** Thrown by the readers of DER, caught by `readDer`: it leaves no other room. */
export class DerError extends Error {}

const MOST_OID_BYTES = 64;

/** Gives a BOOLEAN: one byte, FF or 00. */
export function booleanOf(content: Buffer): boolean {
  const [value] = content;
  if (content.length !== 1 || (value !== 0x00 && value !== 0xff)) throw new DerError('BOOLEAN other than 00 or FF');
  return value === 0xff;
}

/** Gives the content of an INTEGER as it is, two's complement, once it is minimal. */
export function integerOf(content: Buffer): Buffer {
  const [first, second] = content;
  if (first === undefined) throw new DerError('INTEGER without content');
  const sign = second === undefined ? undefined : second & 0x80;
  if ((first === 0x00 && sign === 0) || (first === 0xff && sign === 0x80)) throw new DerError('INTEGER is not minimal');
  return content;
}

/** Gives a small INTEGER, 0 to 2^31 - 1. */
export function smallIntegerOf(content: Buffer): number {
  const bytes = integerOf(content);
  if (bytes.length > 4 || (bytes[0] ?? 0) > 0x7f) throw new DerError('INTEGER outside of 0 to 2^31 - 1');
  return bytes.readUIntBE(0, bytes.length);
}

/** Gives a BIT STRING: how many bits of the last byte are padding (they are zero), and the bytes. */
export function bitsOf(content: Buffer): { readonly unused: number; readonly bytes: Buffer } {
  const [unused] = content;
  const last = content.at(-1) ?? 0;
  if (unused === undefined || unused > 7) throw new DerError('BIT STRING without a count of unused bits');
  if (unused > 0 && (content.length === 1 || (last & ((1 << unused) - 1)) !== 0))
    throw new DerError('BIT STRING with unused bits set');
  return { unused, bytes: content.subarray(1) };
}

/** Gives a BIT STRING of whole bytes: a key or a signature. */
export function octetsOf(content: Buffer): Buffer {
  const { unused, bytes } = bitsOf(content);
  if (unused !== 0) throw new DerError('BIT STRING that is not whole bytes');
  return bytes;
}

/** Gives an OBJECT IDENTIFIER as dotted text, of any size of component (`2.25.` holds 128 bits). Limit: 64 bytes. */
export function oidOf(content: Buffer): string {
  return longestComponent(content) <= MOST_SMALL_BYTES ? smallOidOf(content) : largeOidOf(content);
}

/** Throws what `oidOf` throws, and makes no text. */
export function checkOid(content: Buffer): void {
  longestComponent(content);
}

/** Seven bits each: 42 bits, exact in a number. */
const MOST_SMALL_BYTES = 6;

function longestComponent(content: Buffer): number {
  const last = content.at(-1);
  if (last === undefined || last > 0x7f || content.length > MOST_OID_BYTES)
    throw new DerError('OID is cut off or too long');
  let longest = 0;
  let length = 0;
  for (let at = 0; at < content.length; at += 1) {
    const byte = content[at] ?? 0;
    if (length === 0 && byte === 0x80) throw new DerError('OID with a padded component');
    length += 1;
    if (length > longest) longest = length;
    if (byte <= 0x7f) length = 0;
  }
  return longest;
}

/** The first two components share one number (X.690 section 8.19.4). */
function smallOidOf(content: Buffer): string {
  let text = '';
  let part = 0;
  for (let at = 0; at < content.length; at += 1) {
    const byte = content[at] ?? 0;
    part = part * 128 + (byte & 0x7f);
    if (byte > 0x7f) continue;
    if (text !== '') text += `.${part}`;
    else text = part < 80 ? `${Math.trunc(part / 40)}.${part % 40}` : `2.${part - 80}`;
    part = 0;
  }
  return text;
}

function largeOidOf(content: Buffer): string {
  const parts: bigint[] = [];
  let part = 0n;
  for (const byte of content) {
    part = (part << 7n) | BigInt(byte & 0x7f);
    if (byte > 0x7f) continue;
    parts.push(part);
    part = 0n;
  }
  const [both = 0n, ...rest] = parts;
  const top = both < 80n ? both / 40n : 2n;
  return [top, both - top * 40n, ...rest].join('.');
}

/** Gives text of 7-bit characters: IA5String, PrintableString. */
export function asciiOf(content: Buffer): string {
  if (!isAscii(content)) throw new DerError('text with a byte over 7F');
  return content.toString('latin1');
}

/** Gives text of UTF8String. */
export function utf8Of(content: Buffer): string {
  if (!isUtf8(content)) throw new DerError('UTF8String is not UTF-8');
  return content.toString('utf8');
}
