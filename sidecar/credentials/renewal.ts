/**
 * Attempts to get the next certificate, one at a time: the schedule and a forced rotation share the one under way.
 * What is adopted is published before anybody hears of it.
 */
import { Fault } from '../../core/fault/fault.ts';
import { refuse, type Outcome } from '../../core/fault/refusal.ts';
import { wholeSeconds } from '../../core/time/units.ts';
import { faultFields, type Log } from '../../runtime/log.ts';
import type { Channels } from './channels.ts';
import { createEnrolment, type EnrolmentDeps } from './enrolment.ts';
import type { Measures } from './measures.ts';
import type { Snapshot } from './snapshot.ts';
import type { UpkeepState } from './upkeep-state.ts';

export interface Renewal {
  /** One attempt; who comes during it shares it. */
  renew(): Promise<Outcome<Snapshot>>;
  /** What who asks is told once the credentials are given up: LIFE_DRAINING. */
  over(): Outcome<never>;
}

export interface RenewalDeps extends Omit<EnrolmentDeps, 'renew' | 'isRevoked' | 'signal'> {
  readonly log: Log;
}

export interface RenewalParts {
  readonly channels: Channels;
  readonly ending: AbortSignal;
  readonly current: () => Snapshot | undefined;
  readonly isRevoked: (own: Snapshot) => boolean;
  readonly publish: (next: Snapshot) => void;
  readonly measures: Measures;
  readonly state: UpkeepState;
}

/** No attempt is under way. */
export function createRenewal(deps: RenewalDeps, parts: RenewalParts): Renewal {
  const { channels, ending, current, isRevoked, publish, measures, state } = parts;
  const enrolment = createEnrolment({
    ...deps,
    signal: ending,
    isRevoked,
    renew: (by, request) => channels.use(by, (client) => client.renew(request)),
  });
  let running: Promise<Outcome<Snapshot>> | undefined;

  async function attempt(): Promise<Outcome<Snapshot>> {
    const outcome = await enrolment.attempt(current).catch((thrown: unknown) => defect(thrown, deps.log));
    if (ending.aborted) return over();
    measures.renewals.add([outcome.ok ? 'adopted' : outcome.refusal.code]);
    if (!outcome.ok) {
      state.failed(outcome.refusal, wholeSeconds(deps.clock.now()));
      return outcome;
    }
    state.succeeded();
    publish(outcome.value);
    return outcome;
  }

  return {
    async renew() {
      if (ending.aborted) return over();
      running ??= attempt().finally(() => {
        running = undefined;
      });
      return running;
    },
    over,
  };
}

/** A defect of ours must not end the renewals: the next attempt may go well. */
function defect(thrown: unknown, log: Log): Outcome<never> {
  log.error('an attempt to renew broke', faultFields(thrown));
  const { code, detail } = Fault.from(thrown);
  return refuse(code, detail);
}

const over = (): Outcome<never> => refuse('LIFE_DRAINING', 'the credentials are given up');
