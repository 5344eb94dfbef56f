/**
 * Judges one call of the app: which service it means, and with which generation it goes out. The token is attached here,
 * and the connection that will carry it belongs to the same generation: certificate and token always fit.
 */
import { admit, type Outcome, type Refusal, refuse } from '../../core/fault/refusal.ts';
import type { RevocationIndex } from '../../core/identity/revocation.ts';
import type { Clock } from '../../core/time/clock.ts';
import { wholeSeconds } from '../../core/time/units.ts';
import { checkValidity } from '../../core/x509/svid.ts';
import type { Decide, Decision, Forwarding } from '../forward/forwarding.ts';
import { headForUpstream } from '../forward/identity-headers.ts';
import type { UpstreamPool } from '../forward/upstream.ts';
import type { RequestHead } from '../http/request.ts';
import { checkOwnUnrevoked, checkPeerUnrevoked } from '../identity/unrevoked.ts';
import type { Judges } from '../observation.ts';
import type { RequestNote } from '../record.ts';
import { holdsApiKey } from '../token/api-key.ts';
import { complaintOf } from './complaint.ts';
import type { Generation } from './generation.ts';
import type { TokenWant } from './token-source.ts';
import { inboundIdOf, type TokenSources } from './token-sources.ts';
import { findUpstream, type Upstream, type UpstreamTable } from './upstream-table.ts';

export interface EgressRooms {
  readonly upstreams: UpstreamTable;
  readonly sources: Pick<TokenSources, 'wantOf'>;
  readonly generations: { current(): Generation | undefined };
  readonly revocations: { current(): RevocationIndex };
  readonly clock: Clock;
  /** Gives 32 hex digits. */
  requestId(): string;
  /** True once no new call is taken. */
  isDraining(): boolean;
}

/** Both judges of the loopback listener: a call that is under way ends where its upstream, or we ourselves, are revoked. */
export function createEgressJudges(rooms: EgressRooms): Judges {
  return {
    decide: createEgressDecide(rooms),
    recheck: ({ upstreamPeer }) => {
      const own = usableGeneration(rooms);
      if (!own.ok && own.refusal.code === 'RENEW_REVOKED') return own.refusal;
      if (upstreamPeer === undefined) return undefined;
      const found = checkPeerUnrevoked(upstreamPeer, rooms.revocations.current(), wholeSeconds(rooms.clock.now()));
      if (found.ok) return undefined;
      // To the app it is the upstream that is gone, not its own request that was wrong.
      return { code: 'UPSTREAM_UNREACHABLE', detail: `${found.refusal.code}: ${found.refusal.detail}` };
    },
  };
}

/** The decider of the loopback listener.
 *  Refuses: LIFE_DRAINING | UPSTREAM_UNKNOWN | RENEW_EXPIRED | RENEW_REVOKED | UPSTREAM_TOKEN | UPSTREAM_SUBJECT |
 *  TOKEN_API_KEY. Waits only where no token is held. */
export function createEgressDecide(rooms: EgressRooms): Decide<RequestNote> {
  return (head) => {
    const requestId = rooms.requestId();
    const upstream = findUpstream(rooms.upstreams, head.host);
    const generation = usableGeneration(rooms);
    const note = noteOf(head, { requestId, upstream, generation: generation.ok ? generation.value : undefined });
    if (rooms.isDraining()) return no(note, 'LIFE_DRAINING', 'egress takes no new call');
    if (upstream === undefined) return no(note, 'UPSTREAM_UNKNOWN', `no upstream is configured as ${head.host}`);
    if (!generation.ok) return { ok: false, refusal: generation.refusal, note };
    const send = (forwarding: Outcome<Forwarding>): Decision<RequestNote> => ({ ...forwarding, note });
    const want = rooms.sources.wantOf(upstream, head);
    if (want === undefined) return send(forwardUntouched(head, generation.value.channels.to(upstream)));
    return want.ok ? forwardWith(want.value, { head, upstream, generation: generation.value }, send) : send(want);
  };
}

/** Where no token is attached the app's own credential goes out as it is, but never a key of our CA: whoever gets it could
 *  use it. */
function forwardUntouched(head: RequestHead, pool: UpstreamPool): Outcome<Forwarding> {
  if (head.fields.some(holdsApiKey))
    return refuse('TOKEN_API_KEY', 'the call carries an API key, and the upstream has no audience and no token.source');
  return admit({ upstream: pool, head: headForUpstream(head, undefined) });
}

/** A call and the one generation that it goes out with, whatever happens meanwhile. */
interface Call {
  readonly head: RequestHead;
  readonly upstream: Upstream;
  readonly generation: Generation;
}

function forwardWith<T>(want: TokenWant, call: Call, send: (forwarding: Outcome<Forwarding>) => T): T | Promise<T> {
  const { tokens } = call.generation;
  const attached = (token: Outcome<string>): T => send(token.ok ? admit(attach(token.value, want, call)) : token);
  const token = tokens.get(want);
  return token instanceof Promise ? token.then(attached) : attached(token);
}

/** With the token, and what to do where the upstream will not take it: another one, or the same on another connection. */
function attach(token: string, want: TokenWant, call: Call): Forwarding {
  const { tokens, channels } = call.generation;
  return {
    upstream: channels.to(call.upstream),
    head: headForUpstream(call.head, token),
    review(answer) {
      const complaint = complaintOf(answer);
      if (complaint === undefined) return undefined;
      // Another token would fit an old connection no better.
      const next = complaint === 'connection' ? admit(token) : tokens.replace(want, token);
      if (next === undefined) return undefined;
      return async () => {
        const found = await next;
        return found.ok ? admit(attach(found.value, want, call)) : found;
      };
    },
  };
}

function usableGeneration({ generations, revocations, clock }: EgressRooms): Outcome<Generation> {
  const current = generations.current();
  if (current === undefined) return refuse('RENEW_EXPIRED', 'no certificate is held');
  const { leaf } = current.snapshot;
  const now = wholeSeconds(clock.now());
  const valid = checkValidity(leaf, now);
  if (!valid.ok) return refuse('RENEW_EXPIRED', `serial ${leaf.serial}: ${valid.refusal.detail}`);
  const unrevoked = checkOwnUnrevoked(current.snapshot, revocations.current(), now);
  return unrevoked.ok ? admit(current) : unrevoked;
}

function no(note: RequestNote, code: Refusal['code'], detail: string): Decision<RequestNote> {
  return { ok: false, refusal: { code, detail }, note };
}

interface Findings {
  readonly requestId: string;
  readonly upstream: Upstream | undefined;
  readonly generation: Generation | undefined;
}

function noteOf(head: RequestHead, { requestId, upstream, generation }: Findings): RequestNote {
  return {
    direction: 'egress',
    requestId,
    traceparent: head.fields.find((field) => field.lower === 'traceparent')?.value,
    generation: generation?.snapshot.generation,
    peer: undefined,
    token: undefined,
    caller: undefined,
    rule: undefined,
    upstream: upstream?.name,
    onBehalfOf: upstream?.token.source === 'onBehalfOf' ? inboundIdOf(head) : undefined,
    reported: undefined,
  };
}
