/**
 * Writes the head of a request anew, from validated text: no byte range of the client is copied across a line end.
 * Adds Host and the framing field; leaves out what ends at this hop. It knows nothing of identities: whoever calls it
 * has stripped and set those fields before.
 * Spec: RFC 9110 section 7.6.1, RFC 9112 sections 3 and 6.
 */
import { Fault } from '../../core/fault/fault.ts';
import { isAll, TARGET, TCHAR, VALUE } from '../http/bytes.ts';
import { factsOf } from '../http/protected-names.ts';
import type { Field, Framing } from '../http/request.ts';

export interface OutgoingHead {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  /** In the order of the wire. Framing and hop-by-hop fields among them, and those that `Connection` names, are left out. */
  readonly fields: readonly Field[];
  readonly framing: Framing;
  /** Which of the fields go on; absent: all that are not left out anyway. */
  readonly passes?: ((field: Field) => boolean) | undefined;
  /** The protocol that the next hop is asked for; it goes on as `Upgrade` and `Connection`. */
  readonly upgrade?: string | undefined;
}

/** Gives the complete head as latin1 text, final CRLF included. `last`: whole lines of ours that come behind all others.
 *  Throws BUG_UNEXPECTED on text that could break a line. */
export function writeRequestHead(head: OutgoingHead, last = ''): string {
  demandText(head.method, TCHAR);
  demandText(head.target, TARGET);
  demandText(head.host, VALUE);
  const start = `${head.method} ${head.target} HTTP/1.1\r\nHost: ${head.host}\r\n`;
  const framing = `${framingLine(head.framing)}${upgradeLines(head.upgrade)}`;
  return `${start}${fieldLines(head.fields, head.passes)}${framing}${last}\r\n`;
}

/** The lines of the fields that go on to the next hop. */
export function fieldLines(fields: readonly Field[], passes?: (field: Field) => boolean): string {
  const named = namedByConnection(fields);
  let lines = '';
  for (const field of fields) {
    const { endsHere } = field.facts ?? factsOf(field.name);
    if (endsHere || named?.has(field.lower) === true || passes?.(field) === false) continue;
    // What the parser gave it has looked at, byte by byte.
    if (field.facts === undefined) {
      demandText(field.name, TCHAR);
      if (field.value !== '') demandText(field.value, VALUE);
    }
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
