/** A request head that passed the strict parser: validated text, never raw bytes. Nothing here decides anything. */
import type { NameFacts } from './protected-names.ts';

export interface Field {
  /** Set by the parser, which has looked at name and value; absent on a field of our own making. */
  readonly facts?: NameFacts | undefined;
  /** As received. */
  readonly name: string;
  /** `name` in lower case: the only form that is ever compared. */
  readonly lower: string;
  /** Visible ASCII, space and tab; optional white space at both ends is gone. */
  readonly value: string;
}

/** How the end of a body is found (RFC 9112 section 6); a request that has neither field has no body. */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' };

export interface RequestHead {
  readonly method: string;
  /** Origin-form (or `*`): exactly the bytes that are forwarded, so exactly the bytes that policy judges. */
  readonly target: string;
  /** `target` before the `?`. */
  readonly path: string;
  /** `target` after the `?`; undefined where there is none. */
  readonly query: string | undefined;
  /** The value of the one `Host` field, `name[:port]`, as received. */
  readonly host: string;
  /** As received and in order, the framing and hop-by-hop ones included. The text pins the whole head: copy what is kept. */
  readonly fields: readonly Field[];
  readonly framing: Framing;
  /** The protocol that `Upgrade` asks for, in lower case, such as `websocket`; undefined: none. Then there is no body. */
  readonly upgrade: string | undefined;
  /** False after `Connection: close`. */
  readonly keepAlive: boolean;
  /** `Expect: 100-continue` on a request with a body: the client waits for our word before it sends it. */
  readonly expectsContinue: boolean;
}
