/**
 * What happens to an inbound request, in order: the only file that knows it. If a line runs, every line above it said
 * yes. Nothing here waits when the token is remembered, and no byte of a body is read before the last line.
 * Rooms do not log: what they found goes into the note, and the record is written once at the end of the request.
 */
import { admit, type Outcome, type Refusal } from '../core/fault/refusal.ts';
import type { RevocationIndex } from '../core/identity/revocation.ts';
import type { Clock } from '../core/time/clock.ts';
import { epochMilliseconds, type EpochSeconds, wholeSeconds } from '../core/time/units.ts';
import { bind, type BindingMode, type Caller } from '../core/token/bind.ts';
import { jktOf } from '../core/token/confirmation.ts';
import type { DpopProof } from '../core/token/proof.ts';
import type { VerifiedToken } from '../core/token/verified-token.ts';
import type { InboundConnection } from './accept/connection.ts';
import type { Snapshot } from './credentials/snapshot.ts';
import type { Decide, Decision, LocalAnswer, UnderWay } from './forward/forwarding.ts';
import { headForApp, identityBlock } from './forward/identity-headers.ts';
import type { UpstreamPool } from './forward/upstream.ts';
import type { Field, RequestHead } from './http/request.ts';
import type { Judges } from './observation.ts';
import { Permit } from './policy/permit.ts';
import type { RuleLimits } from './policy/limits.ts';
import { type Policy, type Route, routeOf, type Rule } from './policy/policy.ts';
import type { RequestNote } from './record.ts';
import type { ResourceMetadata } from './resource-metadata.ts';
import { checkBoth, checkToken, isOver, type StandingRooms } from './standing.ts';
import type { Dpop } from './token/dpop.ts';
import { type Credential, extractCredential, type ReadBefore, remember } from './token/extract.ts';
import type { TokenChecks } from './token/verifier.ts';

export interface Rooms extends StandingRooms {
  /** Whether a decision could be told to the audit stream; absent: there is none. */
  readonly audit?: { check(): Outcome<void> } | undefined;
  readonly tokens: TokenChecks;
  /** Of this port. */
  readonly dpop: Dpop;
  /** What the port says about itself; undefined where nothing is configured. */
  readonly metadata: ResourceMetadata | undefined;
  readonly policy: { current(): Policy };
  /** What the rules count; absent: nothing is. */
  readonly limits?: RuleLimits | undefined;
  /** The app behind this port. */
  readonly app: UpstreamPool;
  readonly clock: Clock;
  /** Gives 32 hex digits. */
  requestId(): string;
}

/** Both judges of one connection. */
export function createJudges(connection: InboundConnection, own: Snapshot, rooms: Rooms): Judges {
  const { metadata, dpop, clock } = rooms;
  const memory: Memory = { before: undefined, bound: undefined, policy: undefined };
  return {
    decide: createDecide(connection, own, rooms, memory),
    ...(metadata === undefined ? {} : { answerHere: (head) => describe(metadata, { head, connection }, rooms) }),
    challengeTerms: () => ({
      isDpopServed: dpop.isServed,
      nonce: dpop.nonce(wholeSeconds(clock.now())),
      resourceMetadata: metadata?.url,
    }),
    recheck: (underWay) => {
      const now = wholeSeconds(rooms.clock.now());
      const sound = checkBoth({ connection, now }, rooms);
      if (!sound.ok) return sound.refusal;
      const token = checkToken(underWay.note?.token, rooms, now);
      return token.ok ? redecide(underWay, { connection, now, memory }, rooms) : token.refusal;
    },
  };
}

/** The decider of one connection. The lines that are the same for each of its requests are made here, once. */
function createDecide(connection: InboundConnection, own: Snapshot, rooms: Rooms, memory: Memory): Decide<RequestNote> {
  const block = identityBlock(own.id, connection.peer);
  return (head) => {
    const route = routeOf(rooms.policy.current().routes, head);
    const now = wholeSeconds(rooms.clock.now());
    return judge({ head, connection, block, memory, route, now, requestId: rooms.requestId() }, rooms);
  };
}

/** The metadata of the protected resource, for any peer: it is how a client finds out which token it needs. */
function describe(
  metadata: ResourceMetadata,
  { head, connection }: Pick<Request, 'head' | 'connection'>,
  rooms: Rooms,
): LocalAnswer<RequestNote> | undefined {
  if (head.path !== metadata.path) return undefined;
  const note = noteOf({ head, connection, requestId: rooms.requestId() }, {});
  const valid = checkBoth({ connection, now: wholeSeconds(rooms.clock.now()) }, rooms);
  if (!valid.ok) return { ok: false, refusal: valid.refusal, note };
  const { method } = head;
  if (method !== 'GET' && method !== 'HEAD') {
    return { ok: false, refusal: { code: 'REQUEST_METHOD', detail: method }, note };
  }
  return { ok: true, value: { type: 'application/json', body: metadata.document }, note };
}

