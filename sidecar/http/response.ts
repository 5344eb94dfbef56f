/** A response head that passed the strict parser. */
import type { Field, Framing } from './request.ts';

/** How the end of a response body is found; `close` is the end of the connection (RFC 9112 section 6.3, rule 8). */
export type ResponseFraming = Framing | { readonly kind: 'close' };

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly Field[];
  /** Of the body that follows: `none` for HEAD, 1xx, 204 and 304 whatever the fields declare. */
  readonly framing: ResponseFraming;
  /** What the fields declare: an answer to HEAD says how long the body would be. */
  readonly declared: Framing;
  /** False where the app will close, or speaks HTTP/1.0. */
  readonly keepAlive: boolean;
}

/** Whether the body is a stream of events, which has no end of its own (HTML, section 9.2). */
export function isEventStream({ fields }: ResponseHead): boolean {
  return fields.some(({ lower, value }) => lower === 'content-type' && EVENT_STREAM.test(value));
}

const EVENT_STREAM = /^text\/event-stream(?:[\t ]*;|$)/i;
