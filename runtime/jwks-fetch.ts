/**
 * Fetches one document of an issuer, metadata or a JWK Set, over HTTPS: TLS 1.3, no redirect, a bounded body, one deadline
 * for all of it. Judges nothing of what it brings. Sends no credential.
 */
import { request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { PeerCertificate } from 'node:tls';

import { Fault } from '../core/fault/fault.ts';
import { KEY_SET_MOST } from '../core/token/key-set.ts';

/** Who vouches for the server. */
export interface ServerTrust {
  /** PEM. */
  readonly ca: string | string[];
  /** Instead of the check of the host name, for servers that are known by SPIFFE ID. */
  readonly checkServerIdentity?: (host: string, certificate: PeerCertificate) => Error | undefined;
}

export interface FetchedDocument {
  readonly body: Buffer;
  readonly cacheControl: string | undefined;
}

/** Gives the body of a 200. `trust` undefined means the roots of the system.
 *  Throws: TOKEN_KEYS_UNAVAILABLE for every other answer, for a body over 256 KiB, and when the signal aborts. */
export async function fetchDocument(
  url: string,
  trust: ServerTrust | undefined,
  signal: AbortSignal,
): Promise<FetchedDocument> {
  try {
    const response = await get(url, trust, signal);
    const { statusCode, headers } = response;
    const encoding = headers['content-encoding'] ?? 'identity';
    if (statusCode !== 200 || encoding !== 'identity') {
      response.destroy();
      throw new Fault('TOKEN_KEYS_UNAVAILABLE', `${url} answered ${statusCode}, encoding ${encoding}`);
    }
    return { body: await readBounded(response, url), cacheControl: headers['cache-control'] };
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('TOKEN_KEYS_UNAVAILABLE', `${url}: ${reasonOf(cause, signal)}`, { cause });
  }
}

function get(url: string, trust: ServerTrust | undefined, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, {
      ...trust,
      method: 'GET',
      headers: { accept: 'application/jwk-set+json, application/json' },
      // An agent of its own: no pool, no TLS session of an earlier generation of roots.
      agent: false,
      minVersion: 'TLSv1.3',
      rejectUnauthorized: true,
      signal,
    });
    request.on('response', resolve);
    request.on('error', reject);
    request.end();
  });
}

async function readBounded(response: IncomingMessage, url: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Leaving the loop destroys the response.
    if (length > KEY_SET_MOST) throw new Fault('TOKEN_KEYS_UNAVAILABLE', `${url} sent more than ${KEY_SET_MOST} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function reasonOf(cause: unknown, signal: AbortSignal): string {
  if (signal.aborted) return signal.reason instanceof Error ? signal.reason.message : 'aborted';
  return cause instanceof Error ? cause.message : String(cause);
}
