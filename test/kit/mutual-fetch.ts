/** `fetch` over mutual TLS with one certificate, for clients of others that take a function in its place. */
import { Agent, fetch } from 'undici';

export interface FetchIdentity {
  /** PEM. Secret; absent: no certificate is shown. */
  readonly key?: string;
  /** PEM. */
  readonly chain?: string;
  /** PEM: whom to trust. */
  readonly roots: string;
}

export type Fetch = (url: string, options: object) => Promise<Response>;

/** A connection for each call, so that what is shown is what was given. */
export function mutualFetch({ key, chain, roots }: FetchIdentity): Fetch {
  return async (url, options) => {
    const connect = { ca: roots, ...(key === undefined ? {} : { key, cert: chain }) };
    const dispatcher = new Agent({ connect, pipelining: 0 });
    try {
      const answer = await fetch(url, { ...options, dispatcher });
      // Read whole before the connection goes.
      const body = await answer.arrayBuffer();
      return new Response(body.byteLength === 0 ? null : body, {
        status: answer.status,
        headers: [...answer.headers.entries()],
      });
    } finally {
      await dispatcher.close();
    }
  };
}
