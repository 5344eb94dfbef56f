/**
 * What an issuer in files does to the seats. Under a root that is in use it signs at once; under a new root it waits like
 * any prepared authority, until all that live have acknowledged the bundle with that root. Pure.
 */
import { parseCertificate, type Certificate } from '../../core/x509/certificate.ts';
import { demand } from '../../core/fault/fault.ts';
import type { AuthorityRecord } from '../journal/record.ts';
import { toAuthority, type Authority } from '../signer/authority.ts';
import { moved, newSeat, seatIn, type Seat } from './seats.ts';

/** Whether these very files are what the CA runs on already. */
export function isAdopted(
  { seats, announced }: { readonly seats: readonly Seat[]; readonly announced: readonly Buffer[] },
  { authority, roots }: { readonly authority: Authority; readonly roots: readonly Buffer[] },
): boolean {
  const newest = seatIn(seats, 'prepared') ?? seatIn(seats, 'active');
  if (newest === undefined || !isOf(newest, authority)) return false;
  return newest.authority.root.der.equals(authority.root.der) && isSameSet(announced, roots);
}

/** The seats that change when these files come, the CA running on. */
export function adoptIssuer(seats: readonly Seat[], authority: Authority): readonly Seat[] {
  const active = seatIn(seats, 'active');
  const prepared = seatIn(seats, 'prepared');
  const givenUp = prepared === undefined || isOf(prepared, authority) ? [] : [moved(prepared, 'dropped')];
  if (active === undefined) return [seatOf(authority, 'active')];
  if (isOf(active, authority)) return [...givenUp, replaced(active, authority)];
  if (prepared !== undefined && isOf(prepared, authority)) return [replaced(prepared, authority)];
  if (active.authority.root.der.equals(authority.root.der))
    return [...givenUp, moved(active, 'dropped'), seatOf(authority, 'active')];
  return [...givenUp, seatOf(authority, 'prepared')];
}

/** The seats at a start with these files: the key of the last issuer from files is gone, so the new one signs at once. */
export function resumeIssuer(
  records: readonly AuthorityRecord[],
  own: readonly Seat[],
  authority: Authority,
): readonly Seat[] {
  const kept = records
    .filter(({ slot }) => slot !== 'dropped')
    .map((record) => own.find((seat) => seat.record.thumbprint === record.thumbprint) ?? withoutKey(record));
  const active = seatIn(kept, 'active');
  const others = kept.filter((seat) => !isOf(seat, authority));
  // A root of our own still has its key: it signs on until the new one is acknowledged.
  if (active !== undefined && own.includes(active)) return merged(kept, adoptIssuer(kept, authority));
  const mine = kept.find((seat) => isOf(seat, authority));
  const seated = mine === undefined ? seatOf(authority, 'active') : moved(replaced(mine, authority), 'active');
  return [
    ...others.map((seat) => {
      const isSameRoot = seat.authority.root.der.equals(authority.root.der);
      return moved(seat, isSameRoot || seat.record.slot === 'prepared' ? 'dropped' : 'retired');
    }),
    seated,
  ];
}

function merged(seats: readonly Seat[], changed: readonly Seat[]): readonly Seat[] {
  const untouched = seats.filter((seat) => !changed.some(({ record }) => record.thumbprint === seat.record.thumbprint));
  return [...untouched, ...changed];
}

/** What an authority was whose key we do not hold any more. Throws PEER_NOT_SVID for a damaged record. */
function withoutKey(record: AuthorityRecord): Seat {
  const read = (der: Uint8Array): Certificate => demand(parseCertificate(Buffer.from(der)));
  const ground = { above: record.above.map(read), root: read(record.root) };
  return { record, authority: toAuthority(read(record.der), undefined, ground) };
}

const seatOf = (authority: Authority, slot: 'active' | 'prepared'): Seat =>
  newSeat(authority, { slot, folder: undefined, begunBy: 'schedule' });

const isOf = ({ authority }: Seat, other: Authority): boolean =>
  authority.certificate.der.equals(other.certificate.der);

/** The same issuer, on the ground that it stands on now. */
function replaced({ record }: Seat, authority: Authority): Seat {
  const { above, root } = newSeat(authority, record).record;
  return { authority, record: { ...record, above, root } };
}

function isSameSet(one: readonly Buffer[], other: readonly Buffer[]): boolean {
  return one.length === other.length && one.every((der) => other.some((each) => each.equals(der)));
}
