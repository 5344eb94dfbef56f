/**
 * Reads a certificate revocation list back (RFC 5280 section 5): strict DER, version 2, only what we write. Verifies no
 * signature and judges no time.
 */
import { admit, refuse, type Outcome } from '../fault/refusal.ts';
import { REVOCATION_REASONS, type RevocationReason } from '../identity/revocation.ts';
import type { EpochSeconds } from '../time/units.ts';
import { DerError, integerOf, octetsOf, oidOf, smallIntegerOf } from './der-value.ts';
import { type DerReader, readDer, TAG } from './der.ts';
import type { CrlEntry } from './crl-write.ts';
import { EXTENSION, SIGNATURE } from './oid.ts';
import { validityTimeOf } from './time.ts';

export interface Crl {
  /** The signed bytes. */
  readonly tbs: Buffer;
  readonly signature: Buffer;
  /** DER of the Name. */
  readonly issuer: Buffer;
  readonly keyId: Buffer;
  readonly number: number;
  readonly thisUpdate: EpochSeconds;
  readonly nextUpdate: EpochSeconds;
  readonly entries: readonly CrlEntry[];
}

/** 100,000 entries fit. */
const LIMITS = { code: 'ISSUE_LINT', most: 8 * 1024 * 1024 } as const;
const TAG_EXTENSIONS = 0xa0;
const TAG_KEY_ID = 0x80;
const TAG_ENUMERATED = 0x0a;
const VERSION_2 = 1;

/** Gives the list. Refuses with ISSUE_LINT: more than 8 MiB, anything but strict DER, another version, algorithm or extension
 *  than ours, an unknown reason, a list that ends before it begins, or that is empty and there. */
export function parseCrl(bytes: Buffer): Outcome<Crl> {
  return readDer(bytes, LIMITS, (top) => {
    const outer = top.enter(TAG.sequence);
    const tbs = outer.next(TAG.sequence);
    readAlgorithm(outer);
    const signature = octetsOf(outer.next(TAG.bitString).content);
    outer.end();
    const list = readTbs(tbs.inside());
    if (list.nextUpdate <= list.thisUpdate) return refuse('ISSUE_LINT', 'nextUpdate is not after thisUpdate');
    return admit({ tbs: tbs.der, signature, ...list });
  });
}

function readTbs(reader: DerReader): Omit<Crl, 'tbs' | 'signature'> {
  if (smallIntegerOf(reader.next(TAG.integer).content) !== VERSION_2) throw new DerError('CRL version other than 2');
  readAlgorithm(reader);
  const issuer = reader.next(TAG.sequence).der;
  const thisUpdate = validityTimeOf(reader);
  const nextUpdate = validityTimeOf(reader);
  const entries = reader.has(TAG.sequence) ? readEntries(reader.enter(TAG.sequence)) : [];
  const explicit = reader.enter(TAG_EXTENSIONS);
  reader.end();
  const extensions = explicit.enter(TAG.sequence);
  explicit.end();
  const keyId = readExtension(extensions, EXTENSION.authorityKeyIdentifier, (value) => {
    const ids = value.enter(TAG.sequence);
    const found = ids.next(TAG_KEY_ID).content;
    ids.end();
    return found;
  });
  const number = readExtension(extensions, EXTENSION.crlNumber, (value) =>
    numberOf(integerOf(value.next(TAG.integer).content)),
  );
  extensions.end();
  return { issuer, thisUpdate, nextUpdate, entries, keyId, number };
}

function readAlgorithm(reader: DerReader): void {
  const algorithm = reader.enter(TAG.sequence);
  if (oidOf(algorithm.next(TAG.oid).content) !== SIGNATURE.ecdsaWithSha256) throw new DerError('another algorithm');
  algorithm.end();
}

function readEntries(list: DerReader): readonly CrlEntry[] {
  const entries: CrlEntry[] = [];
  do {
    const entry = list.enter(TAG.sequence);
    const serial = integerOf(entry.next(TAG.integer).content);
    const revokedAt = validityTimeOf(entry);
    const reason = entry.hasMore() ? readReason(entry.enter(TAG.sequence)) : 'unspecified';
    entry.end();
    entries.push({ serial: (serial[0] === 0 ? serial.subarray(1) : serial).toString('hex'), revokedAt, reason });
  } while (list.hasMore());
  return entries;
}

function readReason(extensions: DerReader): RevocationReason {
  const code = readExtension(extensions, EXTENSION.reasonCode, (value) =>
    smallIntegerOf(value.next(TAG_ENUMERATED).content),
  );
  extensions.end();
  const names = Object.keys(REVOCATION_REASONS) as RevocationReason[];
  const reason = names.find((name) => REVOCATION_REASONS[name] === code);
  if (reason === undefined || reason === 'unspecified') throw new DerError(`reason ${code}`);
  return reason;
}

/** The next extension, which must be this one and not critical. */
function readExtension<T>(list: DerReader, name: string, read: (value: DerReader) => T): T {
  const extension = list.enter(TAG.sequence);
  if (oidOf(extension.next(TAG.oid).content) !== name) throw new DerError('another extension');
  const value = extension.enter(TAG.octetString);
  extension.end();
  const found = read(value);
  value.end();
  return found;
}

function numberOf(content: Buffer): number {
  const number = BigInt(`0x${content.toString('hex')}`);
  if ((content[0] ?? 0) > 0x7f || number > BigInt(Number.MAX_SAFE_INTEGER))
    throw new DerError('CRL number out of range');
  return Number(number);
}
