/**
 * One call to a server of others over HTTPS: TLS 1.3, no redirect, a bounded answer, one deadline for all of it. Judges
 * nothing of what it brings, keeps no connection, and says nothing of what it sent.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { PeerCertificate, SecureContextOptions } from 'node:tls';

import type { Code } from '../core/fault/catalog.ts';
import { Fault } from '../core/fault/fault.ts';

/** Who vouches for the server. */
export interface ServerTrust {
  /** PEM. */
  readonly ca: string | string[];
  /** Instead of the check of the host name, for servers that are known by SPIFFE ID. */
  readonly checkServerIdentity?: (host: string, certificate: PeerCertificate) => Error | undefined;
}

export interface HttpsCall {
  readonly url: string;
  /** Undefined means the roots of the system. */
  readonly trust: ServerTrust | undefined;
  /** Secret. What this client shows of itself, if anything. */
  readonly identity?: Pick<SecureContextOptions, 'key' | 'cert'> | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Secret. With it the call is a POST, else a GET. */
  readonly body?: string;
  /** Bytes of the answer. */
  readonly most: number;
  /** What is thrown. */
  readonly code: Code;
}

export interface HttpsAnswer {
  readonly status: number;
  readonly body: Buffer;
  readonly headers: IncomingHttpHeaders;
}

/** Gives the answer if it is a 200. Throws `code` for every other one, for one that is too long, and when the signal
 *  aborts. */
export async function callHttps(call: HttpsCall, signal: AbortSignal): Promise<HttpsAnswer> {
  const { url, code } = call;
  try {
    return await take(call, await send(call, signal), (status) => status === 200);
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault(code, `${url}: ${reasonOf(cause, signal)}`, { cause });
  }
}

/** Gives any answer, whatever its status. Throws `code` for one that is encoded or too long, and what broke the connection as
 *  it is, so that the caller can tell a server that is not trusted from one that is away. */
export async function askHttps(call: HttpsCall, signal: AbortSignal): Promise<HttpsAnswer> {
  return take(call, await send(call, signal), () => true);
}

async function take(
  call: HttpsCall,
  response: IncomingMessage,
  isWanted: (status: number) => boolean,
): Promise<HttpsAnswer> {
  const { statusCode: status = 0, headers } = response;
  const encoding = headers['content-encoding'] ?? 'identity';
  if (!isWanted(status) || encoding !== 'identity') {
    response.destroy();
    throw new Fault(call.code, `${call.url} answered ${status}, encoding ${encoding}`);
  }
  return { status, headers, body: await readBounded(response, call) };
}

function send({ url, trust, identity, headers, body }: HttpsCall, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, {
      ...trust,
      ...identity,
      method: body === undefined ? 'GET' : 'POST',
      headers: body === undefined ? headers : { ...headers, 'content-length': Buffer.byteLength(body) },
      // An agent of its own: no pool, no TLS session of an earlier generation of roots.
      agent: false,
      minVersion: 'TLSv1.3',
      rejectUnauthorized: true,
      signal,
    });
    request.on('response', resolve);
    request.on('error', reject);
    request.end(body);
  });
}

async function readBounded(response: IncomingMessage, { url, most, code }: HttpsCall): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Leaving the loop destroys the response.
    if (length > most) throw new Fault(code, `${url} sent more than ${most} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function reasonOf(cause: unknown, signal: AbortSignal): string {
  if (signal.aborted) return signal.reason instanceof Error ? signal.reason.message : 'aborted';
  return cause instanceof Error ? cause.message : String(cause);
}
