/**
 * What a call says of its connection: the peer's address, and the certificate that TLS verified, read once a connection.
 * Node makes the certificate anew at each question, which costs as much as a signature. And the HTTP/2 stream below a call,
 * for what grpc-js leaves open: a status ends what we say, and not what the caller sends or fails to take.
 */
import type { ServerHttp2Stream } from 'node:http2';

export interface Connection {
  /** DER of the client certificate that TLS verified; undefined where none is asked for. The same object for all calls
   *  of one connection. */
  readonly leaf: Buffer | undefined;
  /** `address:port`, or `unknown`. */
  readonly peer: () => string;
}

/** The part of a server call of grpc-js that is read here. */
export interface ConnectedCall {
  getPeer(): string;
  getAuthContext(): { sslPeerCertificate?: { readonly raw: Buffer } | undefined };
}

export type ConnectionReader = (call: ConnectedCall) => Connection;

/** A reader that remembers leaves by connection, for as long as the connection's object lives. */
export function createConnectionReader(): ConnectionReader {
  const leaves = new WeakMap<object, Buffer>();
  return (call) => {
    // A session has one certificate from its handshake to its end: TLS 1.3 renegotiates nothing.
    const session = streamOf(call)?.session;
    const known = session === undefined ? undefined : leaves.get(session);
    if (known !== undefined) return { leaf: known, peer: () => call.getPeer() };
    const leaf = call.getAuthContext().sslPeerCertificate?.raw;
    if (session !== undefined && leaf !== undefined) leaves.set(session, leaf);
    return { leaf, peer: () => call.getPeer() };
  };
}

/** The HTTP/2 stream below a call, or below what an interceptor gets. grpc-js keeps it private, and its version is exact;
 *  undefined where the way is another one. */
export function streamOf(call: object): ServerHttp2Stream | undefined {
  let at = inner(call, 'call') ?? call;
  for (let next = inner(at, 'nextCall'); next !== undefined; next = inner(at, 'nextCall')) at = next;
  const stream = inner(at, 'stream');
  return stream !== undefined && 'session' in stream && 'rstCode' in stream ? (stream as ServerHttp2Stream) : undefined;
}

function inner(outer: object, name: string): object | undefined {
  const found: unknown = Reflect.get(outer, name);
  return typeof found === 'object' && found !== null ? found : undefined;
}
