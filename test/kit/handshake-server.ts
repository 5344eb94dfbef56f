/**
 * A process (`fork` it with `--expose-gc`) that takes mutual handshakes with the product's own options, reads the leaf as
 * the product does and ends each connection. It sends what a client needs, then, for each message that comes, its resident
 * bytes after a collection.
 */
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';

import { encodePem } from '../../core/x509/pem.ts';
import { peerLeaf } from '../../runtime/peer-leaf.ts';
import { mutualServerOptions } from '../../runtime/tls-options.ts';
import { createTestAuthority, issueTestLeaf } from './x509.ts';

/** The first message. */
export interface HandshakeServer {
  readonly port: number;
  /** PEM texts. */
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

if (process.send !== undefined) serve(process.send.bind(process));

function serve(send: (message: HandshakeServer | number) => void): void {
  const authority = createTestAuthority();
  const [own, client] = [issueTestLeaf(authority), issueTestLeaf(authority)];
  const options = mutualServerOptions({ key: own.key, chain: [own.der], roots: [authority.der] });
  const server = createServer(options, (socket) => {
    peerLeaf(socket);
    socket.on('error', () => undefined).end('.');
  });
  server.listen(0, '127.0.0.1', () =>
    send({
      port: (server.address() as AddressInfo).port,
      key: client.key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      cert: encodePem('CERTIFICATE', client.der),
      ca: encodePem('CERTIFICATE', authority.der),
    }),
  );
  process.on('message', () => {
    globalThis.gc?.();
    setImmediate(() => {
      globalThis.gc?.();
      send(process.memoryUsage.rss());
    });
  });
}
