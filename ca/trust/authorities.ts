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
  /** Records the seats that changed (dropped ones too), then they are in effect. Refuses what the journal refuses. */
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
}

/** No seats yet. */
export function createAuthorities({ journal, bundle }: AuthoritiesDeps): Authorities {
  let state: State | undefined;
  const subscribers = new Set<() => void>();
  /** Root -> the generation since which it is in the bundle. */
  const publishedAt = new Map<string, number>();

  function now(): State {
    if (state === undefined) throw new Fault('BUG_UNEXPECTED', 'the authority is asked for before start');
    return state;
  }

  /** A root that was in the bundle already counts from when it came; where that is not known, from now on. */
  function dated(seat: Seat, roots: readonly Buffer[], generation: number): Seat {
    const { record, authority } = seat;
    if (record.publishedAt !== 0) return seat;
    const root = authority.root.thumbprint.toString('hex');
    const isOld = roots.some((der) => der.equals(authority.root.der));
    return {
      authority,
      record: { ...record, publishedAt: isOld ? (publishedAt.get(root) ?? generation) : generation },
    };
  }

  async function put(next: Omit<State, 'bundle'>, wanted: PutTerms): Promise<Outcome<void>> {
    const { before, isPaused, changed } = wanted;
    const roots = rootsOf(next.seats, next.announced);
    const digest = digestOfRoots(roots);
    const isSame = before?.digest === digest;
    const generation = isSame ? before.generation : (before?.generation ?? 0) + 1;
    const known = state === undefined ? [] : rootsOf(state.seats, state.announced);
    const date = (seat: Seat): Seat => dated(seat, known, generation);
    const record = { generation, digest, isPaused };
    const held = await journal.addTrustChange({
      authorities: changed.map((seat) => date(seat).record),
      bundle: record,
    });
    if (!held.ok) return held;
    const isFirst = state === undefined;
    state = Object.freeze({ ...next, seats: next.seats.map(date), bundle: record });
    for (const { authority, record: seated } of state.seats)
      publishedAt.set(authority.root.thumbprint.toString('hex'), seated.publishedAt);
    if (isFirst || !isSame) bundle.publish(roots, generation);
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
      put(
        { seats: seats.filter(({ record }) => record.slot !== 'dropped'), announced },
        { before, isPaused: before?.isPaused ?? false, changed: seats },
      ),
    change({ seats, isPaused, announced }) {
      const old = now();
      const others = old.seats.filter((seat) => !seats.some(isSameSeat(seat)));
      const next = [...others, ...seats].filter(({ record }) => record.slot !== 'dropped');
      return put(
        { seats: next, announced: announced ?? old.announced },
        { before: old.bundle, isPaused: isPaused ?? old.bundle.isPaused, changed: seats },
      );
    },
    subscribe(tell) {
      subscribers.add(tell);
      return { [Symbol.dispose]: () => void subscribers.delete(tell) };
    },
  };
}

interface PutTerms {
  readonly before: BundleRecord | undefined;
  readonly isPaused: boolean;
  readonly changed: readonly Seat[];
}

const isSameSeat =
  (one: Seat) =>
  (other: Seat): boolean =>
    one.record.thumbprint === other.record.thumbprint;
