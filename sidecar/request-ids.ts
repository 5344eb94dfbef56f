/** Request ids: 128 random bits each, drawn from the generator many at a time. They name a request and prove nothing. */
import type { RandomBytes } from '../core/time/clock.ts';

const BYTES = 16;
const BATCH = 256;

/** Gives 32 lower-case hex digits at each call. */
export function createRequestIds(random: RandomBytes): () => string {
  let pool: Buffer = Buffer.alloc(0);
  let at = 0;
  return () => {
    if (at >= pool.length) {
      pool = random(BYTES * BATCH);
      at = 0;
    }
    at += BYTES;
    return pool.toString('hex', at - BYTES, at);
  };
}
