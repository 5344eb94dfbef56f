/** keyUsage: the bits by name, and both directions of their DER (RFC 5280 section 4.2.1.3). */
import { bitsOf, DerError } from './der-value.ts';

/** In the order of their bits: digitalSignature is bit 0, the highest of the first byte. */
const NAMES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

export type KeyUsage = (typeof NAMES)[number];

/** Gives the names from the content of the BIT STRING. Throws a `DerError`: no bit, an unknown bit, or a zero at the end,
 *  which DER cuts off where bits have names (X.690 section 11.2.2). */
export function readKeyUsage(content: Buffer): ReadonlySet<KeyUsage> {
  const { unused, bytes } = bitsOf(content);
  const count = bytes.length * 8 - unused;
  const isSet = (bit: number): boolean => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;
  if (count < 1 || count > NAMES.length || !isSet(count - 1))
    throw new DerError('keyUsage is not a minimal list of bits');
  return new Set(NAMES.filter((_name, bit) => isSet(bit)));
}

/** Gives the content of the BIT STRING. */
export function writeKeyUsage(names: readonly KeyUsage[]): Buffer {
  const bits = names.map((name) => NAMES.indexOf(name));
  const last = Math.max(...bits);
  const bytes = Buffer.alloc(1 + (last >> 3) + 1);
  bytes[0] = 7 - (last & 7);
  for (const bit of bits) bytes[1 + (bit >> 3)] = (bytes[1 + (bit >> 3)] ?? 0) | (0x80 >> (bit & 7));
  return bytes;
}
