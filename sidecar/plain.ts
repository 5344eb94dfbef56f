/**
 * Judges requests that came without TLS on a permissive port: they are parsed and cleaned as all others, asked neither for
 * a token nor by policy, and marked. Nobody is known there, so no field says who called: a token, whatever it is bound to,
 * is not looked at, and goes on to the app only where the route says `forwardToken`.
 */
import type { Clock } from '../core/time/clock.ts';
import type { LocalConnection } from './accept/connection.ts';
import type { Decision } from './forward/forwarding.ts';
import { headForPlain } from './forward/identity-headers.ts';
import type { UpstreamPool } from './forward/upstream.ts';
import type { RequestHead } from './http/request.ts';
import type { Judges } from './observation.ts';
import { type Policy, routeOf } from './policy/policy.ts';
import type { RequestNote } from './record.ts';
import { holdsApiKey } from './token/api-key.ts';

export interface PlainRooms {
  readonly policy: { current(): Policy };
  /** The app behind this port. */
  readonly app: UpstreamPool;
  readonly clock: Pick<Clock, 'now'>;
  /** Gives 32 hex digits. */
  requestId(): string;
  /** Told of each request. */
  onRequest(connection: LocalConnection): void;
}

/** The judges of one plaintext connection. Refuse: TOKEN_API_KEY. */
export function createPlainJudges(connection: LocalConnection, rooms: PlainRooms): Judges {
  return {
    decide(head) {
      rooms.onRequest(connection);
      const requestId = rooms.requestId();
      const note = noteOf(head, connection, requestId);
      const key = head.fields.find(holdsApiKey);
      if (key !== undefined)
        return { ok: false, refusal: { code: 'TOKEN_API_KEY', detail: `an API key in ${key.lower}` }, note };
      const { forwardToken } = routeOf(rooms.policy.current().routes, head);
      const value = { upstream: rooms.app, head: headForPlain(head, { requestId, forwardToken }) };
      return { ok: true, value, note } satisfies Decision<RequestNote>;
    },
    // Nobody is known, so nobody can have lost what he was admitted by.
    recheck: () => undefined,
  };
}

function noteOf(head: RequestHead, { remote }: LocalConnection, requestId: string): RequestNote {
  return {
    direction: 'inbound',
    plaintext: true,
    requestId,
    traceparent: head.fields.find((field) => field.lower === 'traceparent')?.value,
    generation: undefined,
    peer: undefined,
    remote,
    token: undefined,
    caller: undefined,
    rule: undefined,
    upstream: undefined,
    reported: undefined,
  };
}
