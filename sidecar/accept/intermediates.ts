/** The certificates between a peer's leaf and its root, as the handshake verified them. Read once, like everything of a socket. */
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';

const CHAIN_MOST = 8;

/** DER, from the issuer of the leaf upwards, without the root, which is its own issuer. */
export function intermediatesOf(socket: Pick<TLSSocket, 'getPeerCertificate'>): readonly Buffer[] {
  const chain: Buffer[] = [];
  let above = issuerOf(socket.getPeerCertificate(true));
  while (above !== undefined && issuerOf(above) !== undefined && chain.length < CHAIN_MOST) {
    chain.push(above.raw);
    above = issuerOf(above);
  }
  return chain;
}

/** Undefined for a root, which Node makes its own issuer, and where the chain is cut short. */
function issuerOf({ raw, issuerCertificate }: DetailedPeerCertificate): DetailedPeerCertificate | undefined {
  const above: DetailedPeerCertificate | undefined = issuerCertificate;
  return above === undefined || above.raw.equals(raw) ? undefined : above;
}
