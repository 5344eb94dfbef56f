/** When an issuer's keys are to be loaded again. Pure: the caller owns the timer. */
import { backoff } from '../core/time/backoff.ts';
import type { Jitter } from '../core/time/clock.ts';
import { milliseconds, type Milliseconds } from '../core/time/units.ts';

export interface LastLoad {
  /** Attempts that failed since the last good one. */
  readonly failures: number;
  /** What the server said in `Cache-Control`, if anything. */
  readonly cacheControl: string | undefined;
  /** Where the server says nothing. */
  readonly refresh: Milliseconds;
}

const RETRY = { first: milliseconds(500), most: milliseconds(30_000) };
const LEAST_MS = 60_000;
const MOST_MS = 3_600_000;

/** After a failure 0.5 s doubling to 30 s; else `max-age` between 1 and 60 min (RFC 9111 section 5.2.2.1), or `refresh`;
 *  less up to a tenth, so that a fleet that started together does not ask together. */
export function nextLoad({ failures, cacheControl, refresh }: LastLoad, jitter: Jitter): Milliseconds {
  if (failures > 0) return backoff(failures - 1, RETRY, jitter);
  const told = /(?:^|[,\s])max-age=([0-9]{1,9})(?:$|[,\s])/i.exec(cacheControl ?? '')?.[1];
  const span = told === undefined ? refresh : Math.min(MOST_MS, Math.max(LEAST_MS, Number(told) * 1000));
  return milliseconds(Math.round(span * (1 - jitter() / 10)));
}
