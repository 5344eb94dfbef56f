/** The trust bundle of this CA: one state, replaced whole, told to everyone who watches. */
import type { BundleState } from '../../runtime/grpc/messages.ts';

export interface TrustBundle {
  current(): BundleState;
  /** Calls `tell` with each state that comes after now. */
  subscribe(tell: (state: BundleState) => void): Disposable;
  /** Replaces the roots and grows the generation. At least one root; none is a programmer's mistake (`RangeError`). */
  publish(roots: readonly Buffer[]): void;
}

/** A bundle whose first generation is 1. */
export function createTrustBundle(roots: readonly Buffer[]): TrustBundle {
  let state = freeze(1, roots);
  const watchers = new Set<(state: BundleState) => void>();
  return {
    current: () => state,
    subscribe(tell) {
      watchers.add(tell);
      return { [Symbol.dispose]: () => void watchers.delete(tell) };
    },
    publish(next) {
      state = freeze(state.generation + 1, next);
      for (const tell of watchers) tell(state);
    },
  };
}

function freeze(generation: number, roots: readonly Buffer[]): BundleState {
  // An empty bundle means "everything is revoked" to whoever reads it.
  if (roots.length === 0) throw new RangeError('a bundle without roots');
  return Object.freeze({ generation, roots: Object.freeze([...roots]) });
}
