/**
 * Lets what happens again and again be told without letting a flood fill a disk: the first of a kind is told at once, those
 * that come within the window after it are told as one count. Knows neither log nor audit stream.
 */
import type { Outcome } from '../core/fault/refusal.ts';
import type { Milliseconds } from '../core/time/units.ts';

export interface Repeats<Facts> {
  /** Calls `say` for the first of its kind and gives what that gave; a refusal opens no window, so the next one is a first
   *  again. Undefined: it was counted. */
  note(kind: string, facts: Facts, say: () => Outcome<void>): Outcome<void> | undefined;
  /** Ends all windows now, and tells their counts. */
  close(): void;
}

export interface RepeatsDeps<Facts> {
  readonly window: Milliseconds;
  /** Kinds with a window at once; those beyond share one more. */
  readonly kindsMost: number;
  /** The facts of those that share. */
  readonly rest: Facts;
  /** Tells a count, at least 1; `facts` are those of the first. */
  readonly more: (facts: Facts, count: number) => void;
}

interface Window<Facts> {
  readonly facts: Facts;
  more: number;
  readonly timer: NodeJS.Timeout;
}

/** The kind of those beyond the bound: no text that anybody gives. */
const REST = Symbol('rest');

/** No window is open yet. Its timers keep no process alive. */
export function createRepeats<Facts>({ window, kindsMost, rest, more }: RepeatsDeps<Facts>): Repeats<Facts> {
  const windows = new Map<string | typeof REST, Window<Facts>>();

  function end(kind: string | typeof REST): void {
    const ended = windows.get(kind);
    if (ended === undefined) return;
    clearTimeout(ended.timer);
    windows.delete(kind);
    if (ended.more > 0) more(ended.facts, ended.more);
  }

  return {
    note(kind, facts, say) {
      const isOwn = windows.has(kind) || windows.size < kindsMost;
      const name = isOwn ? kind : REST;
      const open = windows.get(name);
      if (open !== undefined) {
        open.more += 1;
        return undefined;
      }
      const said = say();
      if (!said.ok) return said;
      const timer = setTimeout(() => end(name), window).unref();
      windows.set(name, { facts: isOwn ? facts : rest, more: 0, timer });
      return said;
    },
    close() {
      for (const kind of windows.keys()) end(kind);
    },
  };
}
