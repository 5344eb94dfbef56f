/**
 * One JSON line for each request, written once at its end, and one for each connection that was refused before it. What
 * the decider knew comes as a note, what the data path saw as the exchange. Refusals always, admitted ones by sample.
 * It names tokens by `jti` or digest only: no token, key or `Authorization` value can come in here. Spec: DESIGN section 8.
 */
import type { Refusal } from '../core/fault/refusal.ts';
import type { Peer } from '../core/identity/peer.ts';
import type { JsonObject } from '../core/token/json.ts';
import type { Jitter } from '../core/time/clock.ts';
import type { EpochMilliseconds, Milliseconds } from '../core/time/units.ts';
import type { Caller } from '../core/token/bind.ts';
import type { VerifiedToken } from '../core/token/verified-token.ts';
import { toSafeJson, withoutCredentials } from '../runtime/escape.ts';
import type { Endpoint, RefusedConnection } from './accept/connection.ts';
import type { ExchangeRecord } from './forward/forwarding.ts';

/** What the decider knew of a request when it said yes or no. */
export interface RequestNote {
  readonly direction: 'inbound' | 'egress';
  /** Inbound: it came without TLS to a permissive port. */
  readonly plaintext?: true | undefined;
  /** 32 hex digits. */
  readonly requestId: string;
  /** As received (W3C Trace Context). */
  readonly traceparent: string | undefined;
  /** Generation of our own credentials. */
  readonly generation: number | undefined;
  /** Inbound: who called. */
  readonly peer: Peer | undefined;
  /** Inbound: from where. */
  readonly remote?: Endpoint | undefined;
  /** Verified; bound to the peer only if there is a caller. */
  readonly token: VerifiedToken | undefined;
  readonly caller: Caller | undefined;
  /** Id of the rule that admitted. */
  readonly rule: string | undefined;
  /** Egress: name of the upstream. */
  readonly upstream: string | undefined;
  /** Egress: id of the inbound request that the call says it is made for. */
  readonly onBehalfOf?: string | undefined;
  /** Route mode `report`: what `required` would have answered. */
  readonly reported: Refusal | undefined;
}

export interface RecorderDeps {
  /** Takes whole lines. */
  readonly write: (text: string) => void;
  /** Share of the admitted requests that is written, 0 to 1. */
  readonly admittedSample: number;
  readonly jitter: Jitter;
}

export interface Recorder {
  request(exchange: ExchangeRecord<RequestNote>): void;
  /** At most 50 a second are written: a stranger needs no certificate to be refused. */
  refusedConnection(refused: RefusedConnection, now: EpochMilliseconds): void;
  /** Writes what is held back, now. */
  flush(): void;
}

/** A recorder that writes once a turn of the event loop. */
export function createRecorder({ write, admittedSample, jitter }: RecorderDeps): Recorder {
  let held: string[] = [];
  let second = 0;
  let refusedInSecond = 0;

  function flush(): void {
    if (held.length === 0) return;
    const lines = held;
    held = [];
    write(lines.join(''));
  }

  function add(line: string): void {
    if (held.length === 0) setImmediate(flush);
    held.push(line);
  }

  return {
    request(exchange) {
      const isPlain = exchange.refusal === undefined && exchange.note?.reported === undefined;
      if (isPlain && jitter() >= admittedSample) return;
      add(renderRequest(exchange));
    },
    refusedConnection(refused, now) {
      const present = Math.floor(now / 1000);
      refusedInSecond = present === second ? refusedInSecond + 1 : 1;
      second = present;
      // Anyone can knock: beyond this the metric alone counts.
      if (refusedInSecond <= REFUSED_CONNECTIONS_A_SECOND) add(renderRefusedConnection(refused, now));
    },
    flush,
  };
}

/** The line of one request, line end included. Pure. */
export function renderRequest(exchange: ExchangeRecord<RequestNote>): string {
  return toLine({ kind: 'request', time: timeText(exchange.startedAt), ...requestMembers(exchange) });
}

