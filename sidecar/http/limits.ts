/** What bounds one HTTP/1.1 connection: sizes, counts and waits, with the defaults of DESIGN section 6. */
import { byteCount, milliseconds, type ByteCount, type Milliseconds } from '../../core/time/units.ts';

export interface HttpLimits {
  /** Head with request line and final CRLF; more is REQUEST_HEAD_TOO_LARGE. */
  readonly headBytes: ByteCount;
  /** Request line with its CRLF; more is REQUEST_TARGET_TOO_LONG. */
  readonly requestLineBytes: ByteCount;
  readonly fields: number;
  /** Bytes of later requests that are held while one is answered; then the client is not read any more. */
  readonly pipelinedBytes: ByteCount;
  /** The trailer section of a chunked body; it is checked and dropped. */
  readonly trailerBytes: ByteCount;
  /** 1xx responses before the final one. */
  readonly interimResponses: number;
  /** Requests on one connection; the answer to the last of them ends it. */
  readonly requests: number;
  /** The largest body of a request; undefined: any size, streamed. More is REQUEST_BODY_TOO_LARGE. */
  readonly bodyBytes: ByteCount | undefined;
  /** Bytes thrown away after an answer that ends the connection, so that the client can read the answer. */
  readonly lingerBytes: ByteCount;
}

export interface TimeLimits {
  /** From the first byte of a head to its last. */
  readonly head: Milliseconds;
  /** Between two bytes of a request body, and between two reads of a slow client. */
  readonly bodyIdle: Milliseconds;
  /** From the last progress of the request to the first byte of the answer: decision, connect and app together. */
  readonly firstByte: Milliseconds;
  /** Between two bytes of a response body; long, for event streams. */
  readonly responseIdle: Milliseconds;
  /** A request and its answer together; undefined: no end. Not for upgrades and event streams. */
  readonly total: Milliseconds | undefined;
  /** An open connection without a request. */
  readonly keepAlive: Milliseconds;
  /** An upgraded connection on which nothing moves. */
  readonly tunnelIdle: Milliseconds;
  /** From an answer that ends the connection to the cut. */
  readonly linger: Milliseconds;
}

export const HTTP_LIMITS: HttpLimits = Object.freeze({
  headBytes: byteCount(16_384),
  requestLineBytes: byteCount(8_192),
  fields: 100,
  pipelinedBytes: byteCount(65_536),
  trailerBytes: byteCount(8_192),
  interimResponses: 8,
  requests: 100_000,
  bodyBytes: undefined,
  lingerBytes: byteCount(262_144),
});

export const TIME_LIMITS: TimeLimits = Object.freeze({
  head: milliseconds(10_000),
  bodyIdle: milliseconds(30_000),
  firstByte: milliseconds(30_000),
  responseIdle: milliseconds(300_000),
  total: undefined,
  keepAlive: milliseconds(60_000),
  tunnelIdle: milliseconds(3_600_000),
  linger: milliseconds(2_000),
});
