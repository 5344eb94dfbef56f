/**
 * The HTTPS listener for what is not gRPC: the JWK Set, the SPIFFE bundle document and the revocation list, which are public,
 * and the token service. Of a request for something public it reads method and path alone. A client certificate is taken
 * where one is shown; only the token service looks at it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';

import { Fault } from '../../core/fault/fault.ts';
import { refuseBroken } from '../../runtime/broken-request.ts';
import { formatAddress, type Address } from '../../runtime/config/address.ts';
import { boundConnections } from '../../runtime/connection-bound.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Log } from '../../runtime/log.ts';
import { refusePipelining } from '../../runtime/pipelining.ts';
import { invitingServerOptions, type TlsIdentity } from '../../runtime/tls-options.ts';
import type { ServingIdentity } from '../trust/serving.ts';
import type { OAuthHandler } from './oauth.ts';

export interface HttpsServer extends Service {
  /** Where it listens; undefined before start. */
  address(): Address | undefined;
}

export interface PublicFile {
  readonly mediaType: string;
  read(): Buffer | undefined;
}

export interface HttpsDeps {
  readonly address: Address;
  readonly serving: Pick<ServingIdentity, 'current' | 'subscribe'>;
  /** Path -> JSON document of now. */
  readonly documents: Readonly<Record<string, () => object>>;
  /** Path -> file of now; undefined: there is none, which is answered with 503. */
  readonly files: Readonly<Record<string, PublicFile>>;
  /** Undefined: there is no token service. */
  readonly oauth: OAuthHandler | undefined;
  readonly log: Log;
}

/** A reader that missed a change learns it within this many seconds. */
const MAX_AGE_SECONDS = 300;
const CONNECTIONS_MOST = 512;
const FIELDS_MOST = 64;
const BOUNDS = {
  handshakeTimeout: 5000,
  headersTimeout: 5000,
  requestTimeout: 5000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 8192,
} as const;

/** The listener. `start` throws LIFE_PORT. */
export function createHttpsServer({ address, serving, documents, files, oauth, log }: HttpsDeps): HttpsServer {
  let server: Server | undefined;
  let rotation: Disposable | undefined;
  const bound = (): Address | undefined => {
    const found = server?.address();
    return found === null || found === undefined || typeof found === 'string'
      ? undefined
      : { host: found.address, port: found.port };
  };
  return {
    name: 'https',
    address: bound,
    async start(signal) {
      signal.throwIfAborted();
      const trust = createTrustMemory(serving.current());
      const listener = refusePipelining((request, response) => {
        answer(request, response, { documents, files, oauth, isOld: trust.isOld(request.socket) });
      });
      server = createServer({ ...invitingServerOptions(serving.current()), ...BOUNDS }, listener);
      server.on('secureConnection', (socket) => trust.remember(socket));
      boundConnections(server, CONNECTIONS_MOST);
      server.maxHeadersCount = FIELDS_MOST;
      server.on('clientError', refuseBroken);
      await listen(server, address);
      // All options each time: what is not given is reset.
      rotation = serving.subscribe((identity) => {
        trust.adopt(identity);
        server?.setSecureContext(invitingServerOptions(identity));
      });
      log.info('https listens', { address: formatAddress(bound() ?? address) });
    },
    async drain(deadline) {
      if (server === undefined) return;
      const closed = close(server);
      server.closeIdleConnections();
      const late = setTimeout(() => server?.closeAllConnections(), deadline);
      await closed;
      clearTimeout(late);
    },
    async [Symbol.asyncDispose]() {
      rotation?.[Symbol.dispose]();
      if (server?.listening !== true) return;
      server.closeAllConnections();
      await close(server);
    },
  };
}

/** Which connections were made under the roots of now. */
function createTrustMemory(first: TlsIdentity) {
  const digestOf = ({ roots }: TlsIdentity): string => roots.map((root) => root.toString('base64')).join();
  const made = new WeakMap<object, string>();
  let current = digestOf(first);
  return {
    remember: (socket: object): void => void made.set(socket, current),
    adopt: (identity: TlsIdentity): void => void (current = digestOf(identity)),
    isOld: (socket: object): boolean => made.get(socket) !== current,
  };
}

interface Public extends Pick<HttpsDeps, 'documents' | 'files' | 'oauth'> {
  /** The certificate of the connection was verified against roots that may be gone by now: whoever wants a token connects again. */
  readonly isOld: boolean;
}

function answer(request: IncomingMessage, response: ServerResponse, served: Public): void {
  if (request.method === 'POST' && isForOAuth(request, served) && !served.isOld) {
    void served.oauth?.handle(request, response);
    return;
  }
  const judged = judge(request, served);
  const found = judged === 200 ? contentOf(request.url ?? '', served) : undefined;
  const status = judged === 200 && found === undefined ? 503 : judged;
  const { mediaType, body } = found ?? { mediaType: 'text/plain', body: Buffer.from(`${status}\n`) };
  response.writeHead(status, {
    'content-type': mediaType,
    'content-length': String(body.length),
    'cache-control': found === undefined ? 'no-store' : `max-age=${MAX_AGE_SECONDS}`,
    ...(status === 405 ? { allow: isForOAuth(request, served) ? 'POST' : 'GET, HEAD' } : {}),
    ...(status === 503 ? { 'retry-after': '1' } : {}),
    // Whoever sends what we do not read gets no second request on this connection.
    ...(status === 200 ? {} : { connection: 'close' }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function contentOf(url: string, { documents, files }: Public): { mediaType: string; body: Buffer } | undefined {
  if (Object.hasOwn(documents, url))
    return { mediaType: 'application/json', body: Buffer.from(`${JSON.stringify(documents[url]?.())}\n`) };
  const body = files[url]?.read();
  return body && { mediaType: files[url]?.mediaType ?? '', body };
}

function isForOAuth({ rawHeaders, url }: IncomingMessage, { oauth }: Public): boolean {
  return oauth?.serves(url?.split('?', 1)[0] ?? '') === true && rawHeaders.length / 2 < FIELDS_MOST;
}

function judge(request: IncomingMessage, served: Public): number {
  const { documents, files } = served;
  // Fields beyond the bound are hidden from us and still frame the body (CVE-2026-58044).
  if (request.rawHeaders.length / 2 >= FIELDS_MOST) return 431;
  const url = request.url ?? '';
  if (isForOAuth(request, served)) return request.method === 'POST' ? 503 : 405;
  if (!Object.hasOwn(documents, url) && !Object.hasOwn(files, url)) return 404;
  if (request.method !== 'GET' && request.method !== 'HEAD') return 405;
  if (request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined) return 400;
  return 200;
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

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
