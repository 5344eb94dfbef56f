/**
 * The inbound listener: TCP, TLS, peer. It hands a connection on only when TLS has verified the client's chain and the
 * leaf is a valid identity; whatever else knocks is counted by cause and closed. It never looks at a request.
 * Spec: DESIGN section 6 ("TLS rules").
 */
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from 'node:tls';

import { Fault } from '../../core/fault/fault.ts';
import type { Milliseconds } from '../../core/time/units.ts';
import { faultFields } from '../../runtime/log.ts';
import type { Snapshot } from '../credentials/snapshot.ts';
import { replaceServerContext, serverTlsOptions } from '../tls/options.ts';
import { bindServer, endsOf } from './bound-server.ts';
import { watchConduct } from './conduct.ts';
import type { Endpoint } from './connection.ts';
import { createEntrance, type Entrance } from './entrance.ts';
import { causeOf } from './handshake-failure.ts';
import { type Handshake, Handshakes } from './handshakes.ts';
import { lifetimeOf } from './lifetime.ts';
import type { ListenerService, TlsListenerDeps } from './listener-contract.ts';
import { OpenConnections } from './open-connections.ts';

/** A listener that is not bound yet. */
export function createTlsListener<Note>(deps: TlsListenerDeps<Note>): ListenerService {
  return new TlsListener(deps);
}

/** TLS ends a handshake that takes too long, with an alert; this is for what never came to one. */
const SLACK_MS = 1_000;

class TlsListener<Note> implements ListenerService {
  readonly name: string;
  readonly #deps: TlsListenerDeps<Note>;
  readonly #open: OpenConnections;
  readonly #handshakes = new Handshakes();
  readonly #entrance: Entrance;
  /** It is never bound: it is handed the connections that are TLS. */
  #tls: TlsServer | undefined;
  #server: Server | undefined;
  #watch: Disposable | undefined;
  #bound: Endpoint | undefined;
  #subscription: Disposable | undefined;
  /** Of the snapshot that new handshakes are made with. */
  #generation = 0;

