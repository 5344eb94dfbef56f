/** The certificates between a peer's leaf and its root, as the handshake verified them. Read once, like everything of a socket. */
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';

const CHAIN_MOST = 8;

/** DER, from the issuer of the leaf upwards, without the root. */
export function intermediatesOf(socket: Pick<TLSSocket, 'getPeerCertificate'>): readonly Buffer[] {
  const chain: Buffer[] = [];
  let above = issuerOf(socket.getPeerCertificate(true));
  while (above !== undefined && !isRoot(above) && chain.length < CHAIN_MOST) {
    chain.push(above.raw);
    above = issuerOf(above);
  }
  return chain;
}

/** Undefined where Node's view of the chain ends, which may be below the root. */
const issuerOf = ({ issuerCertificate }: DetailedPeerCertificate): DetailedPeerCertificate | undefined =>
  issuerCertificate;

/** Node makes a root its own issuer. */
const isRoot = (certificate: DetailedPeerCertificate): boolean =>
  issuerOf(certificate)?.raw.equals(certificate.raw) === true;
