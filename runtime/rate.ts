/**
 * How often something may happen under one key: a token bucket each, in bounded memory. Pure: `now` comes in, a wait
 * comes out. Knows neither who the keys are nor what is counted.
 */
import { milliseconds, type Milliseconds } from '../core/time/units.ts';

export interface RateTerms {
  /** What a key regains in a minute. */
  readonly perMinute: number;
  /** The most that it can hold, and what it has at first. */
  readonly burst: number;
  /** Keys remembered at most; the one that was longest unused is forgotten first, which gives it a full bucket. */
  readonly keysMost: number;
}

export interface Rate {
  /** 0 if it may happen now, and then it is counted; else when to come back. Each who is sent away gets a time of his
   *  own, so that those who came together do not come back together. Never more than a minute. */
  take(key: string, now: Milliseconds): Milliseconds;
  /** Counts `cost` more, whatever is left; a debt is never more than a burst. */
  charge(key: string, now: Milliseconds, cost: number): void;
  /** Keys remembered. */
  size(): number;
}

interface Bucket {
  level: number;
  at: Milliseconds;
  /** The time that was promised to the last one sent away. */
  promised: number;
}

const MINUTE_MS = 60_000;

/** No key is known yet. */
export function createRate({ perMinute, burst, keysMost }: RateTerms): Rate {
  const buckets = new Map<string, Bucket>();
  const each = MINUTE_MS / perMinute;

  /** The bucket as it is now, youngest of all. */
  function bucketOf(key: string, now: Milliseconds): Bucket {
    const bucket = buckets.get(key) ?? { level: burst, at: now, promised: 0 };
    buckets.delete(key);
    if (buckets.size >= keysMost) forgetOldest();
    buckets.set(key, bucket);
    bucket.level = Math.min(burst, bucket.level + Math.max(0, now - bucket.at) / each);
    bucket.at = now;
    return bucket;
  }

  function forgetOldest(): void {
    const [oldest] = buckets.keys();
    if (oldest !== undefined) buckets.delete(oldest);
  }

  return {
    take(key, now) {
      const bucket = bucketOf(key, now);
      if (bucket.level >= 1) {
        bucket.level -= 1;
        return milliseconds(0);
      }
      const free = now + (1 - bucket.level) * each;
      bucket.promised = Math.min(Math.max(free, bucket.promised + each), now + MINUTE_MS);
      return milliseconds(Math.ceil(bucket.promised - now));
    },
    charge(key, now, cost) {
      const bucket = bucketOf(key, now);
      bucket.level = Math.max(-burst, bucket.level - cost);
    },
    size: () => buckets.size,
  };
}
