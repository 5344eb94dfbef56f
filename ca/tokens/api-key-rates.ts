/** How often each API key may be used: a token bucket a key, each with the key's own terms, in bounded memory. */
import { admit, refuseFor, type Outcome } from '../../core/fault/refusal.ts';
import type { Clock } from '../../core/time/clock.ts';
import { createRate, type Rate } from '../../runtime/rate.ts';
import type { ApiKeyRecord } from '../journal/record.ts';

export interface ApiKeyRates {
  /** Counts one use. Refuses: LIMIT_ISSUES, with the time to come back. */
  take(key: ApiKeyRecord): Outcome<void>;
}

/** Keys remembered; of those the one that was longest unused is forgotten first, which gives it a full minute. */
const KEYS_MOST = 16_384;

/** No key was used yet. */
export function createApiKeyRates(clock: Pick<Clock, 'monotonic'>): ApiKeyRates {
  const rates = new Map<string, Rate>();

  function rateOf({ id, perMinute }: ApiKeyRecord): Rate {
    const rate = rates.get(id) ?? createRate({ perMinute, burst: perMinute, keysMost: 1 });
    rates.delete(id);
    const [oldest] = rates.keys();
    if (rates.size >= KEYS_MOST && oldest !== undefined) rates.delete(oldest);
    rates.set(id, rate);
    return rate;
  }

  return {
    take(key) {
      const wait = rateOf(key).take(key.id, clock.monotonic());
      if (wait === 0) return admit(undefined);
      return refuseFor(wait, 'LIMIT_ISSUES', `API key ${key.id} is used more than ${key.perMinute} times a minute`);
    },
  };
}
