/**
 * Finds the end of a body while it flows, and frames it anew for the other side. Data goes through as slices; what is
 * framing on one side never becomes bytes on the other.
 * Spec: RFC 9112 sections 6.3 and 7.1.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { BodyReader, BodyState } from './body-reader.ts';
import { ChunkedReader, type TrailerLimits } from './chunked.ts';
import type { HttpLimits } from './limits.ts';
import type { Framing } from './request.ts';
import type { ResponseFraming } from './response.ts';

/** A reader for one body; without a body it is done from the start. */
export function createBodyReader(framing: ResponseFraming, limits: TrailerLimits): BodyReader {
  if (framing.kind === 'chunked') return new ChunkedReader(limits);
  if (framing.kind === 'close') return new CountingReader(Number.POSITIVE_INFINITY);
  return new CountingReader(framing.kind === 'length' ? framing.length : 0);
}

/** Whether the length that a request declares is within the limit. Refuses: REQUEST_BODY_TOO_LARGE. */
export function checkDeclaredBody(framing: Framing, { bodyBytes }: Pick<HttpLimits, 'bodyBytes'>): Outcome<void> {
  if (bodyBytes === undefined || framing.kind !== 'length' || framing.length <= bodyBytes) return admit(undefined);
  return refuse('REQUEST_BODY_TOO_LARGE', `${framing.length} bytes of at most ${bodyBytes}`);
}

/** Gives the bytes to send for these slices, behind `head` where there is one (latin1); `isLast` adds the end of a chunked
 *  body. Undefined: nothing to send. One slice that needs nothing around it is given as it is. */
export function encodeBody(
  kind: ResponseFraming['kind'],
  data: readonly Buffer[],
  isLast: boolean,
  head = '',
): Buffer | undefined {
  const size = sizeOf(data);
  // One chunk for all that came at once: a million chunks of one byte do not become a million writes.
  const isChunk = kind === 'chunked' && size > 0;
  const before = isChunk ? `${head}${size.toString(16)}\r\n` : head;
  const behind = `${isChunk ? '\r\n' : ''}${kind === 'chunked' && isLast ? LAST_CHUNK : ''}`;
  if (size === 0 && before === '' && behind === '') return undefined;
  if (before === '' && behind === '') return data.length > 1 ? Buffer.concat(data) : data[0];
  const bytes = Buffer.allocUnsafe(before.length + size + behind.length);
  let at = bytes.write(before, 0, 'latin1');
  for (const piece of data) at += piece.copy(bytes, at);
  bytes.write(behind, at, 'latin1');
  return bytes;
}

/** Bytes in all slices together. */
export function sizeOf(data: readonly Buffer[]): number {
  let size = 0;
  for (const piece of data) size += piece.length;
  return size;
}

const LAST_CHUNK = '0\r\n\r\n';

/** Counts down to the end; Infinity has none but the end of the connection. */
class CountingReader implements BodyReader {
  readonly problem = '';
  #left: number;

  constructor(length: number) {
    this.#left = length;
  }

  get state(): BodyState {
    return this.#left === 0 ? 'done' : 'open';
  }

  read(bytes: Buffer, from: number, into: Buffer[]): number {
    const end = Math.min(bytes.length, from + this.#left);
    if (end > from) into.push(bytes.subarray(from, end));
    this.#left -= end - from;
    return end;
  }
}
