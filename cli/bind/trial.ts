/**
 * One request judged outside of a sidecar: the functions that a listener calls, in its order, over a certificate chain and the bytes of
 * a head in place of sockets. Nothing is judged here: this file only feeds the rooms and reads their answer.
 */
import { rowOf } from '../../core/fault/catalog.ts';
import type { Refusal } from '../../core/fault/refusal.ts';
import type { Peer } from '../../core/identity/peer.ts';
import { epochMilliseconds, milliseconds } from '../../core/time/units.ts';
import type { Caller } from '../../core/token/bind.ts';
import type { VerifiedToken } from '../../core/token/verified-token.ts';
import { challengeFields, type ChallengeTerms } from '../../sidecar/challenge.ts';
import type { AnswerField, Decision } from '../../sidecar/forward/forwarding.ts';
import { createJudges } from '../../sidecar/pipeline.ts';
import type { Policy } from '../../sidecar/policy/policy.ts';
import type { RequestNote } from '../../sidecar/record.ts';
import type { Dpop } from '../../sidecar/token/dpop.ts';
import type { TokenChecks } from '../../sidecar/token/verifier.ts';
import { readHead } from './head.ts';
import { type Presented, recognise } from './recognise.ts';
import { NO_APP, standIn } from './stand-in.ts';

/** What is judged, and by which settings. */
export interface Trial extends Presented {
  /** Address of the client. */
  readonly from: string;
  /** Request line and fields, with the empty line at the end. */
  readonly head: Buffer;
  readonly tokens: TokenChecks;
  readonly policy: Policy;
  readonly dpop: Dpop;
}

/** What the sidecar would have done. */
export type Ruling =
  | {
      readonly verdict: 'accept';
      readonly caller: Caller;
      readonly rule: string | undefined;
      /** Route mode `report`: what `required` would have answered. */
      readonly reported: Refusal | undefined;
    }
  | {
      readonly verdict: 'refuse';
      readonly refusal: Refusal;
      /** Undefined where the connection ends before a request is read: nobody is answered. */
      readonly answer: { readonly status: number; readonly fields: readonly AnswerField[] } | undefined;
      readonly peer: Peer | undefined;
      /** Verified, but not good here. */
      readonly token: VerifiedToken | undefined;
    };

/** Gives the ruling. Refusals of the client are rulings; it throws only for what is broken. */
export async function rule(trial: Trial): Promise<Ruling> {
  const peer = recognise(trial);
  if (!peer.ok) {
    return { verdict: 'refuse', refusal: peer.refusal, answer: undefined, peer: undefined, token: undefined };
  }
  const head = readHead(trial.head);
  if (!head.ok) return refused(head.refusal, peer.value, undefined);
  const own = standIn(peer.value, trial.now);
  const connection = {
    peer: peer.value,
    generation: own.generation,
    local: { host: '127.0.0.1', port: 443 },
    remote: { host: trial.from, port: 1 },
  };
  const judges = createJudges(connection, own, {
    credentials: { current: () => own },
    tokens: trial.tokens,
    policy: { current: () => trial.policy },
    revocations: { current: () => trial.revocations },
    dpop: trial.dpop,
    metadata: undefined,
    app: NO_APP,
    clock: { now: () => epochMilliseconds(trial.now * 1000), monotonic: () => milliseconds(0) },
    requestId: () => '0'.repeat(32),
  });
  return rulingOf(await judges.decide(head.value), peer.value, judges.challengeTerms?.());
}

function rulingOf(decision: Decision<RequestNote>, peer: Peer, terms: ChallengeTerms | undefined): Ruling {
  const { note } = decision;
  if (!decision.ok) return refused(decision.refusal, peer, note, terms);
  if (note.caller === undefined) throw new TypeError('admitted without a caller');
  return { verdict: 'accept', caller: note.caller, rule: note.rule, reported: note.reported };
}

function refused(refusal: Refusal, peer: Peer, note: RequestNote | undefined, terms?: ChallengeTerms): Ruling {
  const answer = { status: rowOf(refusal.code).http, fields: challengeFields(refusal, undefined, terms) };
  return { verdict: 'refuse', refusal, answer, peer, token: note?.token };
}
