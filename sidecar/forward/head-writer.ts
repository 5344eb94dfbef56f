/**
 * Writes the head of a request anew, from validated text: no byte range of the client is copied across a line end.
 * Adds Host and the framing field; leaves out what ends at this hop. It knows nothing of identities: whoever calls it
 * has stripped and set those fields before.
 * Spec: RFC 9110 section 7.6.1, RFC 9112 sections 3 and 6.
 */
import { Fault } from '../../core/fault/fault.ts';
import { isAll, TARGET, TCHAR, VALUE } from '../http/bytes.ts';
import type { Field, Framing } from '../http/request.ts';

export interface OutgoingHead {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  /** In the order of the wire. Framing and hop-by-hop fields among them, and those that `Connection` names, are left out. */
  readonly fields: readonly Field[];
  readonly framing: Framing;
  /** The protocol that the next hop is asked for; it goes on as `Upgrade` and `Connection`. */
  readonly upgrade?: string | undefined;
}

/** Fields that mean something on one hop only; `proxy` would become HTTP_PROXY in a CGI app (httpoxy, A-259). */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'proxy',
]);

/** Gives the complete head, final CRLF included. Throws BUG_UNEXPECTED on text that could break a line. */
export function writeRequestHead(head: OutgoingHead): Buffer {
  demandText(head.method, TCHAR);
  demandText(head.target, TARGET);
  demandText(head.host, VALUE);
  return Buffer.from(
    `${head.method} ${head.target} HTTP/1.1\r\nHost: ${head.host}\r\n${fieldLines(head.fields)}${framingLine(head.framing)}${upgradeLines(head.upgrade)}\r\n`,
    'latin1',
  );
}

/** The lines of the fields that go on to the next hop. */
export function fieldLines(fields: readonly Field[]): string {
  const named = namedByConnection(fields);
  let lines = '';
  for (const field of fields) {
    if (LEFT_OUT.has(field.lower) || named?.has(field.lower) === true) continue;
    demandText(field.name, TCHAR);
    if (field.value !== '') demandText(field.value, VALUE);
    lines += `${field.name}: ${field.value}\r\n`;
  }
  return lines;
}

/** The one framing field of a message, with its CRLF; empty where it has no body. */
export function framingLine(framing: Framing): string {
  if (framing.kind === 'length') return `Content-Length: ${framing.length}\r\n`;
  return framing.kind === 'chunked' ? 'Transfer-Encoding: chunked\r\n' : '';
}

/** What asks for another protocol on this hop, or grants it; empty where there is none. */
export function upgradeLines(protocol: string | undefined): string {
  if (protocol === undefined) return '';
  demandText(protocol, VALUE);
  return `Connection: Upgrade\r\nUpgrade: ${protocol}\r\n`;
}

function namedByConnection(fields: readonly Field[]): ReadonlySet<string> | undefined {
  let named: Set<string> | undefined;
  for (const field of fields) {
    if (field.lower !== 'connection') continue;
    named ??= new Set();
    for (const token of field.value.split(',')) named.add(token.trim().toLowerCase());
  }
  return named;
}

function demandText(text: string, flag: number): void {
  if (text === '' || !isAll(text, flag))
    throw new Fault('BUG_UNEXPECTED', 'a head would be written from unchecked text');
}
