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
  /** A stream: each message, until the session is closed. */
  stream(method: string, framed: Buffer, tell: (message: Buffer) => void): void;
  /** A request as its headers and body say, however wrong: the HTTP status and the gRPC status, as far as there are any. */
  raw(headers: OutgoingHttpHeaders, body: Buffer): Promise<RawEnd>;
  /** Begins a request and never ends it. */
  hang(headers: OutgoingHttpHeaders, begin: Buffer): void;
  close(): void;
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
      const said: Record<string, unknown> = {};
      const stream = begin(headers, body);
      stream.on('response', (found) => Object.assign(said, found));
      stream.on('trailers', (found) => Object.assign(said, found));
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.once('error', reject);
      stream.once('close', () =>
        resolve({
          http: numberOf(said[':status']),
          grpc: numberOf(said['grpc-status']),
          code: typeof said['cleat-code'] === 'string' ? said['cleat-code'] : undefined,
          retryAfterMs: numberOf(said['grpc-retry-pushback-ms']),
          message: Buffer.concat(chunks).subarray(5),
        }),
      );
    });
  return {
    raw,
    hang(headers, part) {
      const stream = session.request(headers);
      stream.on('error', () => undefined);
      stream.write(part);
    },
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
    },
    close: () => session.destroy(),
  };
}

const numberOf = (value: unknown): number | undefined => (value === undefined ? undefined : Number(value));
