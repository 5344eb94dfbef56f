/** The trust bundle of this CA: one state, replaced whole, told to everyone who watches. */
import { Fault } from '../../core/fault/fault.ts';
import type { BundleState } from '../../runtime/grpc/messages.ts';

export interface TrustBundle {
  /** Throws before the first `publish`. */
  current(): BundleState;
  /** The generation of the first `publish`. Throws before it. */
  first(): number;
  /** Calls `tell` with each state that comes after now. */
  subscribe(tell: (state: BundleState) => void): Disposable;
  /** Replaces the roots. `generation` grows; without it, by one. At least one root; none, or a generation that does not
   *  grow, is a programmer's mistake (`RangeError`). */
  publish(roots: readonly Buffer[], generation?: number): void;
}

/** A bundle that is empty until the first `publish`, which makes generation 1. */
export function createTrustBundle(): TrustBundle {
  let state: BundleState | undefined;
  let first: number | undefined;
  const watchers = new Set<(state: BundleState) => void>();
  return {
    current() {
      if (state === undefined) throw new Fault('BUG_UNEXPECTED', 'the bundle is asked for before there is a root');
      return state;
    },
    first() {
      if (first === undefined) throw new Fault('BUG_UNEXPECTED', 'the bundle is asked for before there is a root');
      return first;
    },
    subscribe(tell) {
      watchers.add(tell);
      return { [Symbol.dispose]: () => void watchers.delete(tell) };
    },
    publish(next, generation = (state?.generation ?? 0) + 1) {
      if (generation <= (state?.generation ?? 0)) throw new RangeError('a bundle generation that does not grow');
      const published = freeze(generation, next);
      state = published;
      first ??= generation;
      for (const tell of watchers) tell(published);
    },
  };
}

function freeze(generation: number, roots: readonly Buffer[]): BundleState {
  // An empty bundle means "everything is revoked" to whoever reads it.
  if (roots.length === 0) throw new RangeError('a bundle without roots');
  return Object.freeze({ generation, roots: Object.freeze([...roots]) });
}
