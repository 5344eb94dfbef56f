/**
 * What a port says about itself to clients that look for the right authorization server (RFC 9728): one JSON document, made
 * from the configuration, served inside of mutual TLS before any token is asked for. It never reaches the app.
 */
import { PROOF_ALGORITHMS } from '../core/token/proof.ts';

export interface ResourceTerms {
  /** The absolute URI by which clients know the resource, as they ask for it: no query, no fragment. */
  readonly identifier: string;
  /** Issuers whose tokens are accepted. */
  readonly authorizationServers: readonly string[];
  /** What a client may ask for; empty: not said. */
  readonly scopes: readonly string[];
  readonly isDpopServed: boolean;
}

export interface ResourceMetadata {
  /** Where it is asked for at the port. */
  readonly path: string;
  /** Where clients find it: what `resource_metadata` of a challenge says. */
  readonly url: string;
  readonly document: Buffer;
}

/** Scheme and authority, and the path. */
const PLACE = /^(https:\/\/[^/]+)(.*)$/;
const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** The document and its place: the well-known path goes in between host and path (RFC 9728 section 3.1). */
export function resourceMetadata(terms: ResourceTerms): ResourceMetadata {
  const { identifier, authorizationServers, scopes, isDpopServed } = terms;
  const [, origin = '', tail = ''] = PLACE.exec(identifier) ?? [];
  const path = WELL_KNOWN + (tail === '/' ? '' : tail);
  const document = {
    resource: identifier,
    authorization_servers: authorizationServers,
    ...(scopes.length === 0 ? {} : { scopes_supported: scopes }),
    bearer_methods_supported: ['header'],
    tls_client_certificate_bound_access_tokens: true,
    ...(isDpopServed ? { dpop_signing_alg_values_supported: PROOF_ALGORITHMS } : {}),
  };
  return Object.freeze({ path, url: origin + path, document: Buffer.from(`${JSON.stringify(document)}\n`) });
}
