/**
 * x509-limbo by real handshakes, for every case that has a key: the other side presents leaf and intermediates, our side has our
 * TLS options with the case's trusted certificates, and judges what it was sent once more by itself.
 * TLS judges at the time of this machine. A case with a time of its own is let through TLS where only time speaks against it,
 * and then judged by our check at its time.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as tls from 'node:tls';

import type { Outcome } from '../../core/fault/refusal.ts';
import { encodePem } from '../../core/x509/pem.ts';
import { clientContextOptions, mutualServerOptions } from '../../runtime/tls-options.ts';
import { issueTestChain } from '../kit/x509.ts';
import type { Document } from './document.ts';
import { labelOf } from './limbo-cases.ts';
import { judgePath, type LimboCase, readLimbo, refusedByTls } from './limbo.ts';
import { exceptionFor, notApplicable } from './limbo-rules.ts';
import type { Case, NotApplicable } from './score.ts';

const NO_KEY: NotApplicable = { rule: 'no key', reason: 'without the private key nobody can present the leaf' };
const TIME = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);

export function handshakeCases(document: Document): readonly Case[] {
  return readLimbo(document).map((one) => ({
    ...labelOf(one),
    exception: exceptionFor(one, 'handshake'),
    skipped: one.key === undefined ? NO_KEY : notApplicable(one),
    judge: () => (one.role === 'serverAuth' ? connectTo(one) : acceptFrom(one)),
  }));
}

/** The case is a server, we are the client. */
async function connectTo(one: LimboCase): Promise<Outcome<unknown>> {
  const server = tls.createServer({ ...presented(one), minVersion: 'TLSv1.3' });
  server.on('tlsClientError', () => undefined);
  const port = await listen(server);
  const socket = tls.connect({
    ...clientContextOptions({ roots: one.roots }),
    host: '127.0.0.1',
    port,
    rejectUnauthorized: one.at === undefined,
    checkServerIdentity: () => undefined,
  });
  try {
    await once(socket, 'secureConnect');
    return judgeSent(one, socket);
  } catch (cause) {
    return refusedByTls(cause instanceof Error ? cause.message : String(cause));
  } finally {
    socket.destroy();
    server.close();
  }
}

/** The case is a client, we are the server. */
async function acceptFrom(one: LimboCase): Promise<Outcome<unknown>> {
  const { authority, leaf } = issueTestChain();
  const options = mutualServerOptions({ key: leaf.key, chain: [leaf.der], roots: one.roots });
  const server = tls.createServer({ ...options, rejectUnauthorized: one.at === undefined });
  const port = await listen(server);
  const ca = encodePem('CERTIFICATE', authority.der);
  const client = tls.connect({ ...presented(one), ca, host: '127.0.0.1', port, checkServerIdentity: () => undefined });
  client.on('error', () => undefined);
  try {
    const failed = once(server, 'tlsClientError').then(([cause]) => Promise.reject(cause));
    const [socket]: tls.TLSSocket[] = await Promise.race([once(server, 'secureConnection'), failed]);
    return socket === undefined ? refusedByTls('no connection') : judgeSent(one, socket);
  } catch (cause) {
    return refusedByTls(cause instanceof Error ? cause.message : String(cause));
  } finally {
    client.destroy();
    server.close();
  }
}

/** What a party that is not ours shows. */
function presented({ leaf, intermediates, key = '' }: LimboCase): { readonly key: string; readonly cert: string } {
  return {
    key,
    cert: [leaf, ...intermediates].map((der) => encodePem('CERTIFICATE', der)).join(''),
  };
}

/** Our own check, over the leaf as it came over the wire and what was sent beside it. */
function judgeSent(one: LimboCase, socket: tls.TLSSocket): Outcome<unknown> {
  const error = authorizationError(socket);
  if (error !== undefined && !TIME.has(error)) return refusedByTls(error);
  const leaf = socket.getPeerX509Certificate()?.raw;
  return leaf === undefined ? refusedByTls('no certificate') : judgePath({ ...one, leaf });
}

/** Typed as an `Error`; Node puts the code there, as text. */
function authorizationError(socket: tls.TLSSocket): string | undefined {
  const error: unknown = socket.authorizationError;
  return typeof error === 'string' ? error : undefined;
}

async function listen(server: tls.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
