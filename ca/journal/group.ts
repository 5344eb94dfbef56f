/**
 * Gathers commands into batches: one batch is on its way, all that comes meanwhile is the next. Pure bookkeeping, no
 * thread, no timer, no disk.
 */
import { refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { Answer, Command } from './command.ts';

export interface Group {
  /** Queues a command. Refuses: ISSUE_BUSY when too many wait. */
  add(command: Command): Promise<Outcome<Answer>>;
  /** The answers to the batch that was on its way, in its order. */
  answer(answers: readonly Outcome<Answer>[]): void;
  /** Refuses all that wait and all that is on its way: JOURNAL_FAILED. */
  fail(detail: string): void;
  /** Resolves when nothing waits any more. */
  whenIdle(): Promise<void>;
}

/** Bounds one message to the thread, and with it the time that one transaction holds the disk. */
const BATCH_MOST = 256;
const WAITING_MOST = 4096;

interface Waiting {
  readonly command: Command;
  readonly resolve: (outcome: Outcome<Answer>) => void;
}

/** A group that hands each batch to `send`, which must lead to `answer` or `fail`. `later` runs what begins a batch out of
 *  rest, once a turn of the event loop; default: at once. */
export function createGroup(
  send: (commands: readonly Command[]) => void,
  later: (begin: () => void) => void = (begin) => begin(),
): Group {
  let waiting: Waiting[] = [];
  let inFlight: Waiting[] = [];
  let idle: (() => void)[] = [];

  let isDue = false;

  /** The first command of a turn waits for its neighbours: alone it would cost a message and a commit of its own. */
  function pumpLater(): void {
    if (isDue || inFlight.length > 0) return;
    isDue = true;
    later(() => {
      isDue = false;
      pump();
    });
  }

  function pump(): void {
    if (inFlight.length > 0) return;
    if (waiting.length === 0) {
      for (const resolve of idle) resolve();
      idle = [];
      return;
    }
    inFlight = waiting.slice(0, BATCH_MOST);
    waiting = waiting.slice(BATCH_MOST);
    send(inFlight.map(({ command }) => command));
  }

  return {
    add(command) {
      if (waiting.length >= WAITING_MOST) return Promise.resolve(refuse('ISSUE_BUSY', 'the journal is behind'));
      return new Promise((resolve) => {
        waiting.push({ command, resolve });
        pumpLater();
      });
    },
    answer(answers) {
      const answered = inFlight;
      inFlight = [];
      // Before the answers go out, so that the disk works while they do.
      pump();
      for (const [place, { resolve }] of answered.entries())
        resolve(answers[place] ?? refuse('JOURNAL_FAILED', 'the journal gave no answer'));
    },
    fail(detail) {
      const lost = [...inFlight, ...waiting];
      [inFlight, waiting] = [[], []];
      for (const { resolve } of lost) resolve(refuse('JOURNAL_FAILED', detail));
      pump();
    },
    whenIdle() {
      return new Promise((resolve) => {
        idle.push(resolve);
        pump();
      });
    },
  };
}
