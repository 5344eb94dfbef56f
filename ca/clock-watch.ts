/**
 * Watches the wall clock of a CA. While it is behind what it was, nothing is issued and the CA is not ready; both end by
 * themselves when it has caught up. Whether it is behind is said by core/time/clock-track.ts.
 */
import { admit, refuse, type Outcome } from '../core/fault/refusal.ts';
import type { Clock } from '../core/time/clock.ts';
import { beginTrack, judgeClock, type Instant } from '../core/time/clock-track.ts';
import type { Service } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';

export interface ClockWatch extends Service {
  /** Refuses: ISSUE_CLOCK while the clock is behind. */
  check(): Outcome<void>;
}

export interface ClockWatchDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Told at each change between "the clock is believed" and "it is behind", and true at start. */
  readonly onHealth: (sound: boolean) => void;
}

const LOOK_EVERY_MS = 1000;

/** A watch that believes the clock as it is at its start. */
export function createClockWatch({ clock, log, onHealth }: ClockWatchDeps): ClockWatch {
  const instant = (): Instant => ({ wall: clock.now(), monotonic: clock.monotonic() });
  let track = beginTrack(instant());
  let isBehind = false;
  let timer: NodeJS.Timeout | undefined;

  function check(): Outcome<void> {
    const verdict = judgeClock(track, instant());
    track = verdict.track;
    if (verdict.jump !== undefined) log.warn('the clock jumped', { jump: verdict.jump });
    const behind = Math.round(verdict.behind / 1000);
    if (isBehind !== behind > 0) {
      isBehind = behind > 0;
      onHealth(!isBehind);
      if (isBehind)
        log.error('the clock was set back; nothing is issued until it has caught up, or the CA is started again', {
          code: 'ISSUE_CLOCK',
          behindSeconds: behind,
        });
      else log.info('the clock has caught up');
    }
    return isBehind ? refuse('ISSUE_CLOCK', `the clock is ${behind} s behind what it was`) : admit(undefined);
  }

  return {
    name: 'clock',
    check,
    async start(signal) {
      signal.throwIfAborted();
      track = beginTrack(instant());
      timer = setInterval(check, LOOK_EVERY_MS);
      timer.unref();
      onHealth(true);
    },
    async drain() {},
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
    },
  };
}
