/** The one real clock. Made in the composition root and handed on; nothing else asks the host for the time. */
import type { Clock } from '../core/time/clock.ts';
import { epochMilliseconds, milliseconds } from '../core/time/units.ts';

/** The clock of this host. */
export function systemClock(): Clock {
  return {
    now: () => epochMilliseconds(Date.now()),
    monotonic: () => milliseconds(performance.now()),
  };
}
