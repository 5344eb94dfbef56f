/**
 * The app of pod `payments`: plain HTTP on 127.0.0.1, as an app behind a sidecar is. It answers what it was told about the
 * caller and counts every request that reached it, so that the story can show which ones did not.
 * It knows nothing of TLS, tokens or certificates.
 *
 * Usage: demo-payments PORT
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

const LARGEST_BODY = 64 * 1024;

interface Seen {
  count: number;
  /** The last request, as it arrived: names and values in order. */
  last: { readonly method: string; readonly path: string; readonly rawHeaders: readonly string[] } | undefined;
}

serve(Number(process.argv[2]));

function serve(port: number): void {
  const seen: Seen = { count: 0, last: undefined };
  const server = createServer((request, response) => {
    // The story reads the count on the app's own port; policy admits no such path through the sidecar.
    if (request.url === '/seen') return answer(response, 200, seen);
    seen.count += 1;
    seen.last = { method: request.method ?? '', path: request.url ?? '', rawHeaders: request.rawHeaders };
    receive(request, response);
  });
  server.listen(port, '127.0.0.1', () => console.log(JSON.stringify({ msg: 'app ready' })));
  process.once('SIGTERM', () => {
    server.close();
    server.closeAllConnections();
  });
}

function receive(request: IncomingMessage, response: ServerResponse): void {
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > LARGEST_BODY) request.destroy();
  });
  request.on('end', () =>
    answer(response, 200, {
      service: 'payments',
      method: request.method,
      path: request.url,
      received: size,
      caller: request.headers['cleat-caller'],
      binding: request.headers['cleat-binding'],
      requestId: request.headers['cleat-request-id'],
    }),
  );
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  const text = `${JSON.stringify(body)}\n`;
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text);
}
