/** How the configuration says that the token of an upstream is had. Types only. */
import type { OutsideTrustPlace } from '../../runtime/config/place.ts';

/** The kinds of a subject token, by the last part of their URN (RFC 8693 section 3). */
export type SubjectType = 'jwt' | 'access_token' | 'id_token';

/** A foreign issuer that refreshes. */
export interface RefreshIssuer {
  /** Its token endpoint, https. */
  readonly url: string;
  readonly clientId: string;
  /** File with the client secret; undefined: a public client. */
  readonly clientSecret?: string | undefined;
  /** Asked for at each refresh; empty: what was granted before. */
  readonly scopes: readonly string[];
  /** Which roots vouch for its server. */
  readonly trust: OutsideTrustPlace;
}

/** `apiKey` is a file with the key by which the app authenticates itself as a client, where the source is an exchange. */
export type TokenPlan =
  | { readonly source: 'identity' }
  | { readonly source: 'apiKey'; readonly file: string }
  | {
      readonly source: 'oidc';
      readonly file: string;
      readonly type: SubjectType;
      readonly apiKey?: string | undefined;
    }
  | {
      readonly source: 'refreshToken';
      readonly file: string;
      readonly type: SubjectType;
      readonly issuer: RefreshIssuer;
      readonly apiKey?: string | undefined;
    }
  | { readonly source: 'onBehalfOf'; readonly type: SubjectType; readonly apiKey?: string | undefined };