/** One request on its way. */
interface Request {
  readonly head: RequestHead;
  readonly connection: InboundConnection;
  readonly block: string;
  readonly memory: Memory;
  readonly route: Route;
  readonly now: EpochSeconds;
  readonly requestId: string;
}

/** What the last request of the connection showed, and how it was bound: a client that shows the same again costs little. */
interface Memory {
  before: ReadBefore | undefined;
  bound: BoundBefore | undefined;
  /** By which the last one was admitted. */
  policy: Policy | undefined;
}

/** An exact binding depends on token, peer and mode alone: not on the time, as lineage and proofs do, nor on revocations, which
 *  are looked at before it. A token that is verified anew is another object. */
interface BoundBefore {
  readonly mode: BindingMode;
  readonly token: VerifiedToken;
  readonly caller: Outcome<Caller>;
}

type Judgement = Decision<RequestNote>;

function judge(request: Request, rooms: Rooms): Judgement | Promise<Judgement> {
  const { head, connection, now } = request;
  const audited = rooms.audit?.check();
  if (audited?.ok === false) return no(request, { ...audited.refusal, code: 'LIFE_AUDIT' });
  const valid = checkBoth(request, rooms);
  if (!valid.ok) return no(request, valid.refusal);
  const { memory } = request;
  const shown = extractCredential(head, memory.before);
  if (!shown.ok) return no(request, shown.refusal);
  if (shown.value === undefined) return permit(NOTHING_SHOWN, request, rooms);
  if (shown.value !== memory.before?.credential) memory.before = remember(shown.value, head);
  const { scheme, token: text } = shown.value;
  const known = rooms.tokens.recall(text, connection.peer, now);
  if (known !== undefined && scheme === 'Bearer') return permit({ token: known, proof: undefined }, request, rooms);
  return verify({ ...shown.value, known }, request, rooms);
}

interface Unverified extends Credential {
  /** The token, where it is remembered. */
  readonly known: VerifiedToken | undefined;
}

/** What waits: a token that is not remembered, and a DPoP proof, which never is. */
async function verify(shown: Unverified, request: Request, rooms: Rooms): Promise<Judgement> {
  const { head, connection, now } = request;
  const { known } = shown;
  const verified = known === undefined ? await rooms.tokens.verify(shown.token, connection.peer, now) : admit(known);
  if (!verified.ok) return no(request, verified.refusal);
  const token = verified.value;
  const isProved = shown.scheme === 'DPoP';
  const proof = isProved ? await rooms.dpop.verify(shown, { head, jkt: jktOf(token), now }) : undefined;
  // Keys may have been fetched meanwhile, which can take seconds: policy and time are those of now.
  const later = {
    ...request,
    route: routeOf(rooms.policy.current().routes, head),
    now: wholeSeconds(rooms.clock.now()),
  };
  const still = checkBoth(later, rooms);
  if (!still.ok) return no(later, still.refusal);
  if (isOver(token, later.now)) return no(later, { code: 'TOKEN_EXPIRED', detail: 'it ended meanwhile' }, { token });
  return permit({ token, proof }, later, rooms);
}

/** What the request showed, verified by itself: whether it belongs to the peer is still to be decided. */
interface Shown {
  readonly token: VerifiedToken | undefined;
  /** Of the DPoP proof; undefined where the scheme is not DPoP. */
  readonly proof: Outcome<DpopProof> | undefined;
}

const NOTHING_SHOWN: Shown = Object.freeze({ token: undefined, proof: undefined });

/** No waiting from here on: a remembered token costs no promise, and nobody else can use the proof up in between. */
function permit({ token, proof }: Shown, request: Request, rooms: Rooms): Judgement {
  const { head, route, block, requestId, now } = request;
  const live = checkToken(token, rooms, now);
  if (!live.ok) return no(request, live.refusal, { token });
  const usable = proof === undefined ? undefined : rooms.dpop.check(proof, now);
  const bound = bindFor({ token, proof: usable }, request, rooms.revocations.current());
  if (!bound.caller.ok) return no(request, bound.caller.refusal, { token });
  const caller = bound.caller.value;
  const policy = rooms.policy.current();
  request.memory.policy = policy;
  const decided = Permit.decide(caller, factsOf(request, rooms), policy.rules);
  if (!decided.ok) return no(request, decided.refusal, { token, caller, reported: bound.reported });
  // After all that may refuse: a request that fails burns nothing.
  if (usable?.ok === true && caller.proofs.includes('dpop')) rooms.dpop.spend(usable.value, now);
  const value = {
    upstream: rooms.app,
    head: headForApp(decided.value, head, {
      block,
      requestId,
      forwardToken: route.forwardToken,
      claims: route.claims,
    }),
    expiry: token && {
      at: epochMilliseconds((token.expiresAt + token.rules.skew) * 1000),
      onExpiry: route.onTokenExpiry,
    },
    answerFields: proof === undefined ? undefined : nonceFields(rooms.dpop.nonce(now)),
  };
  const { rule } = decided.value;
  return { ok: true, value, note: noteOf(request, { token, caller, rule, reported: bound.reported }) };
}

