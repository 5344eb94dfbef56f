/** The certificate that the other end of a TLS connection showed. */
import type { TLSSocket } from 'node:tls';

/**
 * DER of the leaf, verified or not; undefined where none was shown. To be called after the handshake alone.
 * Not by `getPeerX509Certificate`, which is cheaper: at a server each call of it keeps the certificate for good, about 5 KiB (ADR 19).
 */
export function peerLeaf(socket: TLSSocket): Buffer | undefined {
  // An empty object stands for none.
  return (socket.getPeerCertificate() as { readonly raw?: Buffer } | undefined)?.raw;
}
