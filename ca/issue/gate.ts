/**
 * Bounds what is issued at once: so many in progress, so many waiting, the rest is refused at once.
 * Without it a restarted fleet holds the event loop for seconds.
 */
import { refuse, type Outcome } from '../../core/fault/refusal.ts';

export interface Gate {
  /** Runs the work when its turn comes. Refuses: ISSUE_BUSY, and what the work refuses. */
  run<T>(work: () => Promise<Outcome<T>>): Promise<Outcome<T>>;
}

export interface GateBounds {
  readonly inProgress: number;
  readonly waiting: number;
}

/** A gate with these bounds; the longest waiting goes first. */
export function createGate({ inProgress, waiting }: GateBounds): Gate {
  const queue: (() => void)[] = [];
  let running = 0;

  /** A turn that ends goes to the next in the queue, so `running` stays as it is. */
  function leave(): void {
    const next = queue.shift();
    if (next === undefined) running -= 1;
    else next();
  }

  async function enter(): Promise<void> {
    if (running < inProgress) {
      running += 1;
      return;
    }
    await new Promise<void>((resolve) => {
      queue.push(resolve);
    });
  }

  return {
    async run(work) {
      if (running >= inProgress && queue.length >= waiting)
        return refuse('ISSUE_BUSY', `${inProgress} in progress, ${waiting} waiting`);
      await enter();
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
