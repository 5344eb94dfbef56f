/**
 * The plaintext listener inside the pod, for what the app sends out: the same engine as inbound, without a peer.
 * It must never be bound to anything but a loopback address; whoever can reach it acts with this pod's identity.
 */
import { createServer, isIP, type Server, type Socket } from 'node:net';

import { Fault } from '../../core/fault/fault.ts';
import { bindServer, endsOf } from './bound-server.ts';
import type { Endpoint } from './connection.ts';
import type { ListenerService, LoopbackListenerDeps } from './listener-contract.ts';
import { OpenConnections } from './open-connections.ts';

/** A listener that is not bound yet. */
export function createLoopbackListener<Note>(deps: LoopbackListenerDeps<Note>): ListenerService {
  const open = new OpenConnections(deps);
  let server: Server | undefined;
  let bound: Endpoint | undefined;

  async function start(signal: AbortSignal): Promise<void> {
    if (!isLoopback(deps.address.host)) {
      throw new Fault('LIFE_PORT', `${deps.name} is plaintext: ${deps.address.host} is no loopback address`);
    }
    const own = createServer({ allowHalfOpen: true, noDelay: true }, onConnection);
    server = own;
    own.maxConnections = deps.limits.connections;
    own.on('drop', (ends) => refuse('connections', endsOf(ends ?? {}).remote));
    bound = await bindServer(own, deps.address, signal);
    own.on('error', (error) => refuse(error.message, { host: '', port: 0 }));
  }

  function onConnection(socket: Socket): void {
    open.serve(socket, { rooms: deps.roomsFor(endsOf(socket)), lifetime: undefined });
  }

  function refuse(detail: string, remote: Endpoint): void {
    deps.onRefused({ code: 'LIMIT_CONNECTIONS', detail, remote });
  }

  function stopListening(): void {
    if (server?.listening === true) server.close();
  }

  return {
    name: deps.name,
    start,
    drain: (deadline) => open.drain({ grace: deps.limits.grace, deadline }, stopListening),
    address: () => bound,
    size: () => open.size,
    recheck: () => open.recheck(),
    [Symbol.asyncDispose]() {
      stopListening();
      open.destroy();
      return Promise.resolve();
    },
  };
}

function isLoopback(host: string): boolean {
  return (isIP(host) === 4 && host.startsWith('127.')) || host === '::1';
}