  constructor(deps: TlsListenerDeps<Note>) {
    this.name = deps.name;
    this.#deps = deps;
    this.#open = new OpenConnections(deps);
    this.#entrance = createEntrance({
      proxies: deps.proxies,
      sniff: deps.plainRoomsFor !== undefined,
      handshakesPerTurn: deps.limits.handshakesPerTurn,
      onTls: ({ socket }) => {
        if (!socket.destroyed) this.#tls?.emit('connection', socket);
      },
      onPlain: (handshake) => this.#admitPlain(handshake),
      onRefused: ({ socket, remote }, { code, detail }) => {
        this.#handshakes.take(socket);
        socket.destroy();
        this.#deps.onRefused({ code, detail, remote });
      },
    });
  }

  async start(signal: AbortSignal): Promise<void> {
    const { credentials, limits, address } = this.#deps;
    const first = credentials.current();
    if (first === undefined) throw new Fault('RENEW_EXPIRED', `${this.name} was started without a certificate`);
    const tls = createTlsServer({
      ...serverTlsOptions(first),
      handshakeTimeout: limits.handshakeTime,
      ALPNProtocols: ['http/1.1'],
    });
    this.#generation = first.generation;
    this.#tls = tls;
    tls.on('secureConnection', (socket) => this.#onSecure(socket));
    tls.on('tlsClientError', (error, socket) => this.#onFailure(error, socket));
    // Nothing is read before it is known who reads it.
    const server = createServer({ pauseOnConnect: true, noDelay: true });
    this.#server = server;
    server.maxConnections = limits.connections;
    server.on('connection', (socket) => this.#onConnection(socket));
    server.on('drop', (ends) => this.#refuse('too many connections', endsOf(ends ?? {}).remote));
    this.#bound = await bindServer(server, address, signal);
    // Out of descriptors: libuv accepts and closes at once, so nothing spins.
    server.on('error', (error) => this.#refuse(error.message, { host: '', port: 0 }));
    this.#subscription = credentials.subscribe((next) => this.#replace(tls, next));
    this.#watch = this.#deps.ticker.watch(() => this.#endSilent());
  }

  async drain(deadline: Milliseconds): Promise<void> {
    await this.#open.drain({ grace: this.#deps.limits.grace, deadline }, () => this.#stopListening());
    this.#handshakes.destroy();
  }

  address(): Endpoint | undefined {
    return this.#bound;
  }

  size(): number {
    return this.#open.size;
  }

  recheck(): void {
    this.#open.recheck();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#stopListening();
    this.#open.destroy();
    this.#handshakes.destroy();
    return Promise.resolve();
  }

  #replace(server: TlsServer, next: Snapshot): void {
    try {
      replaceServerContext(server, next);
      this.#generation = next.generation;
    } catch (thrown) {
      const { code, detail } = Fault.from(thrown);
      this.#deps.log.error('new certificate not served, last good kept', { listener: this.name, code, detail });
    }
  }

  #onConnection(socket: Socket): void {
    const { limits, clock } = this.#deps;
    const handshake = this.#handshakes.add(socket, this.#generation, clock.monotonic());
    if (this.#handshakes.size > limits.handshakes) {
      // The oldest goes, never the newcomer: whoever is silent must not keep out whoever can finish.
      const oldest = this.#handshakes.takeOldest();
      this.#refuse('too many handshakes in progress, the oldest was ended', oldest?.remote ?? handshake.remote);
    }
    this.#entrance.enter(handshake);
  }

  #admitPlain({ socket, local, remote, source }: Handshake): void {
    this.#handshakes.take(socket);
    const { plainRoomsFor, plainHttp } = this.#deps;
    if (plainRoomsFor === undefined) return;
    socket.allowHalfOpen = true;
    const rooms = plainRoomsFor({ local, remote: source ?? remote });
    this.#open.serve(socket, { rooms, lifetime: undefined, http: plainHttp });
  }

  /** Those who have not said what TLS or plaintext begins with; once TLS has begun it counts the time itself. */
  #endSilent(): void {
    const { limits, clock } = this.#deps;
    for (const { remote } of this.#handshakes.takeOlder(clock.monotonic() - limits.handshakeTime - SLACK_MS))
      this.#deps.onRefused({ code: 'PEER_HANDSHAKE', detail: 'nothing came within timeouts.handshake', remote });
  }

  #onFailure(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    // Read here and never later: after a failed handshake most getters of this socket end the process.
    const authorization: unknown = socket.authorizationError;
    const handshake = this.#handshakes.take(socket);
    // Node leaves a timed-out socket open. Not at once: the alert is still on its way.
    setImmediate(() => socket.destroy());
    if (handshake === undefined) return;
    const cause = causeOf({
      error: error.code ?? error.message,
      authorization: typeof authorization === 'string' ? authorization : undefined,
    });
    this.#deps.onRefused({ ...cause, remote: handshake.remote });
  }

  #onSecure(socket: TLSSocket): void {
    const finished = this.#handshakes.finish(socket);
    if (finished === undefined || !socket.authorized) {
      socket.destroy();
      return;
    }
    const { handshake, leaf } = finished;
    try {
      this.#admit(socket, handshake, leaf);
    } catch (thrown) {
      // Whatever threw, it was made to by this client: it ends this connection, never the process.
      socket.destroy();
      this.#deps.log.error('a peer could not be judged', { listener: this.name, ...faultFields(thrown) });
      const { code, detail } = Fault.from(thrown);
      this.#deps.onRefused({ code, detail, remote: handshake.remote });
    }
  }

  #admit(socket: TLSSocket, handshake: Handshake, leaf: Buffer): void {
    const { local, generation, socket: tcp } = handshake;
    const remote = handshake.source ?? handshake.remote;
    // From here on a client that has ended its half still gets its answer; before, its end is the end.
    socket.allowHalfOpen = true;
    const peer = this.#deps.recognise(leaf);
    if (!peer.ok) {
      socket.destroy();
      this.#deps.onRefused({ ...peer.refusal, remote });
      return;
    }
    const { limits, clock, ticker } = this.#deps;
    const onBreach = (detail: string): void => this.#deps.onRefused({ code: 'PEER_PROTOCOL', detail, remote });
    watchConduct(socket, { tcp, ticker, onBreach });
    const name = peer.value.id.uri;
    if (!this.#open.makeRoom(name, limits.perPeer)) {
      socket.destroy();
      this.#refuse(`${limits.perPeer} connections of ${name}`, remote);
      return;
    }
    const rooms = this.#deps.roomsFor({ peer: peer.value, local, remote, generation });
    this.#open.serve(socket, { rooms, name, lifetime: lifetimeOf(peer.value.notAfter, limits, clock.now()) });
  }

  #refuse(detail: string, remote: Endpoint): void {
    this.#deps.onRefused({ code: 'LIMIT_CONNECTIONS', detail, remote });
  }

  #stopListening(): void {
    this.#subscription?.[Symbol.dispose]();
    this.#subscription = undefined;
    this.#watch?.[Symbol.dispose]();
    this.#entrance.close();
    if (this.#server?.listening === true) this.#server.close();
  }
}
