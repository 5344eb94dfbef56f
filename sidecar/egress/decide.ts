/**
 * Judges one call of the app: which service it means, and with which generation it goes out. The token is attached here,
 * and the connection that will carry it belongs to the same generation: certificate and token always fit.
 */
import { admit, type Outcome, type Refusal, refuse } from '../../core/fault/refusal.ts';
import type { Clock } from '../../core/time/clock.ts';
import { wholeSeconds } from '../../core/time/units.ts';
import type { Decide, Decision } from '../forward/forwarding.ts';
import { headForUpstream } from '../forward/identity-headers.ts';
import type { RequestHead } from '../http/request.ts';
import type { RequestNote } from '../record.ts';
import type { Generation } from './generation.ts';
import { findUpstream, type Upstream, type UpstreamTable } from './upstream-table.ts';

export interface EgressRooms {
  readonly upstreams: UpstreamTable;
  readonly generations: { current(): Generation | undefined };
  readonly clock: Clock;
  /** Gives 32 hex digits. */
  requestId(): string;
  /** True once no new call is taken. */
  isDraining(): boolean;
}

/** The decider of the loopback listener.
 *  Refuses: LIFE_DRAINING | UPSTREAM_UNKNOWN | RENEW_EXPIRED | UPSTREAM_TOKEN. Waits only where no token is held. */
export function createEgressDecide(rooms: EgressRooms): Decide<RequestNote> {
  return (head) => {
    const requestId = rooms.requestId();
    const upstream = findUpstream(rooms.upstreams, head.host);
    const generation = usableGeneration(rooms);
    const note = noteOf(head, { requestId, upstream, generation: generation.ok ? generation.value : undefined });
    if (rooms.isDraining()) return no(note, 'LIFE_DRAINING', 'egress takes no new call');
    if (upstream === undefined) return no(note, 'UPSTREAM_UNKNOWN', `no upstream is configured as ${head.host}`);
    if (!generation.ok) return { ok: false, refusal: generation.refusal, note };
    const { tokens, channels } = generation.value;
    const send = (token: Outcome<string | undefined>): Decision<RequestNote> =>
      token.ok
        ? { ok: true, value: { upstream: channels.to(upstream), head: headForUpstream(head, token.value) }, note }
        : { ok: false, refusal: token.refusal, note };
    const { audience, scopes } = upstream;
    if (audience === undefined) return send(admit(undefined));
    const token = tokens.get({ audience, scopes });
    return token instanceof Promise ? token.then(send) : send(token);
  };
}

function usableGeneration({ generations, clock }: EgressRooms): Outcome<Generation> {
  const current = generations.current();
  if (current === undefined) return refuse('RENEW_EXPIRED', 'no certificate is held');
  const { notAfter, serial } = current.snapshot.leaf;
  return wholeSeconds(clock.now()) <= notAfter ? admit(current) : refuse('RENEW_EXPIRED', `serial ${serial}`);
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
    reported: undefined,
  };
}
