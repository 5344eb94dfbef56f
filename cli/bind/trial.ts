/**
 * One request judged outside of a sidecar: the functions that a listener calls, in its order, over a certificate chain and the bytes of
 * a head in place of sockets. Nothing is judged here: this file only feeds the rooms and reads their answer.
 * What TLS does with a chain in a sidecar, `core/x509/path.ts` does here.
 */
import { createPublicKey } from 'node:crypto';

import { rowOf } from '../../core/fault/catalog.ts';
import { demand } from '../../core/fault/fault.ts';
import { type Outcome, type Refusal, refuse } from '../../core/fault/refusal.ts';
import type { Peer } from '../../core/identity/peer.ts';
import type { RevocationIndex } from '../../core/identity/revocation.ts';
import { parseSpiffeId, spiffeIdOf } from '../../core/identity/spiffe-id.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import { epochMilliseconds, type EpochSeconds, milliseconds } from '../../core/time/units.ts';
import type { Caller } from '../../core/token/bind.ts';
import type { VerifiedToken } from '../../core/token/verified-token.ts';
import { type Certificate, parseCertificate } from '../../core/x509/certificate.ts';
import { readCandidates, verifySvidPath } from '../../core/x509/path.ts';
import { challengeFields, type ChallengeTerms } from '../../sidecar/challenge.ts';
import type { Snapshot } from '../../sidecar/credentials/snapshot.ts';
import type { AnswerField, Decision } from '../../sidecar/forward/forwarding.ts';
import type { UpstreamPool } from '../../sidecar/forward/upstream.ts';
import { recognisePeer } from '../../sidecar/identity/peer.ts';
import { checkPeerUnrevoked } from '../../sidecar/identity/unrevoked.ts';
import { createJudges } from '../../sidecar/pipeline.ts';
import type { Policy } from '../../sidecar/policy/policy.ts';
import type { RequestNote } from '../../sidecar/record.ts';
import type { Dpop } from '../../sidecar/token/dpop.ts';
import type { TokenChecks } from '../../sidecar/token/verifier.ts';
import { readHead } from './head.ts';

/** What is judged, and by which settings. */
export interface Trial {
  readonly now: EpochSeconds;
  /** DER, leaf first; undefined where the client showed no certificate. */
  readonly chain: readonly Buffer[] | undefined;
  /** What is trusted, by trust domain. */
  readonly bundles: ReadonlyMap<TrustDomain, readonly Certificate[]>;
  /** Address of the client. */
  readonly from: string;
  /** Request line and fields, with the empty line at the end. */
  readonly head: Buffer;
  readonly tokens: TokenChecks;
  readonly policy: Policy;
  readonly revocations: RevocationIndex;
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
  const own = standIn(trial, peer.value);
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

/** What the handshake and the listener make of the chain. */
function recognise({ chain, bundles, revocations, now }: Trial): Outcome<Peer> {
  const [der, ...rest] = chain ?? [];
  if (der === undefined) return refuse('PEER_NO_CERTIFICATE', 'no client certificate');
  const leaf = parseCertificate(der);
  if (!leaf.ok) return leaf;
  const named = parseSpiffeId(leaf.value.uriNames[0] ?? '');
  // A leaf that names nobody is refused by any bundle.
  const trustDomain = named.ok && bundles.has(named.value.trustDomain) ? named.value.trustDomain : firstOf(bundles);
  const roots = bundles.get(trustDomain) ?? [];
  const path = verifySvidPath({ leaf: leaf.value, intermediates: readCandidates(rest), roots, now, trustDomain });
  if (!path.ok) return path;
  const peer = recognisePeer(der, trustDomain, now);
  if (!peer.ok) return peer;
  const unrevoked = checkPeerUnrevoked(peer.value, revocations, now);
  return unrevoked.ok ? peer : unrevoked;
}

function firstOf(bundles: Trial['bundles']): TrustDomain {
  for (const trustDomain of bundles.keys()) return trustDomain;
  throw new TypeError('a trial without a bundle');
}

/** The pipeline asks whether the sidecar itself may serve: here always, and under a name that no revocation has. */
function standIn({ now }: Trial, peer: Peer): Snapshot {
  const leaf = demand(parseCertificate(peer.der));
  return {
    generation: 1,
    id: demand(spiffeIdOf(peer.id.trustDomain, '/cleat/bind')),
    key: createPublicKey({ key: leaf.spki, format: 'der', type: 'spki' }),
    leaf: { ...leaf, serial: '', thumbprint: Buffer.alloc(32), lineage: undefined, notBefore: now, notAfter: now },
    chain: [],
    roots: [],
    bundleGeneration: 1,
    renewAt: now,
  };
}

/** Nothing is forwarded. */
const NO_APP: UpstreamPool = Object.freeze({
  closeDelimited: false,
  takeIdle: () => undefined,
  open: () => Promise.resolve(refuse('UPSTREAM_UNREACHABLE', 'a trial has no app')),
  noteDesync: () => undefined,
  dropIdle: () => undefined,
  close: () => undefined,
  size: 0,
});
