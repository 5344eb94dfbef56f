/**
 * Reads what a token endpoint answers: a token, or an error. Strict JSON, each member of the right type and bounded.
 * Never judges a token, and takes of an error its code alone: descriptions may hold anything.
 * Spec: RFC 6749 sections 5.1 and 5.2, RFC 8693 section 2.2.
 */
import { admit, type Outcome, refuse } from '../fault/refusal.ts';
import { seconds, type Seconds } from '../time/units.ts';
import { type JsonObject, parseStrictObject } from './json.ts';

export interface TokenAnswer {
  /** Secret. */
  readonly accessToken: string;
  readonly expiresIn: Seconds | undefined;
  /** URN of what was issued; undefined where the grant was no exchange. */
  readonly issuedTokenType: string | undefined;
  /** As the answer has it; undefined: what was asked for. */
  readonly scope: string | undefined;
  /** Secret: a successor of the one that was sent, if there is one. */
  readonly refreshToken: string | undefined;
  /** Secret. */
  readonly idToken: string | undefined;
}

/** The answer of a status 200. Refuses: RENEW_ANSWER; the detail names the member, never what it holds. */
export function parseTokenAnswer(body: Buffer): Outcome<TokenAnswer> {
  const read = parseStrictObject(body);
  if (!read.ok) return refuse('RENEW_ANSWER', read.refusal.detail);
  const accessToken = textOf(read.value, 'access_token', TOKEN);
  if (!accessToken.ok) return accessToken;
  if (accessToken.value === undefined) return refuse('RENEW_ANSWER', 'no access_token');
  const { token_type: type, expires_in: life } = read.value;
  // A token of another type cannot be sent without a proof that nobody here could make.
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer')
    return refuse('RENEW_ANSWER', 'token_type is not Bearer');
  if (life !== undefined && !isLife(life)) return refuse('RENEW_ANSWER', 'expires_in is no whole number of seconds');
  const issued = textOf(read.value, 'issued_token_type', URN);
  const scope = textOf(read.value, 'scope', SCOPE);
  const refreshToken = textOf(read.value, 'refresh_token', TOKEN);
  const idToken = textOf(read.value, 'id_token', TOKEN);
  for (const member of [issued, scope, refreshToken, idToken]) if (!member.ok) return member;
  return admit({
    accessToken: accessToken.value,
    expiresIn: life === undefined ? undefined : seconds(life),
    issuedTokenType: valueOf(issued),
    scope: valueOf(scope),
    refreshToken: valueOf(refreshToken),
    idToken: valueOf(idToken),
  });
}

/** The `error` of any other status; undefined where the body is no error of RFC 6749 section 5.2. */
export function parseTokenError(body: Buffer): string | undefined {
  const read = parseStrictObject(body);
  const error = read.ok ? read.value['error'] : undefined;
  return typeof error === 'string' && ERROR.test(error) ? error : undefined;
}

/** `b64token` of RFC 6750 section 2.1, which refresh tokens of others need not follow: any visible text. */
const TOKEN = /^[\x21-\x7e]{1,16384}$/;
const URN = /^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/;
const SCOPE = /^[\x20\x21\x23-\x5b\x5d-\x7e]{0,8192}$/;
/** The registered codes are such words. What is not goes into no log. */
const ERROR = /^[a-z_]{1,64}$/;
const LIFE_MOST = 2 ** 31;

function isLife(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= LIFE_MOST;
}

function textOf(object: JsonObject, name: string, grammar: RegExp): Outcome<string | undefined> {
  const value = object[name];
  if (value === undefined) return admit(undefined);
  return typeof value === 'string' && grammar.test(value)
    ? admit(value)
    : refuse('RENEW_ANSWER', `${name} is malformed`);
}

function valueOf<T>(outcome: Outcome<T>): T | undefined {
  return outcome.ok ? outcome.value : undefined;
}
