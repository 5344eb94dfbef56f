/**
 * Refusals as gRPC statuses and back. Out goes the public text of the table and the code in the trailer `cleat-code`;
 * in comes a code only if it is one of ours. A refusal that time cures says after how many milliseconds, in the trailer
 * that every gRPC client with retries obeys (gRFC A6). Sends nothing, logs nothing.
 */
import { Metadata, status, type ServiceError, type StatusObject } from '@grpc/grpc-js';

import { CATALOG, rowOf, type Code } from '../../core/fault/catalog.ts';
import type { Refusal } from '../../core/fault/refusal.ts';
import { milliseconds, type Milliseconds } from '../../core/time/units.ts';

const TRAILER = 'cleat-code';
const PUSHBACK = 'grpc-retry-pushback-ms';
/** A hint beyond a day is no hint. */
const MOST_PUSHBACK_MS = 86_400_000;
/** What OpenSSL says of a server's chain, through grpc-js, which keeps only the text. An alert is the other side's
 *  verdict on us, not ours on it. It steers the code alone: the connection is refused either way. */
const CHAIN_REFUSED = /certificate|unable to verify|path length|subtree|name constraint|too weak/i;
const ALERT = /alert/i;

/** The status that a caller gets for this refusal. Its detail stays at home. */
export function statusOf({ code, retryAfter }: Pick<Refusal, 'code' | 'retryAfter'>): StatusObject {
  const row = rowOf(code);
  const metadata = new Metadata();
  metadata.set(TRAILER, code);
  if (retryAfter !== undefined) metadata.set(PUSHBACK, String(Math.ceil(retryAfter)));
  return { code: status[row.grpc], details: row.text, metadata };
}

/** What a failed call means to the one who made it. A code of ours is passed on, with the public text of the server;
 *  silence is RENEW_UNREACHABLE, an untrusted chain RENEW_UNTRUSTED, and whatever else the server said RENEW_REFUSED. */
export function refusalOf(error: ServiceError): Refusal {
  const said = error.metadata?.get(TRAILER)[0];
  const detail = `${status[error.code] ?? error.code}: ${error.details}`;
  if (typeof said === 'string' && isCode(said)) return { code: said, detail, ...pushbackOf(error) };
  if (error.code === status.UNAVAILABLE && CHAIN_REFUSED.test(error.details) && !ALERT.test(error.details))
    return { code: 'RENEW_UNTRUSTED', detail };
  return { code: UNHEARD.has(error.code) ? 'RENEW_UNREACHABLE' : 'RENEW_REFUSED', detail };
}

function pushbackOf({ metadata }: ServiceError): { readonly retryAfter?: Milliseconds } {
  const [said] = metadata?.get(PUSHBACK) ?? [];
  if (typeof said !== 'string' || !/^[0-9]{1,8}$/.test(said) || Number(said) > MOST_PUSHBACK_MS) return {};
  return { retryAfter: milliseconds(Number(said)) };
}

/** What grpc-js says of a connection that broke. Our CA answers with these too, but then its code is in the trailer. */
const UNHEARD: ReadonlySet<status> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
  status.INTERNAL,
  status.UNKNOWN,
]);

const isCode = (text: string): text is Code => Object.hasOwn(CATALOG, text);
