/** Fetches one document of an issuer, metadata or a JWK Set. Judges nothing of what it brings. Sends no credential. */
import { KEY_SET_MOST } from '../core/token/key-set.ts';
import { callHttps, type ServerTrust } from './https-call.ts';

export interface FetchedDocument {
  readonly body: Buffer;
  readonly cacheControl: string | undefined;
}

const HEADERS = { accept: 'application/jwk-set+json, application/json' };

/** Gives the body of a 200. `trust` undefined means the roots of the system.
 *  Throws: TOKEN_KEYS_UNAVAILABLE for every other answer, for a body over 256 KiB, and when the signal aborts. */
export async function fetchDocument(
  url: string,
  trust: ServerTrust | undefined,
  signal: AbortSignal,
): Promise<FetchedDocument> {
  const call = { url, trust, headers: HEADERS, most: KEY_SET_MOST, code: 'TOKEN_KEYS_UNAVAILABLE' } as const;
  const { body, headers } = await callHttps(call, signal);
  return { body, cacheControl: headers['cache-control'] };
}