/** Whether a new policy lets go on what an older one admitted: by its routes and its rules, and nothing is counted again. */
function redecide(
  { note, head }: UnderWay<RequestNote>,
  { connection, now, memory }: Pick<Request, 'connection' | 'now' | 'memory'>,
  rooms: Rooms,
): Refusal | undefined {
  const policy = rooms.policy.current();
  if (head === undefined || note?.caller === undefined || policy === memory.policy) return undefined;
  memory.policy = policy;
  const { binding: mode, lineage } = routeOf(policy.routes, head);
  const { token, peer, proofs } = note.caller;
  const terms = { mode, lineage, revocations: rooms.revocations.current(), proof: undefined, now };
  // A DPoP proof was used up when it was shown; what it proved does not change.
  const isStillProved = proofs.includes('dpop') && (mode !== 'identity' || proofs.includes('identity'));
  const caller = isStillProved ? admit(note.caller) : bind(token, peer, terms);
  if (!caller.ok) return caller.refusal;
  const { method, path } = head;
  const decided = Permit.decide(caller.value, { method, path, remote: connection.remote.host, now }, policy.rules);
  return decided.ok ? undefined : decided.refusal;
}

function factsOf({ head, connection, now }: Request, { limits, clock }: Rooms): Parameters<typeof Permit.decide>[1] {
  const { method, path } = head;
  const count = limits && ((rule: Rule, caller: Caller) => limits.take(rule, caller, clock.monotonic()));
  return { method, path, remote: connection.remote.host, now, count };
}

/** Hands the next nonce out before the old one ends (RFC 9449 section 8.2); no cache may keep it. */
function nonceFields(nonce: string | undefined): readonly Field[] | undefined {
  if (nonce === undefined) return undefined;
  return [
    { name: 'DPoP-Nonce', lower: 'dpop-nonce', value: nonce },
    { name: 'Cache-Control', lower: 'cache-control', value: 'no-store' },
  ];
}

/** The caller, and in mode `report` what `required` would have said. */
interface Bound {
  readonly caller: Outcome<Caller>;
  readonly reported?: Refusal | undefined;
}

function bindFor({ token, proof }: Shown, request: Request, revocations: RevocationIndex): Bound {
  const { peer } = request.connection;
  const { binding: mode, lineage } = request.route;
  const { memory } = request;
  const before = memory.bound;
  if (token !== undefined && before?.token === token && before.mode === mode && proof === undefined)
    return { caller: before.caller };
  const terms = { mode, lineage, revocations, proof, now: request.now };
  const caller = bind(token, peer, terms);
  if (token !== undefined && isExact(caller)) memory.bound = { mode, token, caller };
  if (mode !== 'report') return { caller };
  const strict = bind(token, peer, { ...terms, mode: 'required' });
  return { caller, reported: strict.ok ? undefined : strict.refusal };
}

const isExact = (caller: Outcome<Caller>): boolean =>
  caller.ok && caller.value.proofs.length === 1 && caller.value.proofs[0] === 'x5t#S256';

/** What was found out before the answer. */
type Findings = Partial<Pick<RequestNote, 'token' | 'caller' | 'rule' | 'reported'>>;

function no(request: Request, refusal: Refusal, findings: Findings = {}): Judgement {
  return { ok: false, refusal, note: noteOf(request, findings) };
}

function noteOf(
  { head, connection, requestId }: Pick<Request, 'head' | 'connection' | 'requestId'>,
  findings: Findings,
): RequestNote {
  return {
    direction: 'inbound',
    requestId,
    traceparent: head.fields.find((field) => field.lower === 'traceparent')?.value,
    generation: connection.generation,
    peer: connection.peer,
    remote: connection.remote,
    token: findings.token,
    caller: findings.caller,
    rule: findings.rule,
    upstream: undefined,
    reported: findings.reported,
  };
}
