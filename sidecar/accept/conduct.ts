/**
 * What a known peer may not do below HTTP: send a message that TLS 1.3 does not have once the handshake is done (A-004,
 * A-067), or records that carry nothing, each of which OpenSSL may answer and Node queues without a limit.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import type { Ticker } from '../io/ticker.ts';

export interface ConductDeps {
  /** The socket below TLS. */
  readonly tcp: Pick<Socket, 'bytesRead'>;
  readonly ticker: Ticker;
  /** Called once, when the connection is ended for its conduct. */
  readonly onBreach: (detail: string) => void;
}

/** Bytes that may carry nothing in the life of a connection: more than two thousand changes of its key. */
const FREE_BYTES = 65_536;
/** Bytes for each one that they carry. A record of one byte has 23. */
const MOST_PER_BYTE = 32;

/** Watches a connection from the end of its handshake, and ends it at the first breach. */
export function watchConduct(socket: TLSSocket, { tcp, ticker, onBreach }: ConductDeps): void {
  const begun = tcp.bytesRead;
  const watch = ticker.watch(() => {
    if (tcp.bytesRead - begun <= FREE_BYTES + MOST_PER_BYTE * socket.bytesRead) return;
    socket.destroy();
    onBreach('records that carry nothing');
  });
  socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => {
    if (code.startsWith('ERR_SSL_')) onBreach(code);
  });
  socket.once('close', () => watch[Symbol.dispose]());
}