/** What the record and the audit stream say of one request: who, with what, how it was decided, how it ended. Pure. */
export function requestMembers(exchange: ExchangeRecord<RequestNote>): Readonly<Record<string, Member>> {
  const { note, refusal } = exchange;
  return {
    direction: note?.direction,
    plaintext: note?.plaintext,
    decision: refusal === undefined ? 'admitted' : 'refused',
    code: refusal?.code,
    detail: bounded(refusal?.detail),
    status: exchange.status,
    requestId: note?.requestId,
    traceparent: bounded(note?.traceparent),
    method: exchange.method,
    path: bounded(exchange.path),
    // The other end of the TLS session: who calls inbound, who is called on egress.
    ...peerMembers(note?.peer ?? exchange.upstreamPeer),
    remote: note?.remote && `${note.remote.host}:${note.remote.port}`,
    generation: note?.generation,
    ...tokenMembers(note?.token),
    binding: note?.caller?.binding,
    proofs: note?.caller?.proofs,
    reported: note?.reported?.code,
    rule: note?.rule,
    upstream: note?.upstream,
    onBehalfOf: note?.onBehalfOf,
    complete: exchange.complete,
    retried: exchange.retried,
    bytesIn: exchange.bytesIn,
    bytesOut: exchange.bytesOut,
    decidedMs: rounded(exchange.decided),
    firstByteMs: rounded(exchange.firstByte),
    durationMs: rounded(exchange.duration),
  };
}

/** The line of a connection that was turned away before any request. Pure. */
export function renderRefusedConnection(refused: RefusedConnection, now: EpochMilliseconds): string {
  return toLine({
    kind: 'handshake',
    time: timeText(now),
    decision: 'refused',
    code: refused.code,
    detail: bounded(refused.detail),
    remote: `${refused.remote.host}:${refused.remote.port}`,
  });
}

/** The `cnf.x5t#S256` of a token as text, if it has one: what the log and `why` call the expected thumbprint. */
export function expectedThumbprint(token: VerifiedToken | undefined): string | undefined {
  const confirmation = token?.confirmation;
  if (typeof confirmation !== 'object' || confirmation === null || Array.isArray(confirmation)) return undefined;
  const value = (confirmation as JsonObject)['x5t#S256'];
  return typeof value === 'string' ? bounded(value) : undefined;
}

const REFUSED_CONNECTIONS_A_SECOND = 50;

export type Member = string | number | boolean | readonly string[] | undefined;

function peerMembers(peer: Peer | undefined): Readonly<Record<string, Member>> {
  if (peer === undefined) return {};
  const { lineage } = peer;
  return {
    peer: peer.id.uri,
    serial: peer.serial,
    thumbprint: peer.thumbprintText,
    lineage: lineage?.id.toString('hex'),
    sequence: lineage?.sequence,
  };
}

function tokenMembers(token: VerifiedToken | undefined): Readonly<Record<string, Member>> {
  if (token === undefined) return {};
  return {
    issuer: token.issuer,
    token: bounded(token.label),
    subject: bounded(token.subject),
    actors: token.actors.map((actor) => bounded(actor) ?? ''),
    origins: token.origins.map((origin) => bounded(origin) ?? ''),
  };
}

/** Text of a caller is escaped here; a member that is undefined is left out. */
function toLine(members: Readonly<Record<string, Member>>): string {
  return `${toSafeJson(members)}\n`;
}

const MOST_CHARACTERS = 512;

/** Text that a caller chose: short, and without anything that has the form of a credential (a path can hold one). */
function bounded(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const clean = withoutCredentials(text);
  return clean.length <= MOST_CHARACTERS ? clean : `${clean.slice(0, MOST_CHARACTERS)}...`;
}

function rounded(span: Milliseconds | undefined): number | undefined {
  return span === undefined ? undefined : Math.round(span * 1000) / 1000;
}

function timeText(instant: EpochMilliseconds): string {
  return new Date(instant).toISOString();
}
