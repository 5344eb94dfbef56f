/**
 * A gRPC client for load: one HTTP/2 connection over TLS and calls with finished bytes, without the layers of a client
 * library, so that the load generator costs a fraction of what it measures. Chains are verified; names are not compared.
 */
import {
  connect as connectHttp2,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { connect, type SecureContext } from 'node:tls';

/** What TLS needs; `context` holds the client certificate where there is one. */
export interface Target {
  readonly port: number;
  readonly context: SecureContext;
  /** From which address of this host; default: the kernel's choice. */
  readonly from?: string;
}

export interface Session {
  /** One unary call: the message of the answer. Rejects for any status but OK. */
  call(method: string, framed: Buffer): Promise<Buffer>;
  /** A stream: each message, until it or the session is closed. */
  stream(method: string, framed: Buffer, tell: (message: Buffer) => void): Opened;
  /** A request as its headers and body say, however wrong: the HTTP status and the gRPC status, as far as there are any. */
  raw(headers: OutgoingHttpHeaders, body: Buffer): Promise<RawEnd>;
  /** Begins a request with these pieces, each a frame of its own, and never ends it. */
  hang(headers: OutgoingHttpHeaders, ...pieces: readonly Buffer[]): Opened;
  /** Resolves when the connection is gone. */
  readonly gone: Promise<void>;
  close(): void;
}

export interface Opened {
  /** Whatever the end is, also that of the connection. */
  readonly ended: Promise<RawEnd>;
}

export interface RawEnd {
  readonly http: number | undefined;
  readonly grpc: number | undefined;
  readonly code: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly message: Buffer;
}

/** The five bytes in front of a message: not compressed, and its length. */
export function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Resolves when both sides have spoken HTTP/2. */
export function openSession({ port, context, from }: Target): Promise<Session> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port,
      ...(from === undefined ? {} : { localAddress: from }),
      secureContext: context,
      ALPNProtocols: ['h2'],
      servername: 'cleat-ca',
      checkServerIdentity: () => undefined,
    });
    socket.setNoDelay(true);
    const session = connectHttp2(`https://127.0.0.1:${port}`, { createConnection: () => socket });
    session.once('error', reject);
    session.once('remoteSettings', () => {
      session.off('error', reject);
      // An end that nobody waits for shows as a failed call.
      session.on('error', () => undefined);
      resolve(sessionOf(session));
    });
  });
}

function sessionOf(session: ClientHttp2Session): Session {
  const headersOf = (method: string): OutgoingHttpHeaders => ({
    ':method': 'POST',
    ':path': method,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const begin = (headers: OutgoingHttpHeaders, body: Buffer): ClientHttp2Stream => {
    const stream = session.request(headers);
    stream.end(body);
    return stream;
  };
  const raw = (headers: OutgoingHttpHeaders, body: Buffer): Promise<RawEnd> =>
    new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const stream = begin(headers, body);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.once('error', reject);
      void endOf(stream).then((end) => resolve({ ...end, message: Buffer.concat(chunks).subarray(5) }));
    });
  return {
    raw,
    hang(headers, ...pieces) {
      const stream = session.request(headers);
      stream.on('error', () => undefined).resume();
      const ended = endOf(stream);
      void writeEach(stream, pieces);
      return { ended };
    },
    gone: new Promise((resolve) => session.once('close', resolve)),
    async call(method, framed) {
      const { grpc, code, message } = await raw(headersOf(method), framed);
      if (grpc === 0) return message;
      throw new Error(`${method}: status ${grpc ?? 'none'} ${code ?? ''}`);
    },
    stream(method, framed, tell) {
      const stream = begin(headersOf(method), framed);
      let waiting: Buffer = Buffer.alloc(0);
      stream.on('data', (chunk: Buffer) => {
        waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
        while (waiting.length >= 5) {
          const end = 5 + waiting.readUInt32BE(1);
          if (waiting.length < end) return;
          tell(waiting.subarray(5, end));
          waiting = waiting.subarray(end);
        }
      });
      stream.on('error', () => undefined);
      return { ended: endOf(stream) };
    },
    close: () => session.destroy(),
  };
}

function endOf(stream: ClientHttp2Stream): Promise<RawEnd> {
  const said: Record<string, unknown> = {};
  stream.on('response', (found) => Object.assign(said, found));
  stream.on('trailers', (found) => Object.assign(said, found));
  return new Promise((resolve) => {
    stream.once('close', () =>
      resolve({
        http: numberOf(said[':status']),
        grpc: numberOf(said['grpc-status']),
        code: typeof said['cleat-code'] === 'string' ? said['cleat-code'] : undefined,
        retryAfterMs: numberOf(said['grpc-retry-pushback-ms']),
        message: Buffer.alloc(0),
      }),
    );
  });
}

/** Pieces written at once would be one frame. */
async function writeEach(stream: ClientHttp2Stream, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    if (stream.destroyed) return;
    await new Promise<void>((resolve) => void stream.write(piece, () => resolve()));
  }
}

const numberOf = (value: unknown): number | undefined => (value === undefined ? undefined : Number(value));
