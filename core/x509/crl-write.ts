/**
 * Writes certificate revocation lists (RFC 5280 section 5), version 2, for parties that are not sidecars. Holds no key and
 * signs nothing: whoever has the key signs the bytes and wraps them as a certificate is wrapped.
 */
import { REVOCATION_REASONS, type RevocationReason } from '../identity/revocation.ts';
import type { EpochSeconds } from '../time/units.ts';
import { constructed, derOf, oid, primitive, raw, unsigned, type Asn1 } from './asn1.ts';
import { TAG } from './der.ts';
import { authorityKeyId } from './extensions.ts';
import { EXTENSION, SIGNATURE } from './oid.ts';
import { formatValidityTime } from './time.ts';

export interface CrlEntry {
  /** Lower-case hex, as Cleat writes serials. */
  readonly serial: string;
  readonly revokedAt: EpochSeconds;
  readonly reason: RevocationReason;
}

export interface CrlTemplate {
  /** DER of the issuer's subject, byte for byte as in its certificate. */
  readonly issuer: Buffer;
  /** The issuer's `subjectKeyId`. */
  readonly keyId: Buffer;
  /** Grows with each list of this issuer; below 2^53. */
  readonly number: number;
  readonly thisUpdate: EpochSeconds;
  readonly nextUpdate: EpochSeconds;
  readonly entries: readonly CrlEntry[];
}

const TAG_EXTENSIONS = 0xa0;
const VERSION_2 = Buffer.from([1]);

/** Gives the bytes to be signed (TBSCertList), for ecdsa-with-SHA256. Checks nothing: `parseCrl` reads what comes out. */
export function encodeCrlTbs(template: CrlTemplate): Buffer {
  const entries = template.entries.map(encodeEntry);
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(template.number));
  const keyId = authorityKeyId(template.keyId);
  const extensions = [
    extension(derOf(oid(EXTENSION.authorityKeyIdentifier)), keyId.value),
    extension(derOf(oid(EXTENSION.crlNumber)), derOf(unsigned(number))),
  ];
  return derOf(
    constructed(TAG.sequence, [
      primitive(TAG.integer, VERSION_2),
      constructed(TAG.sequence, [oid(SIGNATURE.ecdsaWithSha256)]),
      raw(template.issuer),
      time(template.thisUpdate),
      time(template.nextUpdate),
      // Absent and not empty where nothing is revoked (section 5.1.2.6).
      ...(entries.length === 0 ? [] : [primitive(TAG.sequence, Buffer.concat(entries))]),
      constructed(TAG_EXTENSIONS, [constructed(TAG.sequence, extensions)]),
    ]),
  );
}

/** By hand and not by the general writer, which takes 30 us an entry: there may be many, and the loop stands still meanwhile. */
function encodeEntry({ serial, revokedAt, reason }: CrlEntry): Buffer {
  const code = REVOCATION_REASONS[reason];
  const { tag, text } = formatValidityTime(revokedAt);
  // `unspecified` is said by leaving it out (section 5.3.1).
  const reasonCode = code === 0 ? [] : [Buffer.concat([REASON_HEAD, Buffer.from([code])])];
  return short(TAG.sequence, short(TAG.integer, positive(serial)), short(tag, Buffer.from(text)), ...reasonCode);
}

/** An element of less than 128 bytes: serials have 20 at most. */
function short(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, content.length]), content]);
}

function positive(serial: string): Buffer {
  const bytes = Buffer.from(serial, 'hex');
  return (bytes[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
}

/** Extensions of an entry with one reasonCode (OID 2.5.29.21), up to the last byte, which is the code. */
const REASON_HEAD = Buffer.from('300c300a0603551d1504030a01', 'hex');

/** None of them is critical. */
function extension(name: Buffer, value: Buffer): Asn1 {
  return constructed(TAG.sequence, [raw(name), primitive(TAG.octetString, value)]);
}

function time(instant: EpochSeconds): Asn1 {
  const { tag, text } = formatValidityTime(instant);
  return primitive(tag, text);
}
