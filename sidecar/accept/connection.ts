/** The facts of an accepted connection, copied once: nothing asks the socket again. */
import type { Refusal } from '../../core/fault/refusal.ts';
import type { Peer } from '../../core/identity/peer.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** A plaintext connection from inside the pod. */
export interface LocalConnection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
}

/** A connection whose peer is known: TLS verified its chain, and its leaf is a valid X.509-SVID. */
export interface InboundConnection extends LocalConnection {
  readonly peer: Peer;
  /** Generation of the snapshot that this handshake was made with. */
  readonly generation: number;
}

/** A connection that was turned away before any request: what the metric and the log get. */
export interface RefusedConnection extends Refusal {
  readonly remote: Endpoint;
}
