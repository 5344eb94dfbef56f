/**
 * What a call says of its connection: the peer's address, and the certificate that TLS verified, read once a connection.
 * Node makes the certificate anew at each question, which costs as much as a signature.
 */
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
    const session = sessionOf(call);
    const known = session === undefined ? undefined : leaves.get(session);
    if (known !== undefined) return { leaf: known, peer: () => call.getPeer() };
    const leaf = call.getAuthContext().sslPeerCertificate?.raw;
    if (session !== undefined && leaf !== undefined) leaves.set(session, leaf);
    return { leaf, peer: () => call.getPeer() };
  };
}

/** The HTTP/2 session below a call. grpc-js keeps it private: its version is exact, and where the way is another one, each
 *  call asks TLS. A session has one certificate from its handshake to its end: TLS 1.3 renegotiates nothing. */
function sessionOf(call: object): object | undefined {
  return ['call', 'stream', 'session'].reduce<object | undefined>(inner, call);
}

function inner(outer: object | undefined, name: string): object | undefined {
  const found: unknown = outer === undefined ? undefined : Reflect.get(outer, name);
  return typeof found === 'object' && found !== null ? found : undefined;
}
