/**
 * Who has a stream open, and how many: an instance has a few, of which the newest stay (a sidecar that lost its connection
 * opens a new one before we know), and one identity not all that there are. Sends nothing.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { Caller } from '../attest/leaf.ts';
import { instanceOf } from './call-rate.ts';

export interface Watchers {
  /** A seat for a stream, until it is disposed of; the oldest of its instance gives way where there are too many.
   *  Refuses: LIMIT_CONNECTIONS (too many of this identity). */
  sit(caller: Caller): Outcome<Seat>;
}

export interface Seat extends Disposable {
  /** Aborts when a newer stream of the same instance takes the place. */
  readonly displaced: AbortSignal;
}

export interface WatcherBounds {
  readonly perInstance: number;
  readonly perIdentity: number;
}

/** 10,000 replicas of one identity, and some that are on their way from one connection to the next. */
export const WATCHER_BOUNDS: WatcherBounds = { perInstance: 4, perIdentity: 12_288 };

/** All seats are free. */
export function createWatchers({ perInstance, perIdentity }: WatcherBounds): Watchers {
  /** Oldest first. */
  const instances = new Map<string, Set<AbortController>>();
  const identities = new Map<string, number>();

  function count(identity: string, by: 1 | -1): void {
    const left = (identities.get(identity) ?? 0) + by;
    if (left > 0) identities.set(identity, left);
    else identities.delete(identity);
  }

  return {
    sit(caller) {
      const { uri } = caller.id;
      const instance = instanceOf(caller);
      const seats = instances.get(instance) ?? new Set();
      const [oldest] = seats;
      if (seats.size >= perInstance) oldest?.abort();
      else if ((identities.get(uri) ?? 0) >= perIdentity)
        return refuse('LIMIT_CONNECTIONS', `${perIdentity} streams of ${uri}`);
      const seat = new AbortController();
      let isTaken = true;
      const leave = (): void => {
        if (!isTaken) return;
        isTaken = false;
        seats.delete(seat);
        count(uri, -1);
        if (seats.size === 0) instances.delete(instance);
      };
      seat.signal.addEventListener('abort', leave, { once: true });
      seats.add(seat);
      instances.set(instance, seats);
      count(uri, 1);
      return admit({ displaced: seat.signal, [Symbol.dispose]: leave });
    },
  };
}
