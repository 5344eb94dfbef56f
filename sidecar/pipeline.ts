/**
 * What happens to an inbound request, in order: the only file that knows it. If a line runs, every line above it said
 * yes. Nothing here waits when the token is remembered, and no byte of a body is read before the last line.
 * Rooms do not log: what they found goes into the note, and the record is written once at the end of the request.
 */
import { admit, type Outcome, type Refusal, refuse } from '../core/fault/refusal.ts';
import type { RevocationIndex } from '../core/identity/revocation.ts';
import type { Clock } from '../core/time/clock.ts';
import { type EpochSeconds, wholeSeconds } from '../core/time/units.ts';
import { bind, type Caller } from '../core/token/bind.ts';
import type { VerifiedToken } from '../core/token/verified-token.ts';
import { checkValidity } from '../core/x509/svid.ts';
import type { InboundConnection } from './accept/connection.ts';
import type { Snapshot } from './credentials/snapshot.ts';
import type { Decide, Decision } from './forward/forwarding.ts';
import { headForApp, identityBlock } from './forward/identity-headers.ts';
import type { UpstreamPool } from './forward/upstream.ts';
import type { RequestHead } from './http/request.ts';
import { checkOwnUnrevoked, checkPeerUnrevoked, checkTokenUnrevoked } from './identity/unrevoked.ts';
import type { Judges } from './observation.ts';
import { Permit } from './policy/permit.ts';
import { type Policy, type Route, routeOf } from './policy/policy.ts';
import type { RequestNote } from './record.ts';
import { extractToken } from './token/extract.ts';
import type { TokenChecks } from './token/verifier.ts';

export interface Rooms {
  readonly credentials: { current(): Snapshot | undefined };
  readonly tokens: TokenChecks;
  readonly policy: { current(): Policy };
  readonly revocations: { current(): RevocationIndex };
  /** The app behind this port. */
  readonly app: UpstreamPool;
  readonly clock: Clock;
  /** Gives 32 hex digits. */
  requestId(): string;
}

/** Both judges of one connection. */
export function createJudges(connection: InboundConnection, own: Snapshot, rooms: Rooms): Judges {
  return {
    decide: createDecide(connection, own, rooms),
    recheck: ({ note }) => {
      const now = wholeSeconds(rooms.clock.now());
      const sound = checkBoth({ connection, now }, rooms);
      if (!sound.ok) return sound.refusal;
      const token = checkToken(note?.token, rooms, now);
      return token.ok ? undefined : token.refusal;
    },
  };
}

/** The decider of one connection. The lines that are the same for each of its requests are made here, once. */
export function createDecide(connection: InboundConnection, own: Snapshot, rooms: Rooms): Decide<RequestNote> {
  const block = identityBlock(own.id, connection.peer);
  return (head) => {
    const route = routeOf(rooms.policy.current().routes, head);
    const now = wholeSeconds(rooms.clock.now());
    return judge({ head, connection, block, route, now, requestId: rooms.requestId() }, rooms);
  };
}

/** One request on its way. */
interface Request {
  readonly head: RequestHead;
  readonly connection: InboundConnection;
  readonly block: Buffer;
  readonly route: Route;
  readonly now: EpochSeconds;
  readonly requestId: string;
}

type Judgement = Decision<RequestNote>;

function judge(request: Request, rooms: Rooms): Judgement | Promise<Judgement> {
  const { head, connection, now } = request;
  const valid = checkBoth(request, rooms);
  if (!valid.ok) return no(request, valid.refusal);
  const raw = extractToken(head);
  if (!raw.ok) return no(request, raw.refusal);
  if (raw.value === undefined) return permit(undefined, request, rooms);
  const known = rooms.tokens.recall(raw.value, connection.peer, now);
  if (known !== undefined) return permit(known, request, rooms);
  return rooms.tokens.verify(raw.value, connection.peer, now).then((token) => {
    if (!token.ok) return no(request, token.refusal);
    // Keys may have been fetched meanwhile, which can take seconds.
    const later = { ...request, now: wholeSeconds(rooms.clock.now()) };
    const still = checkBoth(later, rooms);
    return still.ok ? permit(token.value, later, rooms) : no(later, still.refusal);
  });
}

