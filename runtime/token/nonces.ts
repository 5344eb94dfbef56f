/**
 * Nonces for DPoP proofs (RFC 9449 section 8), without memory: each is a MAC over the present step of time, under a key that
 * this process made. One that another replica handed out is not taken, so a proof with a nonce is good at one replica.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

import type { RandomBytes } from '../../core/time/clock.ts';
import type { EpochSeconds, Seconds } from '../../core/time/units.ts';

export interface Nonces {
  /** The one to hand out now: 22 characters of base64url. */
  current(now: EpochSeconds): string;
  /** Whether it is that of the present or of the last step. Compared in constant time. */
  accepts(nonce: string, now: EpochSeconds): boolean;
}

/** `step` is how long one is handed out; it is taken for that long again. */
export function createNonces({ random, step }: { readonly random: RandomBytes; readonly step: Seconds }): Nonces {
  const key = random(32);
  const at = (index: number): Buffer =>
    Buffer.from(createHmac('sha256', key).update(`${index}`).digest().subarray(0, 16).toString('base64url'));
  const indexOf = (now: EpochSeconds): number => Math.floor(now / step);
  return {
    current: (now) => at(indexOf(now)).toString(),
    accepts(nonce, now) {
      const found = Buffer.from(nonce);
      const index = indexOf(now);
      return [index, index - 1].some((one) => {
        const good = at(one);
        return good.length === found.length && timingSafeEqual(good, found);
      });
    },
  };
}
