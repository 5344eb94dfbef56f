/** What the token service says of itself (RFC 8414, with RFC 8705 section 3.3 and RFC 9449 section 5.1), and where. Pure. */
import { PROOF_ALGORITHMS } from '../../core/token/proof.ts';
import { ASSERTION_ALGORITHMS } from './assertion.ts';
import { GRANT_TYPES } from './token-endpoint.ts';

/** Paths below the issuer, which may have a path of its own. */
export interface TokenServicePaths {
  readonly token: string;
  readonly introspection: string;
  readonly revocation: string;
  readonly keys: string;
  readonly metadata: string;
}

/** Where the endpoints of this issuer are. RFC 8414 section 3.1: the well-known part goes between host and path. */
export function pathsOf(issuer: string): TokenServicePaths {
  const base = new URL(issuer).pathname.replace(/\/$/, '');
  return {
    token: `${base}/token`,
    introspection: `${base}/introspect`,
    revocation: `${base}/revoke`,
    keys: '/jwks.json',
    metadata: `/.well-known/oauth-authorization-server${base}`,
  };
}

/** The URL under which clients know a path. */
export const urlOf = (issuer: string, path: string): string => `${new URL(issuer).origin}${path}`;

const CLIENT_METHODS = ['tls_client_auth', 'private_key_jwt', 'client_secret_basic', 'client_secret_post'];

/** The document. An API key is none of the methods that the RFC knows; docs/api-keys.md says how one is shown. */
export function metadataOf(issuer: string, scopes: readonly string[]): object {
  const paths = pathsOf(issuer);
  const algorithms = ASSERTION_ALGORITHMS;
  const endpoint = (name: string, path: string): object => ({
    [`${name}_endpoint`]: urlOf(issuer, path),
    [`${name}_endpoint_auth_methods_supported`]: CLIENT_METHODS,
    [`${name}_endpoint_auth_signing_alg_values_supported`]: algorithms,
  });
  return {
    issuer,
    ...endpoint('token', paths.token),
    ...endpoint('introspection', paths.introspection),
    ...endpoint('revocation', paths.revocation),
    jwks_uri: urlOf(issuer, paths.keys),
    grant_types_supported: GRANT_TYPES,
    // RFC 8414 section 2 demands it; there is no authorization endpoint.
    response_types_supported: [],
    scopes_supported: scopes,
    dpop_signing_alg_values_supported: PROOF_ALGORITHMS,
    tls_client_certificate_bound_access_tokens: true,
    mtls_endpoint_aliases: {
      token_endpoint: urlOf(issuer, paths.token),
      introspection_endpoint: urlOf(issuer, paths.introspection),
      revocation_endpoint: urlOf(issuer, paths.revocation),
    },
  };
}
