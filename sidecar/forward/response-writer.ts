/** Writes the head of an answer anew for the client, from what the strict parser took out of the app's. */
import type { Field } from '../http/request.ts';
import type { ResponseFraming, ResponseHead } from '../http/response.ts';
import { fieldLines, framingLine, upgradeLines } from './head-writer.ts';

/** How the body of this answer is framed towards the client: what only a close ended on our side is chunked there. */
export function clientFraming(head: ResponseHead): Exclude<ResponseFraming, { kind: 'close' }> {
  return head.framing.kind === 'close' ? { kind: 'chunked' } : head.framing;
}

/** Gives the complete head, as latin1. `close` announces that no further request is read; `own` are fields of ours, which stand in the
 *  place of the app's. */
export function writeResponseHead(head: ResponseHead, close: boolean, own: readonly Field[] = []): string {
  const fields = own.length === 0 ? head.fields : [...head.fields.filter((field) => !isOneOf(own, field)), ...own];
  const framing = head.framing.kind === 'close' ? clientFraming(head) : head.declared;
  const upgrade = head.status === SWITCHING ? head.fields.find(({ lower }) => lower === 'upgrade')?.value : undefined;
  const last = close ? 'Connection: close\r\n' : '';
  const start = `HTTP/1.1 ${head.status} ${head.reason}\r\n`;
  return `${start}${fieldLines(fields)}${framingLine(framing)}${upgradeLines(upgrade)}${last}\r\n`;
}

/** 101, RFC 9110 section 15.2.2. */
export const SWITCHING = 101;

const isOneOf = (own: readonly Field[], { lower }: Field): boolean => own.some((field) => field.lower === lower);
