/** What the two listeners are given and what they give. Types only. */
import type { Outcome } from '../../core/fault/refusal.ts';
import type { Networks } from '../../core/identity/network.ts';
import type { Peer } from '../../core/identity/peer.ts';
import type { Milliseconds } from '../../core/time/units.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Log } from '../../runtime/log.ts';
import type { Snapshot } from '../credentials/snapshot.ts';
import type { ExchangeOptions } from '../forward/exchange.ts';
import type { ConnectionRooms } from '../forward/forwarding.ts';
import type { Endpoint, InboundConnection, LocalConnection, RefusedConnection } from './connection.ts';
import type { ServingDeps } from './open-connections.ts';

export interface ListenerLimits {
  /** Open at once, those in the handshake included; more are closed unseen. */
  readonly connections: number;
  /** Handshakes in progress: each holds the loop for 2 to 3 ms. */
  readonly handshakes: number;
  /** After that answers end the connection. */
  readonly maxAge: Milliseconds;
  /** After that much more it is cut. */
  readonly maxAgeGrace: Milliseconds;
  /** Open at once of one peer; beyond that its oldest idle one is ended, and without one the new one is closed. */
  readonly perPeer: number;
  /** Handshakes that are begun in one turn of the loop; more wait for the next. */
  readonly handshakesPerTurn: number;
  /** From the accept to the end of the handshake. */
  readonly handshakeTime: Milliseconds;
  /** How long a drain goes on accepting before it stops. */
  readonly grace: Milliseconds;
}

export interface TlsListenerDeps<Note> extends ServingDeps {
  readonly name: string;
  readonly address: Endpoint;
  readonly limits: ListenerLimits;
  readonly credentials: {
    current(): Snapshot | undefined;
    subscribe(tell: (next: Snapshot) => void): Disposable;
  };
  readonly log: Log;
  /** Where balancers are that send a PROXY header; undefined: nowhere. */
  readonly proxies?: Networks | undefined;
  /** Serves those who come without TLS; undefined: nobody does. Called once a connection. */
  readonly plainHttp?: ExchangeOptions | undefined;
  readonly plainRoomsFor?: ((connection: LocalConnection) => ConnectionRooms<Note>) | undefined;
  /** Judges the leaf that TLS has verified: `recognisePeer` with our trust domain and now. */
  recognise(leafDer: Buffer): Outcome<Peer>;
  /** Called once a connection, when its peer is known. */
  roomsFor(connection: InboundConnection): ConnectionRooms<Note>;
  /** PEER_NO_CERTIFICATE | PEER_UNTRUSTED | PEER_EXPIRED | PEER_HANDSHAKE | the refusal of `recognise` | LIMIT_CONNECTIONS,
   *  and PEER_PROTOCOL of a connection that was handed on. */
  onRefused(refused: RefusedConnection): void;
}

export interface LoopbackListenerDeps<Note> extends ServingDeps {
  readonly name: string;
  /** 127.0.0.0/8 or ::1; anything else is LIFE_PORT. */
  readonly address: Endpoint;
  readonly limits: Pick<ListenerLimits, 'connections' | 'grace'>;
  /** Called once a connection. */
  roomsFor(connection: LocalConnection): ConnectionRooms<Note>;
  /** LIMIT_CONNECTIONS. */
  onRefused(refused: RefusedConnection): void;
}

export interface ListenerService extends Service {
  /** Where it listens; port 0 of the configuration has become a real one. Undefined before the start. */
  address(): Endpoint | undefined;
  /** Connections that are served. */
  size(): number;
  /** Something was revoked: cuts the connections that may not go on. */
  recheck(): void;
}
