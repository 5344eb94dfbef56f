/**
 * The metadata document of an issuer (RFC 8414, OpenID Connect Discovery 1.0): where it is, and which key set it names.
 * The issuer is configured, never learned: a document that speaks for another one is refused.
 */
import { admit, type Outcome, refuse } from '../fault/refusal.ts';
import { isHttpsPlace } from './https-place.ts';
import { parseStrictObject } from './json.ts';

/** Whose document is wanted. */
export interface WantedMetadata {
  /** `iss` of the tokens. */
  readonly iss: string;
  /** The `issuer` of the document: the same, but for an issuer that gives its access tokens another (ADFS). */
  readonly issuer: string;
}

/** The places of the document, in the order in which they are asked: OpenID Connect appends, RFC 8414 section 3.1 inserts
 *  between host and path. Both take a terminating slash away first. `issuer` is an https URL without query. */
export function metadataPlaces(issuer: string): readonly [string, string] {
  const base = issuer.replace(/\/$/, '');
  const { origin } = new URL(base);
  // The path as it is written: a URL parser would resolve it.
  const path = /^https:\/\/[^/]+(.*)$/.exec(base)?.[1] ?? '';
  return [`${base}/.well-known/openid-configuration`, `${origin}/.well-known/oauth-authorization-server${path}`];
}

/** Gives `jwks_uri`. Refuses: TOKEN_JSON | TOKEN_ISSUER (byte by byte, RFC 8414 section 3.3) | TOKEN_KEY. */
export function readMetadata(bytes: Buffer, wanted: WantedMetadata): Outcome<string> {
  const document = parseStrictObject(bytes);
  if (!document.ok) return document;
  const { issuer, access_token_issuer: tokenIssuer, jwks_uri: place } = document.value;
  if (issuer !== wanted.issuer) return refuse('TOKEN_ISSUER', 'the issuer of the metadata is not the configured one');
  if (wanted.iss !== wanted.issuer && tokenIssuer !== wanted.iss) {
    return refuse('TOKEN_ISSUER', 'access_token_issuer of the metadata is not the configured issuer');
  }
  if (typeof place !== 'string' || !isHttpsPlace(place)) {
    return refuse('TOKEN_KEY', 'jwks_uri of the metadata is not an https URL without user and fragment');
  }
  return admit(place);
}
