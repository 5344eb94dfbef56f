/** The circuit breaker as a sidecar has it by default. */
import { milliseconds } from '../../core/time/units.ts';
import type { BreakerTerms } from '../../sidecar/forward/breaker.ts';

export const CIRCUIT: BreakerTerms = {
  failures: 5,
  rest: { first: milliseconds(500), most: milliseconds(10_000) },
};
