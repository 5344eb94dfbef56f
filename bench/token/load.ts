/**
 * Offers requests to a server from a process of its own: keep-alive connections of mutual TLS 1.3, one request at a time
 * each, written as bytes that were made before. Its parent measures. Entry: never imported.
 */
import { connect, type TLSSocket } from 'node:tls';

export interface Identity {
  /** PEM. Secret. */
  readonly key: string;
  /** PEM. */
  readonly chain: string;
  /** PEM. */
  readonly roots: string;
}

export interface Order {
  readonly port: number;
  readonly identity: Identity;
  readonly connections: number;
  /** Whole requests; each connection begins at another place of the list and goes round. */
  readonly requests: readonly string[];
  /** Answers to wait for, all connections together. */
  readonly count: number;
}

/** How many answers there were of each status. */
export interface Report {
  readonly seconds: number;
  readonly statuses: Readonly<Record<string, number>>;
}

const END_OF_HEAD = '\r\n\r\n';

async function offer({ port, identity, connections, requests, count }: Order): Promise<Report> {
  const bytes = requests.map((text) => Buffer.from(text, 'latin1'));
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port, identity)));
  const statuses: Record<string, number> = {};
  let left = count;
  const begin = performance.now();
  await Promise.all(
    sockets.map((socket, place) => {
      const next = roundRobin(bytes, place * Math.ceil(bytes.length / connections));
      return drive(socket, next, (status) => {
        statuses[status] = (statuses[status] ?? 0) + 1;
        left -= 1;
        return left > 0;
      });
    }),
  );
  const seconds = (performance.now() - begin) / 1000;
  for (const socket of sockets) socket.destroy();
  return { seconds, statuses };
}

function roundRobin(items: readonly Buffer[], start: number): () => Buffer {
  let place = start;
  return () => items[place++ % items.length] ?? Buffer.alloc(0);
}

function open(port: number, { key, chain, roots }: Identity): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', key, cert: chain, ca: roots });
    socket.setNoDelay(true);
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Writes one request after the other until `onStatus` has enough. Rejects when the connection ends before. */
function drive(socket: TLSSocket, next: () => Buffer, onStatus: (status: string) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let held = '';
    socket.on('data', (chunk: Buffer) => {
      held += chunk.toString('latin1');
      const length = lengthOf(held);
      if (length === undefined || held.length < length) return;
      const status = held.slice(9, 12);
      held = held.slice(length);
      if (onStatus(status)) socket.write(next());
      else resolve();
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the server closed a connection')));
    socket.write(next());
  });
}

/** Bytes of the whole answer; undefined while its head is not complete. The answers measured here say their length. */
function lengthOf(text: string): number | undefined {
  const end = text.indexOf(END_OF_HEAD);
  if (end === -1) return undefined;
  const body = /^content-length: *(\d+)/im.exec(text.slice(0, end))?.[1] ?? '0';
  return end + END_OF_HEAD.length + Number(body);
}

if (process.send !== undefined) {
  process.on('message', (order: Order) => {
    offer(order).then(
      (answer) => process.send?.({ ok: true, answer }),
      (cause: unknown) => process.send?.({ ok: false, reason: String(cause) }),
    );
  });
}
