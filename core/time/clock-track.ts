/**
 * Judges the wall clock by the monotonic one. A clock that was set back would give certificates that are over before
 * others believe that they began, and a renewal that its holder must refuse and then repeat looks like a fork. Pure.
 * Forward is believed: a host that slept looks just the same.
 */
import type { EpochMilliseconds, Milliseconds } from './units.ts';

/** Both clocks at one instant. */
export interface Instant {
  readonly wall: EpochMilliseconds;
  readonly monotonic: Milliseconds;
}

export interface ClockTrack {
  readonly believed: Instant;
  /** Before the last jump forward: a clock that comes back from an excursion comes back to this. */
  readonly before: Instant | undefined;
}

export interface ClockVerdict {
  readonly track: ClockTrack;
  /** How far the wall clock is behind what it should be (milliseconds); 0 where it is believed. */
  readonly behind: number;
  /** What was seen for the first time by this look. */
  readonly jump: 'forward' | 'returned' | undefined;
}

/** Certificates are backdated by as much, so nobody notices less. */
const TOLERANCE_MS = 60_000;

/** A track that believes the clock as it is. */
export function beginTrack(now: Instant): ClockTrack {
  return { believed: now, before: undefined };
}

/** What to think of the wall clock now. */
export function judgeClock({ believed, before }: ClockTrack, now: Instant): ClockVerdict {
  const behind = lag(believed, now);
  if (Math.abs(behind) <= TOLERANCE_MS) return { track: { believed: now, before }, behind: 0, jump: undefined };
  if (behind < 0) return { track: { believed: now, before: believed }, behind: 0, jump: 'forward' };
  if (before !== undefined && Math.abs(lag(before, now)) <= TOLERANCE_MS)
    return { track: { believed: now, before: undefined }, behind: 0, jump: 'returned' };
  return { track: { believed, before }, behind, jump: undefined };
}

function lag(from: Instant, now: Instant): number {
  return from.wall + (now.monotonic - from.monotonic) - now.wall;
}
