/**
 * Durations as people write them: one whole number and one unit (`500ms`, `15s`, `15m`, `1h`, `30d`).
 * Never guesses: no sign, no fraction, no space, no leading zero, no number without a unit.
 */
import { milliseconds, type Milliseconds } from './units.ts';

/** Largest first, so that the first unit that divides is the shortest text. */
const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

const FORM = /^(0|[1-9][0-9]{0,14})(ms|s|m|h|d)$/;

/** Gives the span, or `undefined` where the text has another form or the span exceeds 2^53 - 1 ms. */
export function parseDuration(text: string): Milliseconds | undefined {
  const [, count, unit] = FORM.exec(text) ?? [];
  const size = UNITS.find(([name]) => name === unit)?.[1];
  if (count === undefined || size === undefined) return undefined;
  const span = Number(count) * size;
  return Number.isSafeInteger(span) ? milliseconds(span) : undefined;
}

/** Gives the shortest text that `parseDuration` reads back; parts of a millisecond are cut off, less than none is `0s`. */
export function formatDuration(span: Milliseconds): string {
  const whole = Math.max(0, Math.trunc(span));
  if (whole === 0) return '0s';
  const [name, size] = UNITS.find(([, size]) => whole % size === 0) ?? ['ms', 1];
  return `${whole / size}${name}`;
}
