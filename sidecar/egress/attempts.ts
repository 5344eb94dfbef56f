/**
 * How often somebody is asked: one attempt at a time for each key, joined by all who want the same, and a rest after each
 * that failed, longer each time, during which nobody asks again. Knows nothing of what is asked.
 */
import type { Outcome, Refusal } from '../../core/fault/refusal.ts';
import { backoff, type BackoffBounds } from '../../core/time/backoff.ts';
import type { Clock, Jitter } from '../../core/time/clock.ts';
import type { Milliseconds } from '../../core/time/units.ts';
import { createLatest } from './latest.ts';

export interface Attempts<T> {
  /** Joins the attempt under way for this key, or begins one. */
  begin(key: string, attempt: () => Promise<Outcome<T>>): Promise<Outcome<T>>;
  /** Why the last one failed, while its rest lasts. */
  resting(key: string): Refusal | undefined;
}

export interface AttemptsDeps {
  readonly clock: Clock;
  readonly jitter: Jitter;
  /** The rests. */
  readonly rest: BackoffBounds;
  /** How much of what a refusal says in `retryAfter` is obeyed, on top. */
  readonly hintMost: Milliseconds;
  /** Failures remembered; those under way are bounded by who waits for them. */
  readonly keysMost: number;
}

/** Nothing has been tried yet. An attempt must not reject. */
export function createAttempts<T>({ clock, jitter, rest, hintMost, keysMost }: AttemptsDeps): Attempts<T> {
  const failures = createLatest<Failure>(keysMost);
  const underWay = new Map<string, Promise<Outcome<T>>>();

  function note(key: string, outcome: Outcome<T>): Outcome<T> {
    underWay.delete(key);
    if (outcome.ok) {
      failures.delete(key);
      return outcome;
    }
    const { refusal } = outcome;
    const before = failures.get(key)?.count ?? 0;
    const wait = backoff(before, rest, jitter) + Math.min(refusal.retryAfter ?? 0, hintMost);
    failures.set(key, { refusal, count: before + 1, until: clock.monotonic() + wait });
    return outcome;
  }

  return {
    begin(key, attempt) {
      const running = underWay.get(key);
      if (running !== undefined) return running;
      const begun = attempt().then((outcome) => note(key, outcome));
      underWay.set(key, begun);
      return begun;
    },
    resting(key) {
      const failure = failures.get(key);
      return failure !== undefined && clock.monotonic() < failure.until ? failure.refusal : undefined;
    },
  };
}

interface Failure {
  readonly refusal: Refusal;
  /** How many in a row. */
  readonly count: number;
  /** Monotonic. */
  readonly until: number;
}
