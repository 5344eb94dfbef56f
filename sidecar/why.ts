/**
 * The last refusals with their full reason, for the operator's `cleat why`: a bounded ring in memory. It is read through
 * the control socket only, and holds identifiers and thumbprints, never a token.
 */
import type { Code } from '../core/fault/catalog.ts';
import type { EpochMilliseconds } from '../core/time/units.ts';
import { jktOf } from '../core/token/confirmation.ts';
import type { RefusedConnection } from './accept/connection.ts';
import type { ExchangeRecord } from './forward/forwarding.ts';
import { expectedThumbprint, type RequestNote } from './record.ts';

export interface WhyEntry {
  readonly time: string;
  readonly kind: 'request' | 'handshake';
  readonly code: Code;
  /** The full reason. */
  readonly detail: string;
  /** What `report` mode would have refused was served. */
  readonly served: boolean;
  readonly requestId?: string | undefined;
  readonly direction?: 'inbound' | 'egress' | undefined;
  readonly status?: number | undefined;
  readonly method?: string | undefined;
  readonly path?: string | undefined;
  readonly peer?: string | undefined;
  readonly serial?: string | undefined;
  readonly token?: string | undefined;
  readonly subject?: string | undefined;
  /** `cnf.x5t#S256` of the token. */
  readonly expectedThumbprint?: string | undefined;
  /** `cnf.jkt` of the token. */
  readonly expectedKey?: string | undefined;
  /** Who acts by the token now, and for whom, outermost first. */
  readonly actors?: readonly string[] | undefined;
  /** Thumbprint of the certificate of the connection, base64url. */
  readonly presentedThumbprint?: string | undefined;
  /** The rule that admitted it, where it was served. */
  readonly rule?: string | undefined;
  readonly upstream?: string | undefined;
  readonly remote?: string | undefined;
}

export interface Why {
  /** Keeps the refusal of an exchange, if it has one. */
  request(exchange: ExchangeRecord<RequestNote>): void;
  refusedConnection(refused: RefusedConnection, now: EpochMilliseconds): void;
  /** At most `count`, newest first. */
  last(count: number): readonly WhyEntry[];
  /** The entry of this request id, if the ring still holds it. */
  find(requestId: string): WhyEntry | undefined;
}

/** A ring of `capacity` entries; the oldest makes room. */
export function createWhy(capacity: number): Why {
  const ring: WhyEntry[] = [];
  let next = 0;

  function keep(entry: WhyEntry): void {
    ring[next] = entry;
    next = (next + 1) % capacity;
  }

  function newestFirst(): readonly WhyEntry[] {
    return [...ring.slice(next), ...ring.slice(0, next)].toReversed();
  }

  return {
    request(exchange) {
      const entry = entryOf(exchange);
      if (entry !== undefined) keep(entry);
    },
    refusedConnection(refused, now) {
      const remote = `${refused.remote.host}:${refused.remote.port}`;
      const time = new Date(now).toISOString();
      keep({ time, kind: 'handshake', code: refused.code, detail: refused.detail, served: false, remote });
    },
    last: (count) => newestFirst().slice(0, Math.max(0, count)),
    find: (requestId) => newestFirst().find((entry) => entry.requestId === requestId),
  };
}

function entryOf(exchange: ExchangeRecord<RequestNote>): WhyEntry | undefined {
  const { note } = exchange;
  const refusal = exchange.refusal ?? note?.reported;
  if (refusal === undefined) return undefined;
  return {
    time: new Date(exchange.startedAt).toISOString(),
    kind: 'request',
    code: refusal.code,
    detail: refusal.detail,
    served: exchange.refusal === undefined,
    requestId: note?.requestId,
    direction: note?.direction,
    status: exchange.status,
    method: exchange.method,
    path: exchange.path,
    peer: note?.peer?.id.uri,
    serial: note?.peer?.serial,
    token: note?.token?.label,
    subject: note?.token?.subject,
    expectedThumbprint: expectedThumbprint(note?.token),
    expectedKey: note?.token && jktOf(note.token),
    actors: note?.token?.actors,
    presentedThumbprint: note?.peer?.thumbprintText,
    rule: note?.rule,
    upstream: note?.upstream,
    remote: note?.remote && `${note.remote.host}:${note.remote.port}`,
  };
}
