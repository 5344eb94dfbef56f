/**
 * How often the token service may be asked: a workload with a verified certificate by its instance, everybody else by address, so
 * that wrong guesses from an address lock out nobody who shows who he is; and each client that authenticated by its id. Decides
 * nothing else.
 */
import { admit, refuseFor, type Outcome } from '../../core/fault/refusal.ts';
import type { Clock } from '../../core/time/clock.ts';
import { milliseconds } from '../../core/time/units.ts';
import { createRate, type Rate } from '../../runtime/rate.ts';

/** Whose turn a request takes. */
export interface Turn {
  readonly by: 'address' | 'instance';
  readonly key: string;
}

export interface OAuthRates {
  /** Counts one request. Refuses: LIMIT_ISSUES, with the time to come back. */
  take(turn: Turn): Outcome<void>;
  /** Counts a request that proved nobody as ten: guesses are slow, mistakes are not punished. */
  chargeFailure(turn: Turn): void;
  /** Counts one request of a client that authenticated. Refuses: LIMIT_ISSUES. */
  takeClient(id: string): Outcome<void>;
}

export interface OAuthRateDeps {
  /** Of an address, and of an instance. */
  readonly perTurnPerMinute: number;
  readonly perClientPerMinute: number;
  readonly clock: Pick<Clock, 'monotonic'>;
}

const KEYS_MOST = 16_384;
const FAILURE_COST = 9;

/** Nobody has asked yet. */
export function createOAuthRates({ perTurnPerMinute, perClientPerMinute, clock }: OAuthRateDeps): OAuthRates {
  const rateOf = (perMinute: number): Rate => createRate({ perMinute, burst: perMinute, keysMost: KEYS_MOST });
  // Apart: addresses come and go as anybody likes, and must not make an instance forgotten.
  const turns = { address: rateOf(perTurnPerMinute), instance: rateOf(perTurnPerMinute) };
  const clients = rateOf(perClientPerMinute);

  function take(rate: Rate, key: string, name: string): Outcome<void> {
    const wait = rate.take(key, clock.monotonic());
    return wait > 0 ? refuseFor(milliseconds(wait), 'LIMIT_ISSUES', name) : admit(undefined);
  }

  return {
    take: ({ by, key }) => take(turns[by], key, `${by} ${key}`),
    chargeFailure: ({ by, key }) => turns[by].charge(key, clock.monotonic(), FAILURE_COST),
    takeClient: (id) => take(clients, id, `client ${id}`),
  };
}
