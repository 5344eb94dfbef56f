/**
 * A bound on the open connections of an HTTP or HTTPS server that does not shut newcomers out: where one more comes than
 * may be, one of those that were there before is ended, of the address that holds most the one that has done nothing for
 * longest. Whoever holds connections without a word ends his own. Reads nothing that is sent.
 */
import type { IncomingMessage } from 'node:http';
import type { Server, Socket } from 'node:net';

import { addressKeyOf } from './address-key.ts';

type Ends = Pick<Socket, 'remoteAddress' | 'remotePort'>;
/** By remote port, who has done nothing for longest first: a TLS socket and the one beneath it are two objects. */
type Group = Map<string, Socket>;

/** Keeps the server at `most` open connections. A request, and the end of a TLS handshake, count as doing something. */
export function boundConnections(server: Server, most: number): void {
  const groups = new Map<string, Group>();
  let size = 0;
  // What is ended counts until the turn of the loop is over; this bounds what one turn can bring.
  server.maxConnections = 2 * most;

  const remove = (group: Group, key: string, host: string): void => {
    if (!group.delete(key)) return;
    size -= 1;
    if (group.size === 0) groups.delete(host);
  };

  server.on('connection', (socket: Socket) => {
    // It was reset before it was looked at.
    if (socket.remotePort === undefined) {
      socket.destroy();
      return;
    }
    const [host, key] = placeOf(socket);
    const group = groups.get(host) ?? new Map<string, Socket>();
    groups.set(host, group.set(key, socket));
    size += 1;
    socket.once('close', () => {
      if (group.get(key) === socket) remove(group, key, host);
    });
    if (size <= most) return;
    const [crowded, largest] = largestOf(groups, [host, group]);
    const [oldest] = largest;
    if (oldest === undefined) return;
    remove(largest, oldest[0], crowded);
    oldest[1].destroy();
  });

  const toTheEnd = (ends: Ends): void => {
    const [host, key] = placeOf(ends);
    const group = groups.get(host);
    const socket = group?.get(key);
    if (group === undefined || socket === undefined) return;
    group.delete(key);
    group.set(key, socket);
  };
  server.on('secureConnection', toTheEnd);
  server.on('request', ({ socket }: IncomingMessage) => toTheEnd(socket));
}

function placeOf({ remoteAddress = '', remotePort = 0 }: Ends): readonly [host: string, key: string] {
  return [addressKeyOf(remoteAddress), `${remoteAddress} ${remotePort}`];
}

function largestOf(groups: ReadonlyMap<string, Group>, first: readonly [string, Group]): readonly [string, Group] {
  let largest = first;
  for (const each of groups) if (each[1].size > largest[1].size) largest = each;
  return largest;
}
