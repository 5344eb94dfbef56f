/**
 * Finds the one credential of a request: a token in `Authorization` (RFC 6750 section 2.1, RFC 9449 section 7.1) and the DPoP
 * proof that may belong to it, nowhere else. Two ways to read a request are two identities, so whatever is ambiguous is
 * refused. Cookies and bodies are never looked at, and neither token nor proof is decoded here.
 */
import { admit, type Outcome, refuse } from '../../core/fault/refusal.ts';
import type { Field } from '../http/request.ts';
import { holdsApiKey } from './api-key.ts';

/** What is looked at; a `RequestHead` is one. */
export interface CredentialFields {
  readonly fields: readonly Field[];
  readonly query: string | undefined;
}

/** A token as it was presented. */
export interface Credential {
  readonly scheme: 'Bearer' | 'DPoP';
  /** Secret. */
  readonly token: string;
  /** The value of the field `DPoP`; undefined where there is none, and always beside `Bearer`. */
  readonly proof: string | undefined;
}

/** A bearer credential that was read before from exactly this value of `Authorization`. */
export interface ReadBefore {
  /** Secret. */
  readonly value: string;
  readonly credential: Credential;
}

/** Gives the credential, undefined where the request carries none at all (a proof alone is none). `before` is what the last
 *  request of the connection showed: the same value is not read again, all else is looked at all the same.
 *  Refuses: TOKEN_API_KEY | TOKEN_DUPLICATE | TOKEN_SCHEME | TOKEN_MALFORMED. */
export function extractCredential(
  { fields, query }: CredentialFields,
  before?: ReadBefore,
): Outcome<Credential | undefined> {
  if (query !== undefined && hasTokenParameter(query)) return refuse('TOKEN_DUPLICATE', 'access_token in the query');
  let found: Field | undefined;
  let proof: Field | undefined;
  for (const field of fields) {
    // Before the value is read in any other way: no part of a key may end in a detail.
    if (field.value !== before?.value && holdsApiKey(field))
      return refuse('TOKEN_API_KEY', `an API key in ${field.lower}`);
    if (field.lower === 'dpop') {
      if (proof !== undefined) return refuse('TOKEN_DUPLICATE', 'several DPoP fields');
      proof = field;
    }
    if (field.lower !== 'authorization') continue;
    if (found !== undefined) return refuse('TOKEN_DUPLICATE', 'several Authorization fields');
    found = field;
  }
  // Two lines that some proxy joined to one (RFC 9449 section 4.3, first check).
  if (proof?.value.includes(',') === true) return refuse('TOKEN_DUPLICATE', 'a list in DPoP');
  if (found === undefined) return admit(undefined);
  if (before !== undefined && proof === undefined && found.value === before.value) return admit(before.credential);
  return readCredential(found.value, proof?.value);
}

/** What to give as `before` with the next request of the connection. A copy: a slice would keep the whole head in memory. */
export function remember(credential: Credential, { fields }: Pick<CredentialFields, 'fields'>): ReadBefore | undefined {
  if (credential.scheme !== 'Bearer') return undefined;
  const field = fields.find(({ lower }) => lower === 'authorization');
  const copy = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');
  return field && { value: copy(field.value), credential: { ...credential, token: copy(credential.token) } };
}

/** RFC 9110 section 11.1: the name of the scheme, in any case. */
const SCHEME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+/;
/** Exactly one space, then one token of RFC 6750 section 2.1, then nothing. */
const CREDENTIAL = /^(bearer|dpop) ([A-Za-z0-9._~+/=-]+)$/i;

function readCredential(value: string, proof: string | undefined): Outcome<Credential> {
  if (value.includes(',')) return refuse('TOKEN_DUPLICATE', 'a list in Authorization');
  const name = SCHEME.exec(value)?.[0]?.toLowerCase();
  if (name === undefined) return refuse('TOKEN_MALFORMED', 'Authorization without a scheme');
  const scheme = SCHEMES.get(name);
  if (scheme === undefined) return refuseScheme(name, value);
  const token = CREDENTIAL.exec(value)?.[2];
  if (token === undefined) return refuse('TOKEN_MALFORMED', `not "${scheme}", one space, one token`);
  // A proof belongs to the scheme DPoP; beside Bearer it is a second way to prove who calls.
  if (scheme === 'Bearer' && proof !== undefined)
    return refuse('TOKEN_DUPLICATE', 'a DPoP proof beside a bearer token');
  return admit({ scheme, token, proof });
}

/** What stands first may be the secret itself, without a scheme: only a name that everybody knows is said. */
function refuseScheme(name: string, value: string): Outcome<never> {
  if (OTHER_SCHEMES.has(name)) return refuse('TOKEN_SCHEME', `scheme ${name}`);
  if (value[name.length] !== ' ') return refuse('TOKEN_MALFORMED', 'Authorization without a scheme');
  return refuse('TOKEN_SCHEME', 'another scheme');
}

const SCHEMES: ReadonlyMap<string, Credential['scheme']> = new Map([
  ['bearer', 'Bearer'],
  ['dpop', 'DPoP'],
]);
/** In common use (IANA's registry, and what clients invent); a hint for whoever configured the wrong one. */
const OTHER_SCHEMES: ReadonlySet<string> = new Set([
  'apikey',
  'aws4-hmac-sha256',
  'basic',
  'digest',
  'gnap',
  'hoba',
  'jwt',
  'mac',
  'mutual',
  'negotiate',
  'ntlm',
  'oauth',
  'privatetoken',
  'scram-sha-256',
  'token',
  'vapid',
]);

/** RFC 6750 section 2.3, in any spelling that an app may decode. */
function hasTokenParameter(query: string): boolean {
  if (!/%|access_token/i.test(query)) return false;
  return query.split(/[&;]/).some((pair) => TOKEN_PARAMETER.test(decodeName(decodeName(pair.split('=', 1)[0] ?? ''))));
}

/** Some apps fold the case, trim the name, and take a list under it. */
const TOKEN_PARAMETER = /^[+\s]*access_token[+\s]*(?:\[\])?[+\s]*$/i;

/** Once; some app behind a proxy decodes twice. */
function decodeName(name: string): string {
  return name.replaceAll(/%([0-9a-f]{2})/gi, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
