/** Connections of one address that say a few bytes, or nothing, and then wait: what keeps others out of a weak server. */
import { once } from 'node:events';
import { connect } from 'node:net';

export interface SilentCrowd extends AsyncDisposable {
  /** Waits until at least as many of them were closed. */
  closed(count: number): Promise<void>;
}

/** All of them, connected. Some may be closed already. */
export async function holdSilent(crowd: {
  readonly port: number;
  readonly count: number;
  /** Address of the loopback network that they come from. */
  readonly from: string;
  readonly say: string | Buffer;
}): Promise<SilentCrowd> {
  const { port, count, from, say } = crowd;
  let gone = 0;
  let onClosed: () => void = () => undefined;
  const sockets = Array.from({ length: count }, () => {
    const socket = connect({ host: '127.0.0.1', port, localAddress: from });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      gone += 1;
      onClosed();
    });
    return socket;
  });
  await Promise.all(
    sockets.map(async (socket) => {
      await once(socket, 'connect');
      socket.write(say);
    }),
  );
  return {
    closed: (least) =>
      new Promise((resolve) => {
        onClosed = () => {
          if (gone >= least) resolve();
        };
        onClosed();
      }),
    async [Symbol.asyncDispose]() {
      const open = sockets.filter(({ closed }) => !closed);
      const ends = open.map((socket) => once(socket, 'close'));
      for (const socket of open) socket.destroy();
      await Promise.all(ends);
    },
  };
}
