/**
 * How long to wait before the next attempt: doubling, bounded, and spread, so that a fleet that failed together does
 * not come back together. Pure: the caller counts attempts and owns the timer.
 */
import { milliseconds, type Milliseconds } from './units.ts';

import type { Jitter } from './clock.ts';

export interface BackoffBounds {
  /** Longest wait before the first retry. */
  readonly first: Milliseconds;
  /** Longest wait at all. */
  readonly most: Milliseconds;
}

/** Gives a whole number of milliseconds between half and all of `min(most, first * 2^attempt)`. `attempt` is 0 for the first retry. */
export function backoff(attempt: number, bounds: BackoffBounds, jitter: Jitter): Milliseconds {
  // Past 2^52 doubling changes nothing but would reach infinity, and infinity times zero is no number.
  const doublings = Math.min(Math.max(0, attempt), 52);
  const step = Math.max(0, Math.min(bounds.most, bounds.first * 2 ** doublings));
  return milliseconds(Math.round(step * (0.5 + jitter() / 2)));
}
