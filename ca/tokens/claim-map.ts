/**
 * What the claims of a subject token are worth here: which scopes they stand for, and which of them are carried on under a name
 * of ours. The rows are the operator's. Nothing is carried on that a token of this CA says itself. Pure.
 * Spec: RFC 8693 section 2; RFC 9470 section 5 for the claims of a login.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { claimAt, type ClaimPath } from '../../core/token/claim-path.ts';
import type { JsonObject, JsonValue } from '../../core/token/json.ts';

/** `scopes` where the claim is or holds `value`, or always where no claim is named; `as`: the claim is carried on by that
 *  name. */
export interface ClaimRow {
  readonly claim?: ClaimPath | undefined;
  readonly value?: string | undefined;
  readonly scopes: readonly string[];
  readonly as?: string | undefined;
}

export interface MappedClaims {
  readonly scopes: readonly string[];
  readonly claims: JsonObject;
}

/** Names that a carried claim cannot have: what tokens of this CA say, and what marks another kind of token. */
export const OWN_CLAIMS: readonly string[] = [
  'iss',
  'sub',
  'sub_iss',
  'aud',
  'exp',
  'iat',
  'nbf',
  'jti',
  'client_id',
  'azp',
  'scope',
  'cnf',
  'act',
  'may_act',
  'origin',
  'acr',
  'amr',
  'auth_time',
  'nonce',
  'at_hash',
  'c_hash',
  'events',
  'typ',
  '__proto__',
];

/** How the user logged in: carried on in its own form alone, for a verifier that asks (RFC 9470; OpenID Connect Core section 2). */
const LOGIN_CLAIMS: readonly (readonly [name: string, isSound: (value: JsonValue) => boolean])[] = [
  ['acr', (value) => isShortText(value)],
  ['amr', (value) => Array.isArray(value) && isCarriable(value)],
  ['auth_time', (value) => Number.isSafeInteger(value)],
];
const ITEMS_MOST = 64;
const TEXT_MOST = 256;

/** Gives scopes, each once, and claims. A claim that is not there is none; one that is there and cannot be carried refuses, so
 *  that nothing is dropped in silence. Refuses: GRANT_SUBJECT. */
export function mapClaims(claims: JsonObject, rows: readonly ClaimRow[]): Outcome<MappedClaims> {
  const scopes = new Set<string>();
  const carried: Record<string, JsonValue> = {};
  for (const [name, isSound] of LOGIN_CLAIMS) {
    const value = claims[name];
    if (value !== undefined && isSound(value)) carried[name] = value;
  }
  for (const row of rows) {
    const value = row.claim === undefined ? undefined : claimAt(claims, row.claim);
    if (row.claim === undefined || isOrHolds(value, row.value)) for (const scope of row.scopes) scopes.add(scope);
    if (row.as === undefined || value === undefined) continue;
    if (!isCarriable(value)) return refuse('GRANT_SUBJECT', `claim ${row.claim?.join('.')} cannot be carried on`);
    carried[row.as] = value;
  }
  return admit({ scopes: [...scopes], claims: carried });
}

function isOrHolds(found: JsonValue | undefined, wanted: string | undefined): boolean {
  if (wanted === undefined) return false;
  return Array.isArray(found) ? found.includes(wanted) : found === wanted;
}

/** A short text, a number, a truth value, or a short list of texts. */
function isCarriable(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.length <= ITEMS_MOST && value.every((item) => isShortText(item));
  return typeof value === 'number' || typeof value === 'boolean' || isShortText(value);
}

const isShortText = (value: JsonValue): boolean => typeof value === 'string' && value.length <= TEXT_MOST;
