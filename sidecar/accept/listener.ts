/**
 * The inbound listener: TCP, TLS, peer. It hands a connection on only when TLS has verified the client's chain and the
 * leaf is a valid identity; whatever else knocks is counted by cause and closed. It never looks at a request.
 * Spec: DESIGN section 6 ("TLS rules").
 */
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';

import { Fault } from '../../core/fault/fault.ts';
import type { Milliseconds } from '../../core/time/units.ts';
import { replaceServerContext, serverTlsOptions } from '../tls/options.ts';
import { bindServer, endsOf } from './bound-server.ts';
import type { Endpoint } from './connection.ts';
import { causeOf } from './handshake-failure.ts';
import { Handshakes } from './handshakes.ts';
import { lifetimeOf } from './lifetime.ts';
import type { ListenerService, TlsListenerDeps } from './listener-contract.ts';
import { OpenConnections } from './open-connections.ts';

export function createTlsListener<Note>(deps: TlsListenerDeps<Note>): ListenerService {
  const open = new OpenConnections(deps);
  const handshakes = new Handshakes();
  let server: Server | undefined;
  let bound: Endpoint | undefined;
  let subscription: Disposable | undefined;

  async function start(signal: AbortSignal): Promise<void> {
    const first = deps.credentials.current();
    if (first === undefined) throw new Fault('RENEW_EXPIRED', `${deps.name} was started without a certificate`);
    // Half-open, so that a client that has ended its half still gets its answer.
    const own = createServer({ ...serverTlsOptions(first), allowHalfOpen: true, ALPNProtocols: ['http/1.1'] });
    let generation = first.generation;
    server = own;
    own.maxConnections = deps.limits.connections;
    own.on('connection', (socket) => onConnection(socket, generation));
    own.on('secureConnection', onSecure);
    own.on('tlsClientError', onFailure);
    own.on('drop', (ends) => refuse('LIMIT_CONNECTIONS', 'connections', endsOf(ends ?? {}).remote));
    bound = await bindServer(own, deps.address, signal);
    own.on('error', (error) => refuse('LIMIT_CONNECTIONS', error.message, { host: '', port: 0 }));
    subscription = deps.credentials.subscribe((next) => {
      try {
        replaceServerContext(own, next);
        generation = next.generation;
      } catch (thrown) {
        const { code, detail } = Fault.from(thrown);
        deps.log.error('new certificate not served, last good kept', { listener: deps.name, code, detail });
      }
    });
  }

  function onConnection(socket: Socket, generation: number): void {
    const { remote } = handshakes.add(socket, generation);
    if (handshakes.size <= deps.limits.handshakes) return;
    refuse('LIMIT_CONNECTIONS', 'handshakes', remote);
    handshakes.take(socket);
    socket.destroy();
  }

  function onFailure(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    // Read here and never later: after a failed handshake most getters of this socket end the process.
    const authorization = socket.authorizationError;
    const handshake = handshakes.take(socket);
    // Node leaves a timed-out socket open. Not at once: the alert is still on its way.
    setImmediate(() => socket.destroy());
    if (handshake === undefined) return;
    const cause = causeOf({
      error: error.code ?? error.message,
      authorization: authorization === null || authorization === undefined ? undefined : String(authorization),
    });
    deps.onRefused({ ...cause, remote: handshake.remote });
  }

  function onSecure(socket: TLSSocket): void {
    const handshake = handshakes.take(socket);
    const leaf = socket.getPeerX509Certificate()?.raw;
    if (handshake === undefined || leaf === undefined || !socket.authorized) {
      socket.destroy();
      return;
    }
    const peer = deps.recognise(leaf);
    if (!peer.ok) {
      socket.destroy();
      deps.onRefused({ ...peer.refusal, remote: handshake.remote });
      return;
    }
    const { local, remote, generation } = handshake;
    const rooms = deps.roomsFor({ peer: peer.value, local, remote, generation });
    open.serve(socket, rooms, lifetimeOf(peer.value.notAfter, deps.limits.maxAge, deps.clock.now()));
  }

  function refuse(code: 'LIMIT_CONNECTIONS', detail: string, remote: Endpoint): void {
    deps.onRefused({ code, detail, remote });
  }

  async function drain(deadline: Milliseconds): Promise<void> {
    await open.drain({ grace: deps.limits.grace, deadline }, stopListening);
    handshakes.destroy();
  }

  function stopListening(): void {
    subscription?.[Symbol.dispose]();
    subscription = undefined;
    if (server?.listening === true) server.close();
  }

  return {
    name: deps.name,
    start,
    drain,
    address: () => bound,
    size: () => open.size,
    [Symbol.asyncDispose]() {
      stopListening();
      open.destroy();
      handshakes.destroy();
      return Promise.resolve();
    },
  };
}
