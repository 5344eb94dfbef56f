/**
 * The words that the cache, the generations and the sources of tokens share: what a token is for, and by whose right it is
 * asked for. Types only.
 */
import type { Outcome } from '../../core/fault/refusal.ts';
import type { MintedToken, MintRequest } from '../../runtime/grpc/messages.ts';
import type { Snapshot } from '../credentials/snapshot.ts';

export type SourceName = 'identity' | 'apiKey' | 'oidc' | 'refreshToken' | 'onBehalfOf';

/** The right to a token, as it stands now. */
export interface TokenRight {
  /** Whose token it will be: a part of the key of the cache. An identifier or a digest, never a secret. */
  readonly subject: string;
  /** Asks the CA, showing the certificate of this snapshot. Never rejects. Refuses with the CA's code, or RENEW_... |
   *  CONFIG_FILE | CONFIG_PERMISSION. */
  redeem(snapshot: Snapshot, request: MintRequest): Promise<Outcome<MintedToken>>;
}

/** Where a right comes from. */
export interface TokenSource {
  readonly name: SourceName;
  /** Whether a new generation fetches its tokens before it is switched to. What ends with a request is fetched when asked for. */
  readonly isLasting: boolean;
  /** Refuses: UPSTREAM_SUBJECT | CONFIG_FILE | CONFIG_PERMISSION | RENEW_ANSWER. */
  right(): Outcome<TokenRight>;
}

/** What a token is for. */
export interface TokenWant {
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly source: TokenSource;
}
