/**
 * Who signs and whom the mesh trusts: the seats as one state, replaced whole. A change is in the journal before it has
 * any effect, so a CA that is killed at any point goes on where the journal stands. Judges no change (see rotation.ts).
 */
import { Fault } from '../../core/fault/fault.ts';
import { admit, type Outcome } from '../../core/fault/refusal.ts';
import type { Journal } from '../journal/journal.ts';
import type { BundleRecord } from '../journal/record.ts';
import type { Authority } from '../signer/authority.ts';
import type { TrustBundle } from './bundle.ts';
import { digestOfRoots, rootsOf, seatIn, vouchersOf, type Seat } from './seats.ts';

export interface Authorities {
  /** The one that signs. Throws before `begin`. */
  readonly current: () => Authority;
  /** Those that are not dropped. */
  readonly seats: () => readonly Seat[];
  /** SHA-256 of each root of the bundle. */
  readonly rootDigests: () => readonly Buffer[];
  /** What a server shows for who knows only an earlier root; DER. */
  readonly vouchers: () => readonly Buffer[];
  readonly bundle: () => BundleRecord;
  /** Roots of the bundle besides those of the seats, as they were given; DER. */
  readonly announced: () => readonly Buffer[];
  /** The first state: publishes the bundle, with the generation of before if it is the same. */
  begin(state: Beginning): Promise<Outcome<void>>;
  /** Records the seats that changed (dropped ones too), then they are in effect. One change at a time: callers take turns
   *  (see rotation-desk.ts). Refuses what the journal refuses. */
  change(change: SeatChange): Promise<Outcome<void>>;
  /** Calls `tell` after each change. */
  readonly subscribe: (tell: () => void) => Disposable;
}

export interface Beginning {
  readonly seats: readonly Seat[];
  readonly before: BundleRecord | undefined;
  readonly announced: readonly Buffer[];
}

export interface SeatChange {
  readonly seats: readonly Seat[];
  readonly isPaused?: boolean;
  /** Roots besides those of the seats; undefined: as before. */
  readonly announced?: readonly Buffer[];
}

export interface AuthoritiesDeps {
  readonly journal: Pick<Journal, 'addTrustChange'>;
  readonly bundle: Pick<TrustBundle, 'publish'>;
}

interface State {
  readonly seats: readonly Seat[];
  readonly announced: readonly Buffer[];
  readonly bundle: BundleRecord;
  /** Root of a seat, past ones too -> the generation since which it is in the bundle. */
  readonly since: ReadonlyMap<string, number>;
}

/** No seats yet. */
export function createAuthorities({ journal, bundle }: AuthoritiesDeps): Authorities {
  let state: State | undefined;
  const subscribers = new Set<() => void>();

  function now(): State {
    if (state === undefined) throw new Fault('BUG_UNEXPECTED', 'the authority is asked for before start');
    return state;
  }

  async function put(wanted: Wanted): Promise<Outcome<void>> {
    const { next, changed, roots } = composeState(state, wanted);
    const held = await journal.addTrustChange({
      authorities: changed.map(({ record }) => record),
      bundle: next.bundle,
    });
    if (!held.ok) return held;
    const isNew = state === undefined || state.bundle.generation !== next.bundle.generation;
    state = next;
    if (isNew) bundle.publish(roots, next.bundle.generation);
    for (const tell of subscribers) tell();
    return admit(undefined);
  }

  return {
    current() {
      const active = seatIn(now().seats, 'active');
      if (active === undefined) throw new Fault('BUG_UNEXPECTED', 'no authority is active');
      return active.authority;
    },
    seats: () => now().seats,
    rootDigests: () => now().seats.map(({ authority }) => authority.root.thumbprint),
    vouchers: () => vouchersOf(now().seats),
    bundle: () => now().bundle,
    announced: () => now().announced,
    begin: ({ seats, before, announced }) =>
      put({ changed: seats, announced, before, isPaused: before?.isPaused ?? false }),
    change({ seats, isPaused, announced }) {
      const old = now();
      return put({
        changed: seats,
        announced: announced ?? old.announced,
        before: old.bundle,
        isPaused: isPaused ?? old.bundle.isPaused,
      });
    },
    subscribe(tell) {
      subscribers.add(tell);
      return { [Symbol.dispose]: () => void subscribers.delete(tell) };
    },
  };
}

interface Wanted {
  readonly changed: readonly Seat[];
  readonly announced: readonly Buffer[];
  readonly before: BundleRecord | undefined;
  readonly isPaused: boolean;
}

interface Composed {
  readonly next: State;
  /** The changed seats, dated; dropped ones too. */
  readonly changed: readonly Seat[];
  readonly roots: readonly Buffer[];
}

/** The state after a change. The generation grows only where the roots change. */
function composeState(state: State | undefined, { changed, announced, before, isPaused }: Wanted): Composed {
  const others = (state?.seats ?? []).filter((seat) => !changed.some(isSameSeat(seat)));
  const seats = [...others, ...changed].filter(({ record }) => record.slot !== 'dropped');
  const roots = rootsOf(seats, announced);
  const digest = digestOfRoots(roots);
  const generation = before?.digest === digest ? before.generation : (before?.generation ?? 0) + 1;
  const known = state === undefined ? [] : rootsOf(state.seats, state.announced);
  const date = (seat: Seat): Seat => {
    if (seat.record.publishedAt !== 0) return seat;
    const { root } = seat.authority;
    // A root that was in the bundle already counts from when it came; where that is not known, from now on.
    const since = known.some((der) => der.equals(root.der)) ? state?.since.get(nameOf(seat)) : undefined;
    return { ...seat, record: { ...seat.record, publishedAt: since ?? generation } };
  };
  const dated = seats.map(date);
  const since = new Map(state?.since);
  for (const seat of dated) since.set(nameOf(seat), seat.record.publishedAt);
  const next = Object.freeze({ seats: dated, announced, since, bundle: { generation, digest, isPaused } });
  return { next, changed: changed.map(date), roots };
}

const nameOf = ({ authority }: Seat): string => authority.root.thumbprint.toString('hex');

const isSameSeat =
  (one: Seat) =>
  (other: Seat): boolean =>
    one.record.thumbprint === other.record.thumbprint;
