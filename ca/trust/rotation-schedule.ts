/**
 * Looks at the rotation by the wall clock: takes the step that is due, shows the phase and the ends, and says when the CA
 * cannot sign. Decides nothing (see rotation-plan.ts).
 */
import { admit, type Outcome } from '../../core/fault/refusal.ts';
import type { Clock } from '../../core/time/clock.ts';
import { wholeSeconds, type Seconds } from '../../core/time/units.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import { faultFields, type Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Authorities } from './authorities.ts';
import { missing, phaseOf, type Scene } from './rotation.ts';
import type { RotationDesk } from './rotation-desk.ts';
import { canSign, nextStep, type Step } from './rotation-plan.ts';
import { seatIn } from './seats.ts';

export interface RotationSchedule extends Service {
  /** One look now, or the one under way. Never rejects. */
  look(): Promise<void>;
}

export interface ScheduleDeps {
  readonly authorities: Authorities;
  readonly desk: RotationDesk;
  /** Share of the issuer's life; undefined: nothing is begun. */
  readonly rotateAfter: number | undefined;
  readonly ttlMin: Seconds;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'gauge'>;
  /** Told at each look whether the authority can sign. */
  readonly onHealth: (sound: boolean) => void;
}

/** A host that slept is looked at within this time of waking. */
const LOOK_EVERY_MS = 5_000;
/** A step that is held up is worth a line this often, in seconds. */
const SAY_EVERY_SECONDS = 600;
const SLOTS = ['active', 'prepared', 'retired'] as const;
const PHASES = ['idle', 'prepared', 'overlap'] as const;

/** A schedule whose `start` looks once, and then every 5 s. */
export function createRotationSchedule(deps: ScheduleDeps): RotationSchedule {
  const { authorities, log } = deps;
  const judgeHealth = createHealthCheck(deps);
  const sayWhoWaits = createReminder(log);
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let watching: Disposable | undefined;

  async function lookOnce(): Promise<void> {
    try {
      judgeHealth();
      await advance(deps, sayWhoWaits);
      judgeHealth();
    } catch (thrown) {
      log.error('rotation not looked at', faultFields(thrown));
    }
  }

  function look(): Promise<void> {
    running ??= lookOnce().finally(() => {
      running = undefined;
    });
    return running;
  }

  return {
    name: 'rotation',
    look,
    async start() {
      watching = authorities.subscribe(judgeHealth);
      await look();
      timer = setInterval(() => void look(), LOOK_EVERY_MS);
      timer.unref();
    },
    async drain() {
      clearInterval(timer);
      await running;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      watching?.[Symbol.dispose]();
    },
  };
}

/** Takes steps until none is due: after an outage several may be. */
async function advance(deps: ScheduleDeps, sayWhoWaits: (scene: Scene) => void): Promise<void> {
  const { authorities, desk, rotateAfter, log } = deps;
  for (const _step of STEPS) {
    const scene = await observe(deps);
    if (!scene.ok) return log.warn('rotation not looked at', { ...scene.refusal });
    const due = nextStep(scene.value, { rotateAfter, isPaused: authorities.bundle().isPaused });
    if (due === undefined) return sayWhoWaits(scene.value);
    const done = await take(desk, due);
    if (!done.ok) return log.warn('rotation step not taken', { step: due, ...done.refusal });
  }
}

/** Who lives and what they acknowledged matters only while a rotation is under way. */
async function observe({ authorities, desk, clock }: ScheduleDeps): Promise<Outcome<Scene>> {
  const seats = authorities.seats();
  if (phaseOf(seats) !== 'idle') return desk.look();
  return admit({ seats, live: [], heard: () => undefined, now: wholeSeconds(clock.now()) });
}

/** Shows the state, and says it when the CA can sign no more. */
function createHealthCheck({ authorities, clock, ttlMin, metrics, log, onHealth }: ScheduleDeps): () => void {
  const show = createGauges(metrics);
  let couldSign = true;
  return () => {
    const { current } = authorities;
    const now = wholeSeconds(clock.now());
    const can = canSign(current(), ttlMin, now);
    show(authorities, can);
    onHealth(can);
    if (!can && couldSign)
      log.error('the CA cannot sign: its issuer ends too soon, or has not begun', {
        code: 'GRANT_ISSUER_EXPIRED',
        endsAt: current().endsAt,
        now,
      });
    couldSign = can;
  };
}

/** Says now and then who holds a rotation up. */
function createReminder(log: Pick<Log, 'warn'>): (scene: Scene) => void {
  let saidAt = Number.NEGATIVE_INFINITY;
  return (scene) => {
    const prepared = seatIn(scene.seats, 'prepared');
    if (prepared === undefined || scene.now - saidAt < SAY_EVERY_SECONDS) return;
    const waiting = missing(scene, prepared.record.publishedAt);
    saidAt = scene.now;
    if (waiting.length > 0)
      log.warn('rotation waits for acknowledgements', {
        bundleGeneration: prepared.record.publishedAt,
        waiting: waiting.length,
        first: waiting[0]?.spiffeId,
      });
  };
}

const STEPS: readonly Step[] = ['prepare', 'activate', 'retire'];

function take(desk: RotationDesk, step: Step) {
  if (step === 'prepare') return desk.prepare('schedule');
  return step === 'activate' ? desk.activate('schedule') : desk.retire('schedule');
}

function createGauges(metrics: Pick<Metrics, 'gauge'>) {
  const expiry = metrics.gauge(
    'cleat_ca_authority_expiry_timestamp_seconds',
    'When the authority of a slot ends, its chain included, as Unix time; NaN for an empty slot.',
    ['slot'],
  );
  const phase = metrics.gauge('cleat_ca_rotation_phase', 'The phase of the root rotation: 1 for the one it is in.', [
    'phase',
  ]);
  const signs = metrics.gauge(
    'cleat_ca_can_sign',
    'Whether the authority can sign a certificate of the shortest life.',
  );
  return ({ seats }: Pick<Authorities, 'seats'>, can: boolean): void => {
    for (const slot of SLOTS) expiry.set(seatIn(seats(), slot)?.authority.endsAt ?? Number.NaN, [slot]);
    for (const each of PHASES) phase.set(phaseOf(seats()) === each ? 1 : 0, [each]);
    signs.set(can ? 1 : 0);
  };
}
