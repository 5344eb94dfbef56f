/**
 * The two clocks. Validity is judged by the wall clock, which may jump; waits are measured by the monotonic one,
 * which stands still while the host sleeps. Code takes a `Clock`, so that a test can own the time.
 */
import type { EpochMilliseconds, Milliseconds } from './units.ts';

export interface Clock {
  /** Wall clock. */
  now(): EpochMilliseconds;
  /** Time since an arbitrary start; never goes back. */
  monotonic(): Milliseconds;
}

/** Gives `count` random bytes. An argument everywhere, so that a test can fix them. */
export type RandomBytes = (count: number) => Buffer;

/** Gives a number in [0, 1): for jitter only, never for a secret. */
export type Jitter = () => number;
