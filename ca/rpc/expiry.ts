/** Waits for the end of a certificate by the wall clock: a host that slept must not serve an expired peer on. */
import type { Clock } from '../../core/time/clock.ts';
import { wholeSeconds, type EpochSeconds } from '../../core/time/units.ts';

/** Longest time between two looks at the clock. */
const LOOK_EVERY_MS = 60_000;

/** Resolves when `notAfter` has passed (it is inclusive, in whole seconds) or the signal aborts. */
export function expiryOf(
  notAfter: EpochSeconds,
  clock: Pick<Clock, 'now'>,
  signal: AbortSignal,
): Promise<'expired' | 'aborted'> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const settle = (end: 'expired' | 'aborted'): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      resolve(end);
    };
    const onAbort = (): void => settle('aborted');
    const look = (): void => {
      if (wholeSeconds(clock.now()) > notAfter) {
        settle('expired');
        return;
      }
      timer = setTimeout(look, Math.min(LOOK_EVERY_MS, (notAfter + 1) * 1000 - clock.now()));
      timer.unref();
    };
    if (signal.aborted) {
      resolve('aborted');
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    look();
  });
}
