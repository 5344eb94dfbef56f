/**
 * All who want to hear how a request or a handshake ended, called in one place: record, audit stream, ring of reasons, alarm,
 * metrics. What is told here never changes an answer.
 */
import type { Clock } from '../core/time/clock.ts';
import type { Audit } from '../runtime/audit/audit.ts';
import type { RefusedConnection } from './accept/connection.ts';
import { auditFacts } from './audit.ts';
import type { BindingAlarm } from './binding-alarm.ts';
import { challengeFields, type ChallengeTerms } from './challenge.ts';
import type { ConnectionRooms } from './forward/forwarding.ts';
import type { Measures } from './measures.ts';
import type { Recorder, RequestNote } from './record.ts';
import type { Why } from './why.ts';

export interface ObservationDeps {
  readonly recorder: Recorder;
  readonly why: Why;
  readonly measures: Measures;
  readonly alarm?: Pick<BindingAlarm, 'request'> | undefined;
  /** Undefined: there is none. */
  readonly audit?: Audit | undefined;
  readonly clock: Clock;
}

/** Those who say whether a request may begin, and whether it may go on. */
export type Judges = Pick<ConnectionRooms<RequestNote>, 'decide' | 'recheck' | 'answerHere'> & {
  /** What the port can offer to who is refused; undefined: nothing but another token. */
  challengeTerms?(): ChallengeTerms;
};

export interface Observation {
  /** The rooms of a connection whose requests these judge. */
  roomsOf(judges: Judges): ConnectionRooms<RequestNote>;
  refusedConnection(refused: RefusedConnection): void;
}

/** Joins them. */
export function createObservation({ recorder, why, measures, alarm, audit, clock }: ObservationDeps): Observation {
  const onDone: ConnectionRooms<RequestNote>['onDone'] = (exchange) => {
    recorder.request(exchange);
    why.request(exchange);
    measures.request(exchange);
    alarm?.request(exchange);
    audit?.record('request', auditFacts(exchange));
  };
  return {
    roomsOf: (judges) => ({
      ...judges,
      onDone,
      challenge: (refusal, note) => challengeFields(refusal, note?.requestId, judges.challengeTerms?.()),
    }),
    refusedConnection(refused) {
      const now = clock.now();
      recorder.refusedConnection(refused, now);
      why.refusedConnection(refused, now);
      measures.handshake(refused.code);
    },
  };
}
