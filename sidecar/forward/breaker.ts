/**
 * Whether an address is worth a connection now. After several that failed in a row nobody tries for a while, then one does:
 * a dead app costs its callers no wait, and is not knocked at by all of them when it comes back. Knows nothing of sockets.
 */
import { backoff, type BackoffBounds } from '../../core/time/backoff.ts';
import type { Clock, Jitter } from '../../core/time/clock.ts';
import { milliseconds, type Milliseconds } from '../../core/time/units.ts';

export interface BreakerTerms {
  /** That many in a row open it. */
  readonly failures: number;
  readonly rest: BackoffBounds;
}

export interface BreakerDeps {
  readonly terms: BreakerTerms;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly jitter: Jitter;
  /** Told when it opens and when it closes. */
  onChange(isOpen: boolean): void;
}

export interface Breaker {
  /** Zero: try now, and tell how it went. Else how long nobody should. */
  wait(): Milliseconds;
  succeeded(): void;
  failed(): void;
  readonly isOpen: boolean;
}

const NOW = milliseconds(0);

/** A closed one: nothing has failed yet. */
export function createBreaker(deps: BreakerDeps): Breaker {
  const { terms, clock, jitter } = deps;
  let failures = 0;
  let until = 0;
  let isOpen = false;
  /** Since when one tries for all the others. */
  let trial: number | undefined;

  return {
    get isOpen() {
      return isOpen;
    },
    wait() {
      if (!isOpen) return NOW;
      const now = clock.monotonic();
      if (now < until) return milliseconds(until - now);
      // One that never came back must not keep all others out.
      if (trial !== undefined && now - trial < terms.rest.most) return terms.rest.first;
      trial = now;
      return NOW;
    },
    succeeded() {
      failures = 0;
      trial = undefined;
      if (isOpen) deps.onChange(false);
      isOpen = false;
    },
    failed() {
      failures += 1;
      trial = undefined;
      if (failures < terms.failures) return;
      until = clock.monotonic() + backoff(failures - terms.failures, terms.rest, jitter);
      if (!isOpen) deps.onChange(true);
      isOpen = true;
    },
  };
}
