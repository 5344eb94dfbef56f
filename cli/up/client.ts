/**
 * A strict client without a sidecar, for one request on a connection of its own: TLS 1.3, the server must be the one SPIFFE
 * ID and the DNS name, nothing is repeated. What it shows to the server is up to the story.
 */
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';

import type { SpiffeId } from '../../core/identity/spiffe-id.ts';
import { parseCertificate } from '../../core/x509/certificate.ts';
import { checkSvid } from '../../core/x509/svid.ts';
import { clientContextOptions, type TlsIdentity } from '../../runtime/tls-options.ts';

export interface Call {
  readonly port: number;
  readonly server: SpiffeId;
  /** With a key: shown to the server. With mere roots: no certificate is shown. */
  readonly identity: TlsIdentity | { readonly roots: readonly Buffer[] };
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** `closed`: TLS or the connection ended before an answer; `problem` is what the client got to know of it. */
export type Reply =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly requestId: string | undefined;
      readonly body: string;
    }
  | { readonly kind: 'closed'; readonly problem: string };

const DEADLINE_MS = 5_000;
const LARGEST_BODY = 64 * 1024;

/** Never rejects. */
export function call({ port, server, identity, method, path, headers }: Call): Promise<Reply> {
  const options: RequestOptions = {
    ...clientContextOptions(identity),
    agent: false,
    host: 'localhost',
    servername: 'localhost',
    port,
    method,
    path,
    headers,
    signal: AbortSignal.timeout(DEADLINE_MS),
    checkServerIdentity: (host, certificate) => checkServerIdentity(host, certificate) ?? checkId(certificate, server),
  };
  return new Promise((resolve) => {
    const closed = (cause: Error): void => resolve({ kind: 'closed', problem: problemOf(cause) });
    const request = httpsRequest(options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        body += part;
        if (body.length > LARGEST_BODY) response.destroy(new Error('the answer is too long'));
      });
      response.on('error', closed);
      response.on('end', () => {
        const requestId = response.headers['cleat-request-id'];
        resolve({
          kind: 'answered',
          status: response.statusCode ?? 0,
          requestId: typeof requestId === 'string' ? requestId : undefined,
          body,
        });
      });
    });
    request.on('error', closed);
    request.end();
  });
}

function checkId({ raw }: PeerCertificate, server: SpiffeId): Error | undefined {
  const certificate = parseCertificate(raw);
  const id = certificate.ok ? checkSvid(certificate.value, server.trustDomain) : certificate;
  if (!id.ok) return new Error(`${id.refusal.code}: ${id.refusal.detail}`);
  return id.value.uri === server.uri ? undefined : new Error(`PEER_UNEXPECTED: ${id.value.uri}`);
}

function problemOf(cause: Error): string {
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
}
