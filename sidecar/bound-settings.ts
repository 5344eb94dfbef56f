/** Bounds on connections, messages and waits. Part of the table in `sidecar/config.ts`. */
import { count } from '../runtime/config/scalar.ts';
import { duration, size } from '../runtime/config/span.ts';
import { strict } from '../runtime/config/structure.ts';

/** Section `connections`. */
export const connectionBounds = strict({
  max: count({ doc: 'Inbound connections at a time.', fallback: 10_000, least: 1, most: 1_000_000 }),
  maxAge: duration({
    doc: 'Age at which a connection is ended after its current request.',
    fallback: '1h',
    least: '1s',
    most: '24h',
  }),
  maxAgeGrace: duration({
    doc: 'Time after maxAge at which a connection is cut with whatever it is doing.',
    fallback: '5m',
    least: '0s',
    most: '24h',
  }),
  perPeer: count({
    doc: 'Inbound connections of one SPIFFE ID at a time; beyond that its oldest idle one is ended, and without one the new one is closed.',
    fallback: 256,
    least: 1,
    most: 1_000_000,
  }),
  requests: count({
    doc: 'Requests on one connection; the answer to the last of them ends it.',
    fallback: 100_000,
    least: 1,
    most: 1_000_000_000,
  }),
  handshakesPerTurn: count({
    doc: 'TLS handshakes that are begun in one turn of the event loop, some 3 ms each; more wait for the next turn.',
    fallback: 8,
    least: 1,
    most: 1024,
  }),
  handshakesInProgress: count({
    doc: 'TLS handshakes at a time, silent ones included; beyond that the oldest is ended.',
    fallback: 256,
    least: 1,
    most: 4096,
  }),
});

/** Section `limits`. */
export const messageBounds = strict({
  head: size({ doc: 'The largest request or response head.', fallback: '16KiB', least: '1KiB', most: '64KiB' }),
  fields: count({ doc: 'The most header fields of a head.', fallback: 100, least: 10, most: 500 }),
  body: size({
    doc: 'The largest request body; absent: any size, streamed.',
    least: '1KiB',
    most: '999999GiB',
  }).optional(),
  pipelined: size({
    doc: 'Bytes of later requests that one connection may have waiting; then it is not read.',
    fallback: '64KiB',
    least: '1KiB',
    most: '1MiB',
  }),
  newTokensPerSecond: count({
    doc: 'Tokens that one connection may have verified anew a second; beyond that 429. What is remembered does not count.',
    fallback: 50,
    least: 1,
    most: 10_000,
  }),
  newTokensBurst: count({ doc: 'How many of them at once.', fallback: 200, least: 1, most: 100_000 }),
});

/** Section `circuit`. */
export const circuit = strict({
  failures: count({
    doc: 'Connections that fail in a row until nobody tries for a while.',
    fallback: 5,
    least: 1,
    most: 1_000,
  }),
  rest: duration({ doc: 'For how long at first; it doubles.', fallback: '500ms', least: '10ms', most: '1m' }),
  restMost: duration({ doc: 'For how long at most.', fallback: '10s', least: '10ms', most: '10m' }),
});

/** Section `timeouts`. */
export const timeouts = strict({
  handshake: duration({
    doc: 'From the accept of a connection to the end of its TLS handshake, silence included.',
    fallback: '10s',
    least: '100ms',
    most: '2m',
  }),
  head: duration({
    doc: 'From the first byte of a head to its last.',
    fallback: '10s',
    least: '100ms',
    most: '2m',
  }),
  bodyIdle: duration({
    doc: 'Between two bytes of a request body, and between two reads of a slow client.',
    fallback: '30s',
    least: '100ms',
    most: '1h',
  }),
  connect: duration({
    doc: 'For a connection to the app, or to an upstream with its TLS handshake.',
    fallback: '5s',
    least: '10ms',
    most: '2m',
  }),
  firstByte: duration({
    doc: 'From the last byte of a request to the first of its answer.',
    fallback: '30s',
    least: '100ms',
    most: '1h',
  }),
  responseIdle: duration({
    doc: 'Between two bytes of an answer.',
    fallback: '5m',
    least: '100ms',
    most: '24h',
  }),
  total: duration({
    doc: 'A request and its answer together, but for upgrades and event streams; absent: no end.',
    least: '100ms',
    most: '24h',
  }).optional(),
  keepAlive: duration({
    doc: 'An open connection without a request.',
    fallback: '60s',
    least: '1s',
    most: '24h',
  }),
  tunnelIdle: duration({
    doc: 'An upgraded connection on which nothing moves.',
    fallback: '1h',
    least: '1s',
    most: '24h',
  }),
});
