/** An issuer on loopback that lies on demand: it answers what the test says, and counts what it was asked. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';

import { encodePem } from '../../../core/x509/pem.ts';
import { createTestAuthority, issueTestLeaf } from '../../kit/x509.ts';
import { ecKey, keySetOf } from '../core/token/tokens.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export const json =
  (body: Buffer, headers: Readonly<Record<string, string>> = {}): Answer =>
  (_request, response) =>
    void response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body);

export const pem = (der: Buffer): string => encodePem('CERTIFICATE', der);

export async function serveIssuer(maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3') {
  const authority = createTestAuthority();
  const leaf = issueTestLeaf(authority, { dns: ['localhost'] });
  const key = leaf.key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const state: { answer: Answer; asked: number } = { answer: json(keySetOf(ecKey('k1'))), asked: 0 };
  const server: Server = createServer({ key, cert: pem(leaf.der), maxVersion }, (request, response) => {
    state.asked += 1;
    state.answer(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    state,
    server,
    authority,
    origin: `https://localhost:${address.port}`,
    url: `https://localhost:${address.port}/jwks.json`,
    trust: { ca: pem(authority.der) },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
