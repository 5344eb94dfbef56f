/** Both leaves rotate while calls flow through the egress of agent, and no call fails. */
import type { Pod } from '../layout.ts';
import { ask } from '../loopback.ts';
import type { Records, RequestRecord } from '../records.ts';
import type { Stage } from '../stage.ts';
import type { Step } from '../step.ts';
import { until } from '../until.ts';

const ROTATIONS = 5;
const REQUESTS = 2_000;
/** Calls that must go through on new certificates at both ends before the next rotation. */
const REQUESTS_BETWEEN = 50;

interface Load {
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  readonly problems: readonly string[];
}

export const rotationUnderLoad: Step = {
  id: 'rotation-under-load',
  tried: `${ROTATIONS} forced rotations of both certificates while at least ${REQUESTS} calls flow`,
  expected: '0 failed',
  async play(stage) {
    const app = { port: stage.layout.ports.agentApp };
    using atPayments = stage.records('payments');
    using atAgent = stage.records('agent');
    await ask(app, 'POST /load/begin');
    const rotated: Rotation[] = [];
    const hasFailed = async (): Promise<boolean> => (await loadOf(app)).failed > 0;
    while (rotated.length < ROTATIONS && rotated.every(({ seen }) => seen))
      rotated.push(await rotate(stage, { atPayments, atAgent, hasFailed }));
    await waitUntil(stage, `${REQUESTS} calls`, async () => (await loadOf(app)).sent >= REQUESTS);
    const load = JSON.parse((await ask(app, 'POST /load/stop')).body) as Load;
    await waitUntil(stage, 'the records of all calls', () =>
      Promise.resolve(Math.min(count(atAgent), count(atPayments)) >= load.answered),
    );
    const retried = [...atAgent.all, ...atPayments.all].filter((record) => record.retried === true).length;
    const failed = load.failed + retried;
    return {
      observed: `${failed} failed`,
      holds:
        load.sent >= REQUESTS &&
        load.answered === load.sent &&
        rotated.length === ROTATIONS &&
        rotated.every(({ seen }) => seen),
      reason: `${load.answered} of ${load.sent} calls answered, ${rotated.length} rotations, ${rotated.filter(({ seen }) => seen).length} seen at the other end`,
      detail: {
        requests: { ...load, retried },
        rotations: { payments: rotated.length, agent: rotated.length },
        generations: { agentSeenByPayments: seenIn(atPayments), paymentsSeenByAgent: seenIn(atAgent) },
        turns: rotated,
      },
    };
  },
};

/** What one rotation of both ends came to. `sequence` is the place of a certificate in its lineage. */
interface Rotation {
  readonly paymentsSequence: number;
  readonly agentSequence: number;
  /** Calls that payments recorded on agent's new certificate before the next rotation began. */
  readonly callsOnNewAgent: number;
  /** Calls that agent recorded on payments' new certificate before the next rotation began. */
  readonly callsOnNewPayments: number;
  readonly seen: boolean;
}

interface Ends {
  /** What payments recorded: the peer is agent. */
  readonly atPayments: Records;
  /** What agent recorded: the peer is payments. */
  readonly atAgent: Records;
  /** One failed call decides the step: then nothing is waited for any more. */
  readonly hasFailed: () => Promise<boolean>;
}

/** Renews the certificate of payments, then of agent, and goes on when calls were answered on both. */
async function rotate(stage: Stage, { atPayments, atAgent, hasFailed }: Ends): Promise<Rotation> {
  const paymentsSequence = await renewed(stage, 'payments');
  const agentSequence = await renewed(stage, 'agent');
  const counts = () => ({
    callsOnNewAgent: on(atPayments, agentSequence),
    callsOnNewPayments: on(atAgent, paymentsSequence),
  });
  const isSeen = (): boolean => Object.values(counts()).every((count) => count >= REQUESTS_BETWEEN);
  // In vain where egress does not switch: then the step reports what was seen, and fails.
  await waitUntil(stage, 'calls on the new certificates', async () => isSeen() || (await hasFailed())).catch(
    () => undefined,
  );
  return { paymentsSequence, agentSequence, ...counts(), seen: isSeen() };
}

/** Forces a renewal and gives the sequence of the new leaf. */
async function renewed(stage: Stage, pod: Pod): Promise<number> {
  const { sequence } = (await stage.renew(pod)) as { readonly sequence: number };
  return sequence;
}

async function waitUntil(stage: Stage, what: string, holds: () => Promise<boolean>): Promise<void> {
  await until(what, async () => ((await holds()) ? true : undefined), stage.ending);
}

/** Calls on this certificate or a later one: an ordinary renewal may come in between. */
const on = (records: Records, sequence: number): number =>
  records.all.filter((record) => (record.sequence ?? -1) >= sequence && isAdmitted(record)).length;

/** Every certificate of the other end on which a call was answered, by its place in the lineage. */
const seenIn = (records: Records): readonly number[] =>
  [...new Set(records.all.filter(isAdmitted).flatMap(({ sequence }) => sequence ?? []))].toSorted((a, b) => a - b);

const count = (records: Records): number => records.all.filter(isAdmitted).length;

const isAdmitted = (record: RequestRecord): boolean => record.decision === 'admitted' && record.status === 200;

async function loadOf(app: { readonly port: number }): Promise<Load> {
  return JSON.parse((await ask(app, 'GET /load')).body) as Load;
}
