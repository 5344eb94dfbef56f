/**
 * Handshakes in progress: what is known of each before there is a peer. Node hands out the TCP socket first and the TLS
 * socket at the end, and a refused one has forgotten its address by then, so the facts are kept here meanwhile.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import { peerLeaf } from '../../runtime/peer-leaf.ts';
import { endsOf, type SocketEnds } from './bound-server.ts';
import type { Endpoint } from './connection.ts';

export interface Handshake {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Of the snapshot that the TLS context was made from. */
  readonly generation: number;
  /** The one below TLS. */
  readonly socket: Socket;
  /** Monotonic time of the accept. */
  readonly since: number;
  /** Who a balancer says that it is; `remote` is the balancer then. */
  source?: Endpoint | undefined;
}

export class Handshakes {
  readonly #running = new Map<string, Handshake>();

  get size(): number {
    return this.#running.size;
  }

  add(socket: Socket, generation: number, since: number): Handshake {
    const entry: Handshake = { ...endsOf(socket), generation, socket, since };
    const key = keyOf(entry.remote);
    this.#running.set(key, entry);
    socket.once('close', () => {
      // The failure is told after the close of the socket beneath, in the same turn of the loop.
      setImmediate(() => {
        if (this.#running.get(key) === entry) this.#running.delete(key);
      });
    });
    return entry;
  }

  /** Gives the facts of the handshake that this TLS socket ends; undefined where it was told already. */
  take(socket: SocketEnds): Handshake | undefined {
    const key = socket.remotePort === undefined ? this.#closedKey() : keyOf(endsOf(socket).remote);
    if (key === undefined) return undefined;
    const entry = this.#running.get(key);
    this.#running.delete(key);
    return entry;
  }

  /** The same for one that has ended well, with the certificate that was shown (DER). */
  finish(socket: TLSSocket): { readonly handshake: Handshake; readonly leaf: Buffer } | undefined {
    const handshake = this.take(socket);
    const leaf = peerLeaf(socket);
    return handshake === undefined || leaf === undefined ? undefined : { handshake, leaf };
  }

  /** Ends those that are older than this, and gives their facts. */
  takeOlder(than: number): readonly Handshake[] {
    const old = [...this.#running].filter(([, { since }]) => since < than);
    for (const [key, { socket }] of old) {
      this.#running.delete(key);
      socket.destroy();
    }
    return old.map(([, entry]) => entry);
  }

  /** Ends the one that began first and gives its facts. */
  takeOldest(): Handshake | undefined {
    const [first] = this.#running;
    if (first === undefined) return undefined;
    const [key, entry] = first;
    this.#running.delete(key);
    entry.socket.destroy();
    return entry;
  }

  destroy(): void {
    for (const { socket } of this.#running.values()) socket.destroy();
  }

  #closedKey(): string | undefined {
    for (const [key, { socket }] of this.#running) if (socket.destroyed) return key;
    return undefined;
  }
}

function keyOf({ host, port }: Endpoint): string {
  return `${host} ${port}`;
}
