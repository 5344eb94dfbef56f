/** Who still comes without TLS, by address: what a migration has to see before a port can be strict. Bounded, in memory. */
import type { EpochMilliseconds } from '../core/time/units.ts';

/** One address. */
export interface PlaintextPeer {
  readonly address: string;
  readonly requests: number;
  readonly first: EpochMilliseconds;
  readonly last: EpochMilliseconds;
}

export interface PlaintextPeers {
  note(address: string, now: EpochMilliseconds): void;
  /** The newest first. */
  all(): readonly PlaintextPeer[];
}

/** A table of the `most` addresses that came last. */
export function createPlaintextPeers(most: number): PlaintextPeers {
  const seen = new Map<string, PlaintextPeer>();
  return {
    note(address, now) {
      const before = seen.get(address);
      seen.delete(address);
      seen.set(address, {
        address,
        requests: (before?.requests ?? 0) + 1,
        first: before?.first ?? now,
        last: now,
      });
      const [oldest] = seen.keys();
      if (seen.size > most && oldest !== undefined) seen.delete(oldest);
    },
    all: () => [...seen.values()].toReversed(),
  };
}
