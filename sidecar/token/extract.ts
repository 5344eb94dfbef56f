/**
 * Finds the one credential of a request: a bearer token in `Authorization` (RFC 6750 section 2.1), nowhere else. Two ways
 * to read a request are two identities, so whatever is ambiguous is refused. Cookies and bodies are never looked at, and
 * the token is never decoded here.
 */
import { admit, type Outcome, refuse } from '../../core/fault/refusal.ts';
import type { Field } from '../http/request.ts';

/** What is looked at; a `RequestHead` is one. */
export interface CredentialFields {
  readonly fields: readonly Field[];
  readonly query: string | undefined;
}

/** Gives the token as text, undefined where the request carries no credential at all.
 *  Refuses: TOKEN_API_KEY | TOKEN_DUPLICATE | TOKEN_SCHEME | TOKEN_MALFORMED. */
export function extractToken({ fields, query }: CredentialFields): Outcome<string | undefined> {
  if (query !== undefined && hasTokenParameter(query)) return refuse('TOKEN_DUPLICATE', 'access_token in the query');
  let found: Field | undefined;
  let hasProof = false;
  for (const field of fields) {
    if (holdsApiKey(field)) return refuse('TOKEN_API_KEY', `an API key in ${field.lower}`);
    if (field.lower === 'dpop') hasProof = true;
    if (field.lower !== 'authorization') continue;
    if (found !== undefined) return refuse('TOKEN_DUPLICATE', 'several Authorization fields');
    found = field;
  }
  if (found === undefined) return admit(undefined);
  const token = readBearer(found.value);
  // RFC 9449 section 7: a proof belongs to the scheme DPoP; beside Bearer it is a second credential.
  return token.ok && hasProof ? refuse('TOKEN_DUPLICATE', 'a DPoP proof beside a bearer token') : token;
}

/** RFC 9110 section 11.1: the name of the scheme, in any case. */
const SCHEME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+/;
/** Exactly one space, then one token of RFC 6750 section 2.1, then nothing. */
const BEARER = /^bearer ([A-Za-z0-9._~+/=-]+)$/i;

function readBearer(value: string): Outcome<string> {
  if (value.includes(',')) return refuse('TOKEN_DUPLICATE', 'a list in Authorization');
  const scheme = SCHEME.exec(value)?.[0];
  if (scheme === undefined) return refuse('TOKEN_MALFORMED', 'Authorization without a scheme');
  if (scheme.toLowerCase() !== 'bearer') return refuse('TOKEN_SCHEME', `scheme ${scheme.slice(0, 32)}`);
  const token = BEARER.exec(value)?.[1];
  return token === undefined ? refuse('TOKEN_MALFORMED', 'not "Bearer", one space, one token') : admit(token);
}

/** Keys of the CA's clients are for its token endpoint alone. Looked for before the value is read in any other
 *  way: no part of a key may end in a detail. */
export function holdsApiKey({ lower, value }: Field): boolean {
  return (lower === 'authorization' || lower === 'x-api-key') && /(?:^|[\s,:=])clt_/i.test(value);
}

/** RFC 6750 section 2.3, in any spelling that an app may decode. */
function hasTokenParameter(query: string): boolean {
  if (!/%|access_token/i.test(query)) return false;
  return query.split(/[&;]/).some((pair) => decodeName(pair.split('=', 1)[0] ?? '') === 'access_token');
}

function decodeName(name: string): string {
  return name.replaceAll(/%([0-9a-f]{2})/gi, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
