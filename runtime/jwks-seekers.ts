/**
 * Who may have an issuer's keys loaded once more, for a key that nobody knows. Whoever shows a token can invent a `kid`,
 * so loads are few; but one who invents them must not spend what the next one needs for a key that is really new.
 */
import type { Milliseconds } from '../core/time/units.ts';
import { createRate } from './rate.ts';

export interface Seekers {
  /** Whether there may be a load now; then it is counted. */
  mayLoad(asker: string, now: Milliseconds): boolean;
}

const MINUTE_MS = 60_000;
const ASKERS_MOST = 1024;
/** For all askers together: so many loads at once, and so many in one cool-down. */
const BURST = 4;
const EACH_COOLDOWN = 6;

/** Each asker once in a cool-down, all together four at once and six in a cool-down. */
export function createSeekers(cooldown: Milliseconds): Seekers {
  // A cool-down of nothing would divide by it.
  const perMinute = MINUTE_MS / Math.max(cooldown, 1e-6);
  const each = createRate({ perMinute, burst: 1, keysMost: ASKERS_MOST });
  const all = createRate({ perMinute: perMinute * EACH_COOLDOWN, burst: BURST, keysMost: 1 });
  return {
    mayLoad(asker, now) {
      // The asker first: who is in his own cool-down takes nothing from the others.
      if (each.take(asker, now) > 0) return false;
      if (all.take('', now) === 0) return true;
      // He had nothing for it.
      each.charge(asker, now, -1);
      return false;
    },
  };
}
