/** The steps of a root rotation as control verbs: reads what is asked, and hands it to the desk. */
import { refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { ControlVerb } from '../../runtime/control.ts';
import type { RotationDesk } from '../trust/rotation-desk.ts';
import type { RotationStatus } from '../trust/rotation-status.ts';

/** `rotate {step, force?}`: step is `prepare`, `activate`, `retire`, `rollback` or `status`; -> `RotationStatus` after it. */
export function createRotateVerb(desk: RotationDesk): ControlVerb {
  return async (body) => {
    const order = readOrder(body);
    if (!order.ok) return order;
    const { step, force } = order.value;
    const done = await takeStep(desk, step, force);
    return done.ok ? desk.status() : done;
  };
}

const STEPS = ['prepare', 'activate', 'retire', 'rollback', 'status'] as const;
type Step = (typeof STEPS)[number];

function takeStep(desk: RotationDesk, step: Step, force: boolean): Promise<Outcome<RotationStatus | string>> {
  if (step === 'prepare') return desk.prepare('operator');
  if (step === 'activate') return desk.activate('operator', { force });
  if (step === 'retire') return desk.retire('operator');
  return step === 'rollback' ? desk.rollback('operator') : desk.status();
}

function readOrder(body: unknown): Outcome<{ readonly step: Step; readonly force: boolean }> {
  const { step, force = false } =
    typeof body === 'object' && body !== null ? (body as Partial<Record<string, unknown>>) : {};
  const known = STEPS.find((each) => each === step);
  if (known === undefined) return refuse('CONFIG_INVALID', `step: one of ${STEPS.join(', ')}`);
  if (typeof force !== 'boolean' || (force && known !== 'activate'))
    return refuse('CONFIG_INVALID', 'force: true or false, for activate alone');
  return { ok: true, value: { step: known, force } };
}
