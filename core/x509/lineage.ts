/**
 * The private extension that carries a token's binding over a renewal (DESIGN section 4.3; ASN.1 in
 * reference/tokens.md section 7). Reads and writes it; never decides whether a predecessor is accepted.
 */
import { admit } from '../fault/refusal.ts';
import type { EpochSeconds } from '../time/units.ts';
import { constructed, derOf, primitive, unsigned } from './asn1.ts';
import { DerError, smallIntegerOf } from './der-value.ts';
import { readDer, TAG, type DerReader } from './der.ts';
import { formatGeneralizedTime, generalizedTimeOf } from './time.ts';

export interface Lineage {
  /** 16 random bytes, the same for all certificates of one workload instance. */
  readonly id: Buffer;
  /** 0 at `Issue`, one more at each `Renew`; at most 2^31 - 1. */
  readonly sequence: number;
  /** Not backdated, unlike `notBefore`. */
  readonly issuedAt: EpochSeconds;
  /** Newest first, at most three. */
  readonly predecessors: readonly Predecessor[];
}

export interface Predecessor {
  /** SHA-256 of the predecessor's DER: 32 bytes. */
  readonly thumbprint: Buffer;
  /** From this second on a token bound to the predecessor is refused. */
  readonly acceptUntil: EpochSeconds;
}

/** 1.2.840.113556.1.8000.2554.20625.34628.51793.19834.37024.5809243.7374076, tag and length included: a UUID in parts of at
 *  most 24 bits (ADR 6). As one component of 128 bits (`2.25.`) it makes Go and GnuTLS refuse the whole certificate. */
export const LINEAGE_OID_DER = Buffer.from(
  '06222a864886f71401be40937a81a111828e44839451819a7a82a12082e2c85b83c2897c',
  'hex',
);

/** The longest is 205 bytes; what is longer is no lineage. */
const LIMITS = { code: 'PEER_NOT_SVID', most: 256 } as const;
const ID_BYTES = 16;
const THUMBPRINT_BYTES = 32;
const MOST_PREDECESSORS = 3;

/** Gives the value of the extension (the DER inside its OCTET STRING): about 205 bytes with three predecessors. */
export function encodeLineage(lineage: Lineage): Buffer {
  const sequence = Buffer.alloc(4);
  sequence.writeUInt32BE(lineage.sequence);
  const predecessors = lineage.predecessors.map(({ thumbprint, acceptUntil }) =>
    constructed(TAG.sequence, [primitive(TAG.octetString, thumbprint), time(acceptUntil)]),
  );
  return derOf(
    constructed(TAG.sequence, [
      primitive(TAG.octetString, lineage.id),
      unsigned(sequence),
      time(lineage.issuedAt),
      constructed(TAG.sequence, predecessors),
    ]),
  );
}

const time = (instant: EpochSeconds) => primitive(TAG.generalizedTime, formatGeneralizedTime(instant));

/** Gives the lineage, or `undefined` for anything that is not exactly the ASN.1 above: then the certificate has none, and
 *  only exact binding holds. Wrong too: the same thumbprint twice, more than three predecessors. */
export function decodeLineage(value: Buffer): Lineage | undefined {
  const outcome = readDer(value, LIMITS, (top) => admit(read(top.enter(TAG.sequence))));
  return outcome.ok ? outcome.value : undefined;
}

function read(reader: DerReader): Lineage {
  const id = octets(reader, ID_BYTES);
  const sequence = smallIntegerOf(reader.next(TAG.integer).content);
  const issuedAt = generalizedTimeOf(reader);
  const predecessors = readPredecessors(reader.enter(TAG.sequence));
  reader.end();
  return { id, sequence, issuedAt, predecessors };
}

function readPredecessors(list: DerReader): readonly Predecessor[] {
  const predecessors: Predecessor[] = [];
  while (list.hasMore()) {
    const entry = list.enter(TAG.sequence);
    const thumbprint = octets(entry, THUMBPRINT_BYTES);
    if (predecessors.some((known) => known.thumbprint.equals(thumbprint))) throw new DerError('thumbprint twice');
    predecessors.push({ thumbprint, acceptUntil: generalizedTimeOf(entry) });
    entry.end();
  }
  if (predecessors.length > MOST_PREDECESSORS) throw new DerError('more than three predecessors');
  return predecessors;
}

function octets(reader: DerReader, size: number): Buffer {
  const { content } = reader.next(TAG.octetString);
  if (content.length !== size) throw new DerError(`OCTET STRING of ${content.length} bytes, not ${size}`);
  return content;
}