/** Both ends are inside their validity and not revoked. The handshake looked at it too, but a connection may outlive that. */
function checkBoth({ connection, now }: Pick<Request, 'connection' | 'now'>, rooms: Rooms): Outcome<void> {
  const revocations = rooms.revocations.current();
  const serving = checkOwn(rooms.credentials.current(), revocations, now);
  if (!serving.ok) return serving;
  const valid = checkValidity(connection.peer, now);
  return valid.ok ? checkPeerUnrevoked(connection.peer, revocations, now) : valid;
}

function checkToken(token: VerifiedToken | undefined, { revocations }: Rooms, now: EpochSeconds): Outcome<void> {
  return token === undefined ? admit(undefined) : checkTokenUnrevoked(token, revocations.current(), now);
}

/** No waiting from here on: a remembered token costs no promise. */
function permit(token: VerifiedToken | undefined, request: Request, rooms: Rooms): Judgement {
  const { head, route, block, requestId } = request;
  const live = checkToken(token, rooms, request.now);
  if (!live.ok) return no(request, live.refusal, { token });
  const bound = bindFor(token, request, rooms.revocations.current());
  if (!bound.caller.ok) return no(request, bound.caller.refusal, { token });
  const caller = bound.caller.value;
  const decided = Permit.decide(caller, head, rooms.policy.current().rules);
  if (!decided.ok) return no(request, decided.refusal, { token, caller, reported: bound.reported });
  const value = {
    upstream: rooms.app,
    head: headForApp(decided.value, head, { block, requestId, forwardToken: route.forwardToken }),
  };
  const { rule } = decided.value;
  return { ok: true, value, note: noteOf(request, { token, caller, rule, reported: bound.reported }) };
}

/** At expiry without a successor nothing is served; the source goes on trying (DESIGN section 6, "Credentials"). */
function checkOwn(own: Snapshot | undefined, revocations: RevocationIndex, now: EpochSeconds): Outcome<void> {
  if (own === undefined) return refuse('RENEW_EXPIRED', 'no certificate is held');
  const valid = checkValidity(own.leaf, now);
  if (!valid.ok) return refuse('RENEW_EXPIRED', `serial ${own.leaf.serial}: ${valid.refusal.detail}`);
  return checkOwnUnrevoked(own, revocations, now);
}

/** The caller, and in mode `report` what `required` would have said. */
interface Bound {
  readonly caller: Outcome<Caller>;
  readonly reported?: Refusal | undefined;
}

function bindFor(token: VerifiedToken | undefined, request: Request, revocations: RevocationIndex): Bound {
  const { peer } = request.connection;
  const { binding: mode, lineage } = request.route;
  const terms = { mode, lineage, revocations, now: request.now };
  const caller = bind(token, peer, terms);
  if (mode !== 'report') return { caller };
  const strict = bind(token, peer, { ...terms, mode: 'required' });
  return { caller, reported: strict.ok ? undefined : strict.refusal };
}

/** What was found out before the answer. */
type Findings = Partial<Pick<RequestNote, 'token' | 'caller' | 'rule' | 'reported'>>;

function no(request: Request, refusal: Refusal, findings: Findings = {}): Judgement {
  return { ok: false, refusal, note: noteOf(request, findings) };
}

function noteOf({ head, connection, requestId }: Request, findings: Findings): RequestNote {
  return {
    direction: 'inbound',
    requestId,
    traceparent: head.fields.find((field) => field.lower === 'traceparent')?.value,
    generation: connection.generation,
    peer: connection.peer,
    token: findings.token,
    caller: findings.caller,
    rule: findings.rule,
    upstream: undefined,
    reported: findings.reported,
  };
}
