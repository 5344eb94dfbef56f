/**
 * The one minimal answer to a refused request. Status and text come from the fault table, never from where it was
 * refused; which answers leave the connection open is decided here.
 * Spec: RFC 9110 sections 6.6.1, 9.3.2 and 15, RFC 9112 section 9.6.
 */
import { STATUS_CODES } from 'node:http';

import { rowOf, type Code } from '../../core/fault/catalog.ts';
import { Fault } from '../../core/fault/fault.ts';
import { isAll, TCHAR, VALUE } from '../http/bytes.ts';
import type { AnswerField, LocalDocument } from './forwarding.ts';

export interface Answer {
  readonly code: Code;
  /** An answer to HEAD has the fields, and no body. */
  readonly method: string | undefined;
  readonly fields: readonly AnswerField[];
  readonly close: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Statuses after which the next request of the same client is still good to read. */
const KEEPS_OPEN: ReadonlySet<number> = new Set([401, 403, 404, 429, 502, 503, 504]);

export const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');

/** Whether the connection must end after this refusal, whatever the request was. */
export function endsConnection(code: Code): boolean {
  const { http, retry } = rowOf(code);
  // A client that would be refused again on this connection is not left in doubt about it.
  return retry === 'new-connection' || !KEEPS_OPEN.has(http);
}

/** Gives the whole answer with a document of ours. */
export function writeDocument(
  { type, body }: LocalDocument,
  { method, close, now }: Pick<Answer, 'method' | 'close' | 'now'>,
): Buffer {
  const head =
    `HTTP/1.1 200 OK\r\nDate: ${new Date(now).toUTCString()}\r\nCache-Control: max-age=300\r\n` +
    `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n${close ? 'Connection: close\r\n' : ''}\r\n`;
  const bytes = Buffer.from(head, 'latin1');
  return method === 'HEAD' ? bytes : Buffer.concat([bytes, body]);
}

/** Gives the whole answer. Throws BUG_UNEXPECTED on a field that could break a line. */
export function writeAnswer({ code, method, fields, close, now }: Answer): Buffer {
  const row = rowOf(code);
  const body = `${row.text}\n`;
  let head = `HTTP/1.1 ${row.http} ${STATUS_CODES[row.http] ?? ''}\r\nDate: ${new Date(now).toUTCString()}\r\n`;
  for (const { name, value } of fields) {
    if (!isAll(name, TCHAR) || !isAll(value, VALUE)) throw new Fault('BUG_UNEXPECTED', 'an answer field is no text');
    head += `${name}: ${value}\r\n`;
  }
  head += `Cache-Control: no-store\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n`;
  if (close) head += 'Connection: close\r\n';
  return Buffer.from(`${head}\r\n${method === 'HEAD' ? '' : body}`, 'latin1');
}
