/**
 * How often the CA may be called over mutual TLS for anything but a certificate: per instance, so that one stolen key
 * cannot use up what its replicas have, and per identity. Who is served is decided elsewhere.
 */
import { admit, refuseFor, type Outcome } from '../../core/fault/refusal.ts';
import type { Clock } from '../../core/time/clock.ts';
import { milliseconds } from '../../core/time/units.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Caller } from '../attest/leaf.ts';
import { createRate, type Rate } from '../../runtime/rate.ts';

export interface CallRate {
  /** Counts one call. Refuses: LIMIT_ISSUES, with the time to come back. */
  take(caller: Caller): Outcome<void>;
}

export interface CallRateDeps {
  readonly limits: { readonly callsPerInstancePerMinute: number; readonly callsPerIdentityPerMinute: number };
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly metrics: Pick<Metrics, 'counter'>;
}

/** As many instances as the mesh listener has room for. */
const KEYS_MOST = 16_384;

/** Nobody has called yet. */
export function createCallRate({ limits, clock, metrics }: CallRateDeps): CallRate {
  const rateOf = (perMinute: number): Rate => createRate({ perMinute, burst: perMinute, keysMost: KEYS_MOST });
  const instances = rateOf(limits.callsPerInstancePerMinute);
  const identities = rateOf(limits.callsPerIdentityPerMinute);
  const limited = metrics.counter(
    'cleat_ca_calls_limited_total',
    'Calls sent away for their rate, by what was counted.',
    ['by'],
  );

  function take(by: 'instance' | 'identity', rate: Rate, key: string): Outcome<void> {
    const wait = rate.take(key, clock.monotonic());
    if (wait === 0) return admit(undefined);
    limited.add([by]);
    return refuseFor(milliseconds(wait), 'LIMIT_ISSUES', `${by} ${key}, free in ${wait} ms`);
  }

  return {
    take(caller) {
      // An instance that is sent away takes nothing from its identity.
      const own = take('instance', instances, instanceOf(caller));
      return own.ok ? take('identity', identities, caller.id.uri) : own;
    },
  };
}

/** The lineage, which a renewal keeps; a certificate without one is an instance of its own. */
export function instanceOf({ leaf }: Caller): string {
  return leaf.lineage?.id.toString('hex') ?? `serial ${leaf.serial}`;
}
