/**
 * Says how far our own certificate is through its life: readiness and the alarms hang on it. Looks at the wall clock at
 * the next boundary and at least every few seconds, because that clock may jump either way.
 */
import type { Clock } from '../../core/time/clock.ts';
import { milliseconds } from '../../core/time/units.ts';
import type { InUse } from './in-use.ts';
import { lifeStage, type LifeStage } from './life-stage.ts';
import { LOOK_AGAIN } from './renewal-loop.ts';
import { rest } from './rest.ts';
import type { Snapshot } from './snapshot.ts';

export interface ExpiryDeps {
  readonly clock: Clock;
  readonly current: () => InUse;
  /** Told at each change of stage, and first of all what is the case at the start. */
  readonly tell: (stage: LifeStage, snapshot: Snapshot) => void;
}

/** Runs until the signal aborts. */
export async function watchExpiry({ clock, current, tell }: ExpiryDeps, signal: AbortSignal): Promise<void> {
  let told: LifeStage | undefined;
  while (!signal.aborted) {
    const { snapshot, superseded } = current();
    const { stage, left } = lifeStage(snapshot.leaf, clock.now());
    if (stage !== told) tell(stage, snapshot);
    told = stage;
    const next = stage === 'ended' ? LOOK_AGAIN : milliseconds(Math.min(left, LOOK_AGAIN));
    await rest(next, AbortSignal.any([signal, superseded]));
  }
}
