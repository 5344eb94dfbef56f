/**
 * The admin server: health, readiness and metrics over plain HTTP, and nothing else. It tells names and numbers
 * that anyone in the cluster may know; what changes or explains anything is on the control socket.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { Fault } from '../core/fault/fault.ts';
import { refuseBroken } from './broken-request.ts';
import { type Address, formatAddress } from './config/address.ts';
import { boundConnections } from './connection-bound.ts';
import type { Service } from './lifecycle.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Readiness } from './readiness.ts';

export interface AdminServer extends Service {
  /** Where it listens: the port that was taken where port 0 was asked for. Undefined before start. */
  address(): Address | undefined;
}

/** Serves `/startupz`, `/readyz`, `/livez` and `/metrics` by GET and HEAD. `start` throws LIFE_PORT. */
export function createAdminServer(deps: {
  readonly address: Address;
  readonly readiness: Pick<Readiness, 'pending' | 'isReady' | 'isStarted'>;
  readonly metrics: Pick<Metrics, 'render'>;
  readonly log: Log;
}): AdminServer {
  const pages: Readonly<Record<string, () => Page>> = {
    '/startupz': () => statusPage(deps.readiness.isStarted(), deps.readiness.pending()),
    '/readyz': () => statusPage(deps.readiness.isReady(), deps.readiness.pending()),
    '/livez': () => statusPage(true, []),
    '/metrics': () => ({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: deps.metrics.render() }),
  };
  const server = createServer(BOUNDS, (request, response) => answer(request, response, pages));
  boundConnections(server, CONNECTIONS_MOST);
  server.maxHeadersCount = FIELDS_MOST;
  server.on('clientError', refuseBroken);
  return {
    name: 'admin',
    address: () => boundAddress(server),
    async start() {
      await listen(server, deps.address);
      deps.log.info('admin listens', { address: formatAddress(boundAddress(server) ?? deps.address) });
    },
    // Answers until the very end: whoever watches the drain asks here.
    drain: () => Promise.resolve(),
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** More than one turn of the loop takes from the queue of the kernel, so that a newcomer is not ended before it is read. */
const CONNECTIONS_MOST = 512;
const FIELDS_MOST = 64;
const BOUNDS = {
  headersTimeout: 5000,
  requestTimeout: 5000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 8192,
} as const;

function statusPage(isWell: boolean, pending: readonly string[]): Page {
  const body = `${JSON.stringify({ ok: isWell, pending })}\n`;
  return { status: isWell ? 200 : 503, type: 'application/json', body };
}

function answer(request: IncomingMessage, response: ServerResponse, pages: Readonly<Record<string, () => Page>>): void {
  const page = judge(request, pages);
  const headers: Record<string, string> = { 'content-type': page.type, 'cache-control': 'no-store' };
  if (page.status === 405) headers['allow'] = 'GET, HEAD';
  // Whoever sends what we do not read gets no second request on this connection.
  if (page.status >= 400 && page.status < 500) headers['connection'] = 'close';
  response.writeHead(page.status, { ...headers, 'content-length': String(Buffer.byteLength(page.body)) });
  response.end(request.method === 'HEAD' ? undefined : page.body);
}

function judge(request: IncomingMessage, pages: Readonly<Record<string, () => Page>>): Page {
  // Fields beyond the bound are hidden from us and still frame the body (CVE-2026-58044).
  if (request.rawHeaders.length / 2 >= FIELDS_MOST) return plainPage(431);
  if (request.method !== 'GET' && request.method !== 'HEAD') return plainPage(405);
  if (request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined)
    return plainPage(400);
  const path = request.url?.split('?', 1)[0] ?? '';
  const page = pages[path];
  return page === undefined ? plainPage(404) : page();
}

function plainPage(status: number): Page {
  return { status, type: 'text/plain', body: `${status}\n` };
}

function boundAddress(server: Server): Address | undefined {
  const bound = server.address();
  return bound === null || typeof bound === 'string' ? undefined : { host: bound.address, port: bound.port };
}

function listen(server: Server, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (cause: Error): void => {
      reject(new Fault('LIFE_PORT', `cannot listen on ${formatAddress({ host, port })}: ${cause.message}`, { cause }));
    };
    server.once('error', onError);
    server.listen({ host, port }, () => {
      server.off('error', onError);
      resolve();
    });
  });
}
