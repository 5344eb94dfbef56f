/**
 * A port that is switched off: bytes go to the app and back as they are, TLS or not. Nothing is read, asked or added; no
 * field can be trusted behind it. It is there so that a pod can be in the mesh before one of its ports is.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream';

import { milliseconds } from '../../core/time/units.ts';
import type { LocalAddress } from '../io/connect.ts';
import { bindServer, endsOf } from './bound-server.ts';
import type { Endpoint, RefusedConnection } from './connection.ts';
import type { ListenerLimits, ListenerService } from './listener-contract.ts';

export interface PassThroughDeps {
  readonly name: string;
  readonly address: Endpoint;
  readonly app: LocalAddress;
  readonly limits: Pick<ListenerLimits, 'connections' | 'grace'>;
  onConnection(): void;
  /** LIMIT_CONNECTIONS. */
  onRefused(refused: RefusedConnection): void;
}

/** A listener that is not bound yet. */
export function createPassThrough(deps: PassThroughDeps): ListenerService {
  const open = new Set<Socket>();
  let server: Server | undefined;
  let bound: Endpoint | undefined;

  function pass(socket: Socket): void {
    deps.onConnection();
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    join(socket, connect({ ...deps.app, allowHalfOpen: true, noDelay: true }));
  }

  function stop(): void {
    if (server?.listening === true) server.close();
  }

  function destroy(): void {
    for (const socket of open) socket.destroy();
  }

  return {
    name: deps.name,
    async start(signal) {
      const own = createServer({ allowHalfOpen: true, noDelay: true }, pass);
      server = own;
      own.maxConnections = deps.limits.connections;
      own.on('drop', (ends) =>
        deps.onRefused({
          code: 'LIMIT_CONNECTIONS',
          detail: 'too many connections',
          remote: endsOf(ends ?? {}).remote,
        }),
      );
      bound = await bindServer(own, deps.address, signal);
      own.on('error', (error) =>
        deps.onRefused({ code: 'LIMIT_CONNECTIONS', detail: error.message, remote: { host: '', port: 0 } }),
      );
    },
    async drain(deadline) {
      const { grace } = deps.limits;
      await new Promise((resolve) => setTimeout(resolve, Math.min(grace, deadline)));
      stop();
      const left = milliseconds(Math.max(0, deadline - grace));
      const end = setTimeout(destroy, left);
      await Promise.all([...open].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
      clearTimeout(end);
    },
    address: () => bound,
    size: () => open.size,
    // Nobody is known there.
    recheck() {},
    [Symbol.asyncDispose]() {
      stop();
      destroy();
      return Promise.resolve();
    },
  };
}

/** Each direction ends by itself; an error in one of them, or the close of one side, ends both. */
function join(socket: Socket, app: Socket): void {
  const over = (): void => {
    socket.destroy();
    app.destroy();
  };
  for (const [from, to] of [
    [socket, app],
    [app, socket],
  ] as const)
    pipeline(from, to, (failure) => {
      if (failure) over();
    });
  socket.once('close', over);
}
