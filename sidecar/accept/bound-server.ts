/** Binds a server to its address, and tells what went wrong in one line that an operator can act on. */
import type { Server } from 'node:net';

import { Fault } from '../../core/fault/fault.ts';
import type { Endpoint } from './connection.ts';

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there',
  EADDRNOTAVAIL: 'no interface of this host has that address',
  EACCES: 'not permitted; ports below 1024 need a capability',
};

/** Gives the address that was bound: port 0 asks for any. Throws: LIFE_PORT. */
export function bindServer(server: Server, address: Endpoint, signal: AbortSignal): Promise<Endpoint> {
  return new Promise((resolve, reject) => {
    const where = `${address.host}:${address.port}`;
    if (signal.aborted) {
      reject(new Fault('LIFE_PORT', `${where} was not bound: the start was given up`));
      return;
    }
    const onError = (error: NodeJS.ErrnoException): void => {
      const code = error.code ?? error.message;
      reject(
        new Fault('LIFE_PORT', `cannot listen on ${where}: ${REASONS[code] ?? 'failed'} (${code})`, { cause: error }),
      );
    };
    server.once('error', onError);
    server.listen({ host: address.host, port: address.port, backlog: 511 }, () => {
      server.off('error', onError);
      const bound = server.address();
      resolve(bound === null || typeof bound === 'string' ? address : { host: bound.address, port: bound.port });
    });
  });
}

/** Where a socket comes from and where it arrived; empty once it is destroyed, so ask at once. */
export interface SocketEnds {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

/** Both ends as plain values. */
export function endsOf(socket: SocketEnds): { readonly local: Endpoint; readonly remote: Endpoint } {
  return {
    local: { host: socket.localAddress ?? '', port: socket.localPort ?? 0 },
    remote: { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 },
  };
}
