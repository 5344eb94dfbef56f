/**
 * Opens streams towards others: plain ones to the app beside us, TLS ones to other sidecars. Each within a deadline.
 * Trust is not decided here: TLS verifies the chain, and `check` judges the leaf before the first byte is written.
 */
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type PeerCertificate } from 'node:tls';

import { Fault } from '../../core/fault/fault.ts';
import type { Outcome } from '../../core/fault/refusal.ts';
import type { Peer } from '../../core/identity/peer.ts';
import type { Milliseconds } from '../../core/time/units.ts';
import { isChainRefused } from '../../runtime/tls-failure.ts';
import type { ByteStream, MakeStream } from './port.ts';
import { publicStream } from './public.ts';

/** Where the app listens. */
export type LocalAddress = { readonly host: string; readonly port: number } | { readonly path: string };

export interface PeerStream {
  readonly stream: ByteStream;
  /** Whom `check` recognised on the other side. */
  readonly peer: Peer;
}

/** Throws a `Fault`: UPSTREAM_UNREACHABLE | UPSTREAM_TIMEOUT. */
export function openTcp(
  address: LocalAddress,
  timeout: Milliseconds,
  streamOf: MakeStream = publicStream,
): Promise<ByteStream> {
  const socket = connect({ ...address, allowHalfOpen: true, noDelay: true } satisfies NetConnectOpts);
  return established(socket, 'connect', timeout, () => streamOf(socket));
}

/**
 * `options` are those of `sidecar/tls/options.ts` with host and port; `check` gets the DER of the server's leaf.
 * Throws a `Fault`: UPSTREAM_UNREACHABLE | UPSTREAM_TIMEOUT | PEER_UNTRUSTED | the refusal of `check`.
 */
export function openTls(
  options: ConnectionOptions,
  check: (leafDer: Buffer) => Outcome<Peer>,
  timeout: Milliseconds,
  streamOf: MakeStream = publicStream,
): Promise<PeerStream> {
  let judged: Outcome<Peer> | undefined;
  const own = {
    ...options,
    allowHalfOpen: true,
    rejectUnauthorized: true,
    checkServerIdentity(_name: string, certificate: PeerCertificate): Error | undefined {
      judged = check(certificate.raw);
      return judged.ok ? undefined : new Fault(judged.refusal.code, judged.refusal.detail);
    },
  };
  const socket = connectTls(own);
  return established(socket, 'secureConnect', timeout, () => {
    // Node skips the callback on a resumed session; we never resume, and would rather fail than trust that.
    if (judged?.ok !== true || !socket.authorized) throw new Fault('PEER_UNTRUSTED', 'the server was not judged');
    return { stream: streamOf(socket), peer: judged.value };
  });
}

/** `make` runs in the turn of the event, so that the stream listens before anything else can happen to the socket. */
function established<T>(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  timeout: Milliseconds,
  make: () => T,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (fault: Fault): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(fault);
    };
    const onClose = (): void => fail(new Fault('UPSTREAM_UNREACHABLE', 'closed before it was open'));
    const timer = setTimeout(() => fail(new Fault('UPSTREAM_TIMEOUT', `no connection within ${timeout} ms`)), timeout);
    socket.once('close', onClose);
    socket.on('error', (error: Error) => fail(faultOf(error)));
    socket.once(event, () => {
      clearTimeout(timer);
      socket.off('close', onClose);
      try {
        resolve(make());
      } catch (thrown) {
        fail(Fault.from(thrown));
      }
    });
  });
}

function faultOf(error: Error): Fault {
  if (error instanceof Fault) return error;
  if (isChainRefused(error))
    return new Fault('PEER_UNTRUSTED', `the server's certificate: ${'code' in error ? String(error.code) : ''}`, {
      cause: error,
    });
  return new Fault('UPSTREAM_UNREACHABLE', error.message, { cause: error });
}
