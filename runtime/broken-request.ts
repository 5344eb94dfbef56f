/** What a plain HTTP or HTTPS server does with a connection whose request it cannot read, or whose handshake failed. */
import type { Duplex } from 'node:stream';

/** Gives a request that could not be read, or came too slowly, one minimal answer and the end of the connection. Where TLS
 *  is not done no answer can be sent, and waiting for it would hold the socket for ever: it is destroyed. */
export function refuseBroken(error: Error, socket: Duplex): void {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (!socket.writable || !(code.startsWith('HPE_') || code.startsWith('ERR_HTTP_'))) {
    socket.destroy();
    return;
  }
  const status = code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
  socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
