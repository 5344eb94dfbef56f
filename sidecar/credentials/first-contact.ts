/**
 * How a sidecar that knows nothing but a fingerprint, or roots of yesterday, comes to trust the CA: it looks at the chain
 * that the server shows and takes the root whose SHA-256 the join token names, or the one for which a root that it knows
 * vouches. Nothing is sent on this connection: the evidence goes out on the next one, which is verified against that root.
 */
import { createHash } from 'node:crypto';
import { connect, type DetailedPeerCertificate } from 'node:tls';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { Milliseconds } from '../../core/time/units.ts';
import { findVouchedRoot, type Vouching } from './vouched-root.ts';

/** A server that is looked at. */
interface Contact {
  /** `host:port`, an IPv6 host in brackets. */
  readonly address: string;
  readonly timeout: Milliseconds;
  readonly signal: AbortSignal;
}

export interface FirstContact extends Vouching, Contact {}

export interface LateContact extends Omit<Vouching, 'rootDigest'>, Contact {
  /** DER of the roots that are known. */
  readonly roots: readonly Buffer[];
}

/** Certificates looked at, and the bytes of each; a server may send more, and is not the CA then. */
const MOST_CERTIFICATES = 8;
const MOST_DER = 8 * 1024;

/** DER of the root that the fingerprint names, or of its successor. The server has proved nothing yet.
 *  Refuses: RENEW_UNREACHABLE | RENEW_UNTRUSTED. */
export async function readRoot(contact: FirstContact): Promise<Outcome<Buffer>> {
  const shown = await readChain(contact);
  if (!shown.ok) return shown;
  const root = findVouchedRoot(shown.value, contact);
  if (root !== undefined) return admit(root);
  const seen = shown.value.map((der) => sha256(der).toString('hex').slice(0, 12)).join(' ');
  return refuse(
    'RENEW_UNTRUSTED',
    `${contact.address} shows no root with the fingerprint of the join token (${contact.rootDigest.toString('hex').slice(0, 12)}..., shown: ${seen})`,
  );
}

/** DER of the root that one of the known roots vouches for; undefined where the server shows none, or cannot be looked
 *  at. The server has proved nothing yet. */
export async function readSuccessor(contact: LateContact): Promise<Buffer | undefined> {
  const shown = await readChain(contact);
  if (!shown.ok) return undefined;
  for (const root of contact.roots) {
    // Known already: whether the server shows it too does not matter.
    const found = findVouchedRoot([root, ...shown.value], { ...contact, rootDigest: sha256(root) });
    if (found !== undefined && !found.equals(root)) return found;
  }
  return undefined;
}

function readChain({ address, timeout, signal }: Contact): Promise<Outcome<readonly Buffer[]>> {
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at).replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port: Number(address.slice(at + 1)),
      servername: 'cleat-ca',
      ALPNProtocols: ['h2'],
      minVersion: 'TLSv1.3',
      // The chain is only looked at; what is trusted of it is decided by the fingerprint.
      rejectUnauthorized: false,
    });
    const end = (outcome: Outcome<readonly Buffer[]>): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      socket.destroy();
      resolve(outcome);
    };
    const fail = (why: string): void => end(refuse('RENEW_UNREACHABLE', `${address}: ${why}`));
    const stop = (): void => fail('given up');
    const timer = setTimeout(() => fail(`no answer within ${timeout} ms`), timeout);
    signal.addEventListener('abort', stop, { once: true });
    // Stays to the end: an error that comes after the answer must not end the process.
    socket.on('error', (error) => fail(error.message));
    socket.once('close', () => fail('closed'));
    socket.once('secureConnect', () => end(admit(chainOf(socket.getPeerCertificate(true)))));
    if (signal.aborted) stop();
  });
}

/** From the leaf up, as far as Node could link it; a root is its own issuer. */
function chainOf(leaf: DetailedPeerCertificate): readonly Buffer[] {
  const chain: Buffer[] = [];
  let next: DetailedPeerCertificate | undefined = leaf;
  while (next?.raw !== undefined && chain.length < MOST_CERTIFICATES && next.raw.length <= MOST_DER) {
    chain.push(next.raw);
    next = next.issuerCertificate === next ? undefined : next.issuerCertificate;
  }
  return chain;
}

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
