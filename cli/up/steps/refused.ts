/**
 * The shape of every refusal step: the request is refused with its code, its twin without that one defect is admitted, and
 * the app's own count shows that only the twin arrived.
 */
import type { Reply } from '../client.ts';
import type { Reason, Stage } from '../stage.ts';
import type { Observation } from '../step.ts';
import { until } from '../until.ts';
import type { Visit } from '../visit.ts';

export interface Attempt {
  readonly refused: Visit;
  readonly twin: Visit;
  /** What the twin is, in a few words. */
  readonly twinIs: string;
}

/** Plays both and compares. `observed` is `401 CODE`, or `TLS CODE` where the connection was closed before an answer. */
export async function playRefused(stage: Stage, { refused, twin, twinIs }: Attempt): Promise<Observation> {
  const known = new Set((await stage.why()).map(handshakeOf));
  const before = await stage.appSeen();
  const reply = await stage.visit(refused);
  const reason = await reasonOf(stage, reply, known);
  const between = await stage.appSeen();
  const second = await stage.visit(twin);
  const after = await stage.appSeen();
  const arrived = { refused: between.count - before.count, twin: after.count - between.count };
  return {
    observed: `${reply.kind === 'answered' ? reply.status : 'TLS'} ${reason?.code ?? 'no reason found'}`,
    holds: arrived.refused === 0 && arrived.twin === 1 && second.kind === 'answered' && second.status === 200,
    reason: reason?.detail ?? '',
    detail: {
      reason: reason?.detail,
      client: reply.kind === 'closed' ? { problem: reply.problem } : { requestId: reply.requestId },
      twin: { is: twinIs, observed: outcomeOf(second) },
      arrivedAtApp: arrived,
    },
  };
}

/** Status of an answer, or what the client got to know of a closed connection. */
export function outcomeOf(reply: Reply): string {
  return reply.kind === 'answered' ? String(reply.status) : reply.problem;
}

/** By the request id where there was an answer; else the newest refused handshake that was not there before. */
function reasonOf(stage: Stage, reply: Reply, known: ReadonlySet<string>): Promise<Reason | undefined> {
  if (reply.kind === 'answered' && reply.requestId === undefined) return Promise.resolve(undefined);
  const look = async (): Promise<Reason | undefined> => {
    if (reply.kind === 'answered') return (await stage.why(reply.requestId))[0];
    return (await stage.why()).find((entry) => entry.kind === 'handshake' && !known.has(handshakeOf(entry)));
  };
  return until('the sidecar says why', look, stage.ending);
}

const handshakeOf = ({ time, remote }: Reason): string => `${time} ${remote ?? ''}`;
