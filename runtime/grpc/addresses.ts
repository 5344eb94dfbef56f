/**
 * Which address of the CA is tried first. Each process begins at a place of its own and goes round, so that a fleet does
 * not sit on one replica. One that could not be reached is tried last for a while: a black hole costs its deadline once
 * in a while, not each time; then it is an address like any other. Dials nothing.
 */
import type { Clock, Jitter } from '../../core/time/clock.ts';

export interface Addresses {
  /** All of them, in the order to try; the next call begins with the next one. */
  order(): readonly string[];
  /** Whether somebody answered there who is the CA. */
  told(address: string, isThere: boolean): void;
}

export interface AddressesDeps {
  /** Monotonic: a wall clock that jumps must not keep an address out for an hour. */
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly jitter: Jitter;
}

/** For how long an address that failed is tried last. */
const LAST_MS = 30_000;

/** `host:port` each, at least one. */
export function createAddresses(addresses: readonly string[], { clock, jitter }: AddressesDeps): Addresses {
  const failedAt = new Map<string, number>();
  let turn = Math.floor(jitter() * addresses.length);
  const isDoubtful = (address: string): boolean =>
    clock.monotonic() - (failedAt.get(address) ?? Number.NEGATIVE_INFINITY) < LAST_MS;
  return {
    order() {
      const begin = turn % addresses.length;
      turn += 1;
      const round = [...addresses.slice(begin), ...addresses.slice(0, begin)];
      return [...round.filter((one) => !isDoubtful(one)), ...round.filter(isDoubtful)];
    },
    told(address, isThere) {
      if (isThere) failedAt.delete(address);
      else failedAt.set(address, clock.monotonic());
    },
  };
}
