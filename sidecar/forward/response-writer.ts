/** Writes the head of an answer anew for the client, from what the strict parser took out of the app's. */
import type { ResponseFraming, ResponseHead } from '../http/response.ts';
import { fieldLines, framingLine } from './head-writer.ts';

/** How the body of this answer is framed towards the client: what only a close ended on our side is chunked there. */
export function clientFraming(head: ResponseHead): Exclude<ResponseFraming, { kind: 'close' }> {
  return head.framing.kind === 'close' ? { kind: 'chunked' } : head.framing;
}

/** Gives the complete head. `close` announces that no further request is read. */
export function writeResponseHead(head: ResponseHead, close: boolean): Buffer {
  const framing = head.framing.kind === 'close' ? clientFraming(head) : head.declared;
  const last = close ? 'Connection: close\r\n' : '';
  return Buffer.from(
    `HTTP/1.1 ${head.status} ${head.reason}\r\n${fieldLines(head.fields)}${framingLine(framing)}${last}\r\n`,
    'latin1',
  );
}
