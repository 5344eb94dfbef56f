/** An app that keeps the bytes it gets, and answers each message that is whole by a strict reading of its own. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

export interface RecordingApp extends AsyncDisposable {
  readonly port: number;
  /** All bytes since the last call, of each connection that got some. */
  take(): readonly string[];
}

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Listens on a free port of loopback. */
export async function startRecordingApp(): Promise<RecordingApp> {
  const got = new Map<Socket, string>();
  const answered = new WeakMap<Socket, number>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (bytes: Buffer) => {
      const text = (got.get(socket) ?? '') + bytes.toString('latin1');
      got.set(socket, text);
      const end = endOfMessage(text, answered.get(socket) ?? 0);
      if (end === undefined) return;
      answered.set(socket, end);
      socket.write(ANSWER);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    take() {
      const all = [...got.values()].filter((text) => text !== '');
      for (const socket of got.keys()) answered.set(socket, 0);
      got.clear();
      return all;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Where the message that begins at `from` ends; undefined while it is not whole. */
function endOfMessage(text: string, from: number): number | undefined {
  const head = text.indexOf('\r\n\r\n', from);
  if (head === -1) return undefined;
  const fields = text.slice(from, head).toLowerCase();
  const body = head + 4;
  if (fields.includes('\r\ntransfer-encoding:')) {
    const last = text.indexOf('0\r\n\r\n', body);
    return last === -1 ? undefined : last + 5;
  }
  const end = body + Number(/\r\ncontent-length: *(\d+)/.exec(fields)?.[1] ?? 0);
  return text.length >= end ? end : undefined;
}
