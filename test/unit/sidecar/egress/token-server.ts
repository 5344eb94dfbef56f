/** A token endpoint of a test: HTTPS with the certificate that the test says, asking for the client's; it keeps what it was
 *  asked, and answers what the test says. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';

import { encodePem } from '../../../../core/x509/pem.ts';
import type { Snapshot } from '../../../../sidecar/credentials/snapshot.ts';

export interface Asked {
  readonly method: string;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly form: Readonly<Record<string, string>>;
  /** `x5t#S256` of the certificate that was shown. */
  readonly thumbprint: string | undefined;
  /** TLS connections so far, this one included. */
  readonly connection: number;
  /** Whether the session of an earlier one was taken up. */
  readonly isResumed: boolean;
}

export interface Said {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface TokenServer extends AsyncDisposable {
  readonly url: string;
  readonly asked: Asked[];
  /** What it answers from now on; a text is sent as it is. */
  answer: (asked: Asked) => Said | Promise<Said>;
}

/** Serves as `own`, and takes clients of its roots; `isMutual` false: it asks for no certificate. */
export async function startTokenServer(own: Snapshot, isMutual = true): Promise<TokenServer> {
  const asked: Asked[] = [];
  let connections = 0;
  const server = createServer(
    {
      key: own.key.export({ type: 'pkcs8', format: 'pem' }),
      cert: own.chain.map((der) => encodePem('CERTIFICATE', der)).join(''),
      ca: own.roots.map((der) => encodePem('CERTIFICATE', der)),
      requestCert: isMutual,
      rejectUnauthorized: isMutual,
      // As an authorization server of others would: it offers sessions.
      minVersion: 'TLSv1.2',
    },
    (request, response) => {
      void (async () => {
        const one = await read(request, connections);
        asked.push(one);
        const { status = 200, headers = {}, body } = await world.answer(one);
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
      })();
    },
  );
  server.on('secureConnection', () => {
    connections += 1;
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const world: TokenServer = {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    asked,
    answer: () => ({ status: 400, body: { error: 'invalid_request' } }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return world;
}

async function read(request: IncomingMessage, connection: number): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const socket = request.socket as TLSSocket;
  const { raw } = socket.getPeerCertificate();
  const form = new URLSearchParams(Buffer.concat(chunks).toString());
  return {
    method: request.method ?? '',
    authorization: request.headers.authorization,
    contentType: request.headers['content-type'],
    form: Object.fromEntries(form),
    thumbprint: raw === undefined ? undefined : createHash('sha256').update(raw).digest('base64url'),
    connection,
    isResumed: socket.isSessionReused(),
  };
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** What our CA answers: a token for this audience, bound to whoever asked; `claims` replace what it says. */
export function boundAnswer(asked: Asked, claims: object = {}): Said {
  const exp = Math.floor(Date.now() / 1000) + 300;
  const body = { aud: asked.form['audience'], exp, cnf: { 'x5t#S256': asked.thumbprint }, ...claims };
  const header = part({ alg: 'ES256', typ: 'at+jwt' });
  const token = `${header}.${part(body)}.${Buffer.alloc(64).toString('base64url')}`;
  const issued = asked.form['subject_token'] === undefined ? {} : { issued_token_type: `${URN}access_token` };
  return { body: { access_token: token, token_type: 'Bearer', expires_in: 300, ...issued } };
}

export const URN = 'urn:ietf:params:oauth:token-type:';

/** A JWT of somebody else; nobody here looks at its signature. */
export function foreignToken(claims: object): string {
  return `${part({ alg: 'ES256' })}.${part(claims)}.${Buffer.alloc(64, 1).toString('base64url')}`;
}
