/**
 * The one place that holds the snapshot in use. It is replaced whole, by one assignment, and whoever works with it gets
 * a signal that says when it is superseded.
 */
import { faultFields, type Log } from '../../runtime/log.ts';
import type { Snapshot } from './snapshot.ts';

/** A snapshot, with a signal that aborts when another takes its place. */
export interface InUse {
  readonly snapshot: Snapshot;
  readonly superseded: AbortSignal;
}

export interface SnapshotHolder {
  current(): Snapshot | undefined;
  /** Only once there is a first one; before, it is a programmer's mistake (`TypeError`). */
  inUse(): InUse;
  /** Replaces the snapshot, then tells the subscribers, each by itself. */
  replace(next: Snapshot): void;
  subscribe(tell: (next: Snapshot) => void): Disposable;
}

/** A holder of nothing yet. */
export function createHolder(log: Log): SnapshotHolder {
  const subscribers = new Set<{ readonly tell: (next: Snapshot) => void }>();
  let current: Snapshot | undefined;
  let superseded = new AbortController();
  return {
    current: () => current,
    inUse() {
      if (current === undefined) throw new TypeError('no snapshot yet');
      return { snapshot: current, superseded: superseded.signal };
    },
    replace(next) {
      const old = superseded;
      current = next;
      superseded = new AbortController();
      old.abort();
      for (const { tell } of subscribers) inform(tell, next, log);
    },
    subscribe(tell) {
      const entry = { tell };
      subscribers.add(entry);
      return { [Symbol.dispose]: () => void subscribers.delete(entry) };
    },
  };
}

/** One subscriber's defect must not keep the news from the others. */
function inform(tell: (next: Snapshot) => void, next: Snapshot, log: Log): void {
  try {
    tell(next);
  } catch (thrown) {
    log.error('a subscriber of the credentials broke', faultFields(thrown));
  }
}
