/** Many mutual-TLS connections to a sidecar that stay open, as clients with a pool hold them: raw, so that nothing reopens. */
import { once } from 'node:events';
import { connect, createSecureContext, type TLSSocket } from 'node:tls';

import { clientContextOptions, type TlsIdentity } from '../../runtime/tls-options.ts';

export interface HeldConnections extends Disposable {
  readonly size: number;
  /** Those that have not been closed. */
  open(): number;
  /** Resolves when the last one is closed. */
  readonly allClosed: Promise<void>;
  /** One request on each of the first `count`; gives the statuses, 0 for one that was closed. */
  ask(count: number): Promise<readonly number[]>;
}

export interface Holding {
  readonly port: number;
  readonly identity: TlsIdentity;
  /** Secret. */
  readonly token: string;
  readonly count: number;
  /** `stream`: half of a request body was sent, and the app waits for the rest. */
  readonly state: 'idle' | 'stream';
}

/** Handshakes at once: each costs both ends some milliseconds. */
const AT_ONCE = 16;

/** Resolves when all are open; each idle one has had one answer. */
export async function holdConnections(holding: Holding): Promise<HeldConnections> {
  const secureContext = createSecureContext(clientContextOptions(holding.identity));
  const sockets: TLSSocket[] = [];
  while (sockets.length < holding.count) {
    const some = Math.min(AT_ONCE, holding.count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: some }, () => open(holding, secureContext)))));
  }
  const isOpen = (socket: TLSSocket): boolean => !socket.destroyed && !socket.readableEnded;
  const closed = sockets.map(async (socket) => {
    if (isOpen(socket)) await once(socket, 'close');
  });
  return {
    size: sockets.length,
    open: () => sockets.filter(isOpen).length,
    allClosed: Promise.all(closed).then(() => undefined),
    ask: (count) => Promise.all(sockets.slice(0, count).map((socket) => askOn(socket, holding.token))),
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function open({ port, token, state }: Holding, secureContext: ReturnType<typeof createSecureContext>) {
  // Whose the server is, other suites ask; here it is trusted by its chain.
  const options = {
    host: '127.0.0.1',
    port,
    servername: 'localhost',
    secureContext,
    checkServerIdentity: () => undefined,
  };
  const socket = connect(options);
  socket.on('error', () => socket.destroy());
  await once(socket, 'secureConnect');
  if (state === 'stream') {
    socket.resume();
    socket.write(head('POST', token, 'Content-Length: 8\r\n') + 'half');
    return socket;
  }
  const status = await askOn(socket, token);
  if (status !== 200) throw new Error(`a connection that should be held was answered ${status}`);
  return socket;
}

const head = (method: string, token: string, fields = ''): string =>
  `${method} /payments HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n${fields}\r\n`;

/** The status of one whole answer, which has a Content-Length; 0 where the connection was closed instead. */
function askOn(socket: TLSSocket, token: string): Promise<number> {
  if (socket.destroyed) return Promise.resolve(0);
  return new Promise((resolve) => {
    let text = '';
    const settle = (status: number): void => {
      socket.off('data', onData);
      socket.off('close', onClose);
      resolve(status);
    };
    const onData = (bytes: Buffer): void => {
      text += bytes.toString('latin1');
      const [, status, length, body] = ANSWER.exec(text) ?? [];
      if (body?.length === Number(length)) settle(Number(status));
    };
    const onClose = (): void => settle(0);
    socket.on('data', onData);
    socket.once('close', onClose);
    socket.write(head('GET', token));
  });
}

const ANSWER = /^HTTP\/1\.1 (\d{3})[^]*?\r\ncontent-length: (\d+)(?=\r\n)[^]*?\r\n\r\n([^]*)$/i;
