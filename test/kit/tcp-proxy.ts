/**
 * An address of its own in front of a server, whose network a test can take away: it passes bytes on, swallows them, or
 * refuses connections, from one moment to the next and for open connections too.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** `hole`: connections are accepted and nothing ever comes back, as behind a firewall that drops. */
export type Network = 'pass' | 'hole' | 'refuse';

export interface TcpProxy extends AsyncDisposable {
  /** `host:port`; the same for all its life. */
  readonly address: string;
  /** Connections that were accepted so far. */
  accepted(): number;
  /** Of those, the ones that are open. */
  open(): number;
  become(network: Network): Promise<void>;
}

/** In front of `target`, passing. A function is asked at each connection: the server may get its address later. */
export async function startTcpProxy(target: string | (() => string), network: Network = 'pass'): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let state = network;
  let count = 0;
  let server = createServer();
  let port = 0;

  function keep(socket: Socket): Socket {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    return socket;
  }

  function accept(near: Socket): void {
    count += 1;
    keep(near);
    if (state === 'hole') {
      near.resume();
      return;
    }
    const to = typeof target === 'string' ? target : target();
    const at = to.lastIndexOf(':');
    const far = keep(connect(Number(to.slice(at + 1)), to.slice(0, at)));
    near.pipe(far).pipe(near);
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
  }

  async function listen(): Promise<void> {
    server = createServer(accept);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  }

  async function stop(): Promise<void> {
    for (const socket of sockets) socket.destroy();
    await closed(server);
  }

  await listen();
  if (state === 'refuse') await stop();
  return {
    address: `127.0.0.1:${port}`,
    accepted: () => count,
    open: () => sockets.size,
    async become(next) {
      const before = state;
      state = next;
      // What is open is lost in a silence that its ends must notice by themselves.
      if (next === 'hole') for (const socket of sockets) socket.unpipe().pause();
      if (next === 'refuse') await stop();
      if (before === 'hole' && next === 'pass') for (const socket of sockets) socket.destroy();
      if (before === 'refuse' && next !== 'refuse') await listen();
    },
    [Symbol.asyncDispose]: stop,
  };
}

async function closed(server: Server): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
