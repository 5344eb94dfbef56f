/**
 * Bounds what is issued at once: so many in progress, so many begun a turn of the event loop, so many a second; the rest
 * waits, each source in its turn, and what can not wait is told when to come back.
 * Without it a restarted fleet holds the event loop for seconds, and one flood shuts everyone out.
 */
import { refuseFor, type Outcome } from '../../core/fault/refusal.ts';
import type { Clock } from '../../core/time/clock.ts';
import { milliseconds } from '../../core/time/units.ts';
import { createFairQueue } from '../../runtime/fair-queue.ts';
import { createRate } from '../../runtime/rate.ts';

export interface Gate {
  /** Runs the work when the turn of its key comes. Refuses: ISSUE_BUSY, and what the work refuses. */
  run<T>(key: string, work: () => Promise<Outcome<T>>): Promise<Outcome<T>>;
  /** How many wait. */
  waiting(): number;
}

export interface GateBounds {
  readonly inProgress: number;
  /** Begun before the event loop looks at its sockets again. */
  readonly perTurn: number;
  readonly perSecond: number;
  readonly waiting: number;
}

type Entry = 'enter' | 'displaced';

const ALL = 'all';

/** A gate with these bounds. */
export function createGate(bounds: GateBounds, clock: Pick<Clock, 'monotonic'>): Gate {
  const queue = createFairQueue<(entry: Entry) => void>(bounds.waiting);
  const rate = createRate({ perMinute: bounds.perSecond * 60, burst: bounds.perSecond, keysMost: 1 });
  let running = 0;
  let isTurnDue = false;
  let isPaused = false;

  /** Whatever comes, ends or lets time pass calls this; work begins once a turn of the loop, after its sockets. */
  function pump(): void {
    if (isTurnDue || isPaused || running >= bounds.inProgress || queue.size === 0) return;
    isTurnDue = true;
    setImmediate(turn);
  }

  function turn(): void {
    isTurnDue = false;
    for (let begun = 0; begun < bounds.perTurn && running < bounds.inProgress && queue.size > 0; begun += 1) {
      const wait = rate.take(ALL, clock.monotonic());
      if (wait > 0) return pause(wait);
      running += 1;
      queue.shift()?.('enter');
    }
    pump();
  }

  function pause(wait: number): void {
    isPaused = true;
    setTimeout(() => {
      isPaused = false;
      pump();
    }, wait).unref();
  }

  function enter(key: string): Promise<Entry> {
    return new Promise((resolve) => {
      queue.push(key, resolve)?.('displaced');
      pump();
    });
  }

  return {
    async run(key, work) {
      if ((await enter(key)) === 'displaced') {
        // About the time in which all that waits now will have gone.
        const hint = milliseconds(Math.ceil((queue.size / bounds.perSecond) * 1000));
        return refuseFor(hint, 'ISSUE_BUSY', `${running} in progress, ${queue.size} waiting`);
      }
      try {
        return await work();
      } finally {
        running -= 1;
        pump();
      }
    },
    waiting: () => queue.size,
  };
}
