/**
 * A bound on the open connections of an HTTP or HTTPS server that does not shut newcomers out: where one more comes than
 * may be, one of those that were there before is ended, of the site and the address that hold most the one that has done
 * nothing for longest. Whoever holds connections without a word ends his own. Reads nothing that is
 * sent.
 */
import type { IncomingMessage } from 'node:http';
import type { Server, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import { addressKeyOf, siteKeyOf } from './address-key.ts';

/** One open connection, and where it comes from. */
export interface Place {
  /** The address, as `addressKeyOf` has it. */
  readonly address: string;
  /** What holds many addresses, as `siteKeyOf` has it. */
  readonly site: string;
  /** A client certificate was verified on it. */
  readonly isVerified: boolean;
}

type Open = Place & { readonly socket: Socket };

/** Keeps the server at `most` open connections. A request, and the end of a TLS handshake, count as doing something. */
export function boundConnections(server: Server, most: number): void {
  /** By address and port, since a TLS socket and the one beneath it are two objects; who has done nothing for longest first. */
  const open = new Map<string, Open>();
  // What is ended counts until the turn of the loop is over; this bounds what one turn can bring.
  server.maxConnections = 2 * most;

  server.on('connection', (socket: Socket) => {
    // It was reset before it was looked at.
    if (socket.remotePort === undefined) {
      socket.destroy();
      return;
    }
    const { remoteAddress = '' } = socket;
    const key = keyOf(socket);
    open.set(key, {
      socket,
      address: addressKeyOf(remoteAddress),
      site: siteKeyOf(remoteAddress),
      isVerified: false,
    });
    socket.once('close', () => {
      if (open.get(key)?.socket === socket) open.delete(key);
    });
    const ended = open.size > most ? chooseEnded([...open.values()]) : undefined;
    if (ended === undefined) return;
    open.delete(keyOf(ended.socket));
    ended.socket.destroy();
  });

  const toTheEnd = (socket: Socket, isVerified?: boolean): void => {
    const key = keyOf(socket);
    const held = open.get(key);
    if (held === undefined) return;
    open.delete(key);
    open.set(key, { ...held, isVerified: isVerified ?? held.isVerified });
  };
  server.on('secureConnection', (socket: TLSSocket) => toTheEnd(socket, socket.authorized));
  server.on('request', ({ socket }: IncomingMessage) => toTheEnd(socket));
}

/** Which of the connections gives way to the last of them, the newcomer: never that one, so that many addresses with one
 *  each shut nobody out. `open`: idle for longest first. One with a verified certificate stays where another can go instead.
 *  Undefined: the newcomer is alone. Cost: linear. */
export function chooseEnded<P extends Place>(open: readonly P[]): P | undefined {
  const crowd = mostOf(
    mostOf(open, ({ site }) => site),
    ({ address }) => address,
  );
  const newcomer = open.at(-1);
  const others = crowd.filter((one) => one !== newcomer);
  return others.find(({ isVerified }) => !isVerified) ?? others[0];
}

/** Those of the groups, several on a tie, that are the largest. */
function mostOf<P>(all: readonly P[], group: (one: P) => string): readonly P[] {
  const sizes = new Map<string, number>();
  for (const one of all) sizes.set(group(one), (sizes.get(group(one)) ?? 0) + 1);
  const most = Math.max(...sizes.values());
  return all.filter((one) => sizes.get(group(one)) === most);
}

const keyOf = ({ remoteAddress = '', remotePort = 0 }: Socket): string => `${remoteAddress} ${remotePort}`;
