/**
 * One coarse clock hand for all waits of the data path: no timer per request or connection.
 * Who watches compares its own deadlines at each tick; a deadline is kept to within one tick.
 */
import type { Milliseconds } from '../../core/time/units.ts';

export interface Ticker {
  /** Calls `tick` at each step until disposed. */
  watch(tick: () => void): Disposable;
}

export interface RunningTicker extends Ticker, Disposable {}

/** A ticker that does not keep the process alive. */
export function createTicker(step: Milliseconds): RunningTicker {
  const watchers = new Set<() => void>();
  const timer = setInterval(() => {
    for (const tick of watchers) tick();
  }, step);
  timer.unref();
  return {
    watch(tick) {
      const entry = (): void => tick();
      watchers.add(entry);
      return { [Symbol.dispose]: () => void watchers.delete(entry) };
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      watchers.clear();
    },
  };
}
