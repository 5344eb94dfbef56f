/** The authorities of a CA in their slots, and the bundle that follows from them. Pure. */
import { createHash } from 'node:crypto';

import type { AuthorityRecord, Slot } from '../journal/record.ts';
import type { Authority } from '../signer/authority.ts';

/** One authority where it stands. */
export interface Seat {
  readonly record: AuthorityRecord;
  readonly authority: Authority;
}

/** The first seat of a slot. */
export function seatIn(seats: readonly Seat[], slot: Slot): Seat | undefined {
  return seats.find(({ record }) => record.slot === slot);
}

/** The seat in another slot. */
export function moved(seat: Seat, slot: Slot, change: Partial<AuthorityRecord> = {}): Seat {
  return { ...seat, record: { ...seat.record, slot, ...change } };
}

/** A seat that no bundle holds yet. */
export function newSeat(authority: Authority, facts: Pick<AuthorityRecord, 'slot' | 'folder' | 'begunBy'>): Seat {
  const { certificate, above, root } = authority;
  return {
    authority,
    record: {
      ...facts,
      thumbprint: certificate.thumbprint.toString('hex'),
      der: new Uint8Array(certificate.der),
      above: above.map(({ der }) => new Uint8Array(der)),
      root: new Uint8Array(root.der),
      publishedAt: 0,
      voucher: undefined,
    },
  };
}

const ORDER: readonly Slot[] = ['active', 'prepared', 'retired'];

/** The roots of all seats that are not dropped, then `announced`, each once; DER. */
export function rootsOf(seats: readonly Seat[], announced: readonly Buffer[] = []): readonly Buffer[] {
  const seated = ORDER.flatMap((slot) =>
    seats.filter(({ record }) => record.slot === slot).map(({ authority }) => authority.root.der),
  );
  const roots: Buffer[] = [];
  for (const der of [...seated, ...announced]) if (!roots.some((known) => known.equals(der))) roots.push(der);
  return roots;
}

/** One text for a set of roots, whatever their order. */
export function digestOfRoots(roots: readonly Buffer[]): string {
  const sorted = roots.map((der) => createHash('sha256').update(der).digest('hex')).toSorted();
  return createHash('sha256').update(sorted.join(' ')).digest('hex');
}

/** What a server shows below its chain for who knows only an earlier root: the voucher of the one that signs, and the
 *  root that gave it, while that is still trusted. */
export function vouchersOf(seats: readonly Seat[]): readonly Buffer[] {
  const active = seatIn(seats, 'active');
  const before = seatIn(seats, 'retired');
  if (active?.record.voucher === undefined || before === undefined) return [];
  return [Buffer.from(active.record.voucher), before.authority.root.der];
}
