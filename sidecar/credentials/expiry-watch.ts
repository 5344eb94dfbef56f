/**
 * Says when our own certificate ends without a successor, and when it is valid again: readiness hangs on it. Looks at
 * the wall clock at the end itself and at least every 60 s, because that clock may jump either way.
 */
import type { Clock } from '../../core/time/clock.ts';
import { milliseconds } from '../../core/time/units.ts';
import type { InUse } from './in-use.ts';
import { LOOK_AGAIN, timeLeft } from './renewal-loop.ts';
import { rest } from './rest.ts';
import type { Snapshot } from './snapshot.ts';

export interface ExpiryDeps {
  readonly clock: Clock;
  readonly current: () => InUse;
  /** Told at each change, and first of all what is the case at the start. */
  readonly tell: (isValid: boolean, snapshot: Snapshot) => void;
}

/** Runs until the signal aborts. */
export async function watchExpiry({ clock, current, tell }: ExpiryDeps, signal: AbortSignal): Promise<void> {
  let told: boolean | undefined;
  while (!signal.aborted) {
    const { snapshot, superseded } = current();
    const left = timeLeft(snapshot, clock);
    const isValid = left > 0;
    if (isValid !== told) tell(isValid, snapshot);
    told = isValid;
    const next = isValid ? milliseconds(Math.min(left, LOOK_AGAIN)) : LOOK_AGAIN;
    await rest(next, AbortSignal.any([signal, superseded]));
  }
}
