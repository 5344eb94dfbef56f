/**
 * What a refused client is told beside status and public text: which scheme to use, what was wrong in the words of the
 * standard, when to come again. Generic on purpose: all texts stand here, and the reason is in the log and in `cleat why`.
 * Spec: RFC 6750 section 3, RFC 9449 section 7.1, RFC 9728 section 5.1, RFC 9110 sections 10.2.3 and 11.6.1.
 */
import { type Code, rowOf } from '../core/fault/catalog.ts';
import { Fault } from '../core/fault/fault.ts';
import type { Refusal } from '../core/fault/refusal.ts';
import { milliseconds } from '../core/time/units.ts';
import { PROOF_ALGORITHMS } from '../core/token/proof.ts';
import type { AnswerField } from './forward/forwarding.ts';
import { loginOf } from './policy/login.ts';
import { scopesOf } from './policy/permit.ts';

/** What the port that refused can offer. */
export interface ChallengeTerms {
  /** Whether a token with a DPoP proof could be used there. */
  readonly isDpopServed: boolean;
  /** For the next proof; undefined where none is asked for. */
  readonly nonce: string | undefined;
  /** URL of the metadata of the protected resource (RFC 9728); undefined where none is served. */
  readonly resourceMetadata: string | undefined;
}

/** The fields that the answer of this refusal carries, at most five. `requestId` is what `cleat why` asks for. */
export function challengeFields(
  refusal: Refusal,
  requestId: string | undefined,
  terms: ChallengeTerms = NO_TERMS,
): readonly AnswerField[] {
  const fields: AnswerField[] = challengesOf(refusal, terms).map((value) => ({ name: 'WWW-Authenticate', value }));
  if (terms.nonce !== undefined && fields.length > 0) fields.push({ name: 'DPoP-Nonce', value: terms.nonce });
  if (rowOf(refusal.code).retry === 'later') fields.push({ name: 'Retry-After', value: secondsOf(refusal) });
  if (refusal.code === 'REQUEST_METHOD') fields.push({ name: 'Allow', value: 'GET, HEAD' });
  if (requestId !== undefined) fields.push({ name: 'Cleat-Request-Id', value: requestId });
  return fields;
}

const NO_TERMS: ChallengeTerms = Object.freeze({ isDpopServed: false, nonce: undefined, resourceMetadata: undefined });

/** Whole seconds (RFC 9110 section 10.2.3): 1 where nobody knows better. */
const secondsOf = ({ retryAfter = milliseconds(0) }: Refusal): string =>
  String(Math.max(1, Math.ceil(retryAfter / 1000)));

/** The values of `WWW-Authenticate`, a field line each; none where another token would change nothing.
 *  Throws BUG_UNEXPECTED for a text that the grammar of RFC 6750 section 3 does not allow. */
export function challengesOf(refusal: Refusal, terms: ChallengeTerms = NO_TERMS): readonly string[] {
  const { code } = refusal;
  const last = { resource_metadata: terms.resourceMetadata };
  const bearer = (error?: string): string => challenge('Bearer', { error, ...detailsOf(refusal), ...last });
  const dpop = (error?: string): string =>
    challenge('DPoP', { error, ...(error === undefined ? {} : detailsOf(refusal)), algs: ALGS, ...last });
  const asked = terms.isDpopServed ? [dpop()] : [];
  if (code === 'TOKEN_DUPLICATE' || code === 'TOKEN_MALFORMED') return [bearer('invalid_request')];
  if (code === 'POLICY_SCOPE') return [bearer('insufficient_scope')];
  if (code === 'POLICY_LOGIN') return [bearer('insufficient_user_authentication')];
  if (rowOf(code).http !== 401) return [];
  const error = DPOP_ERRORS[code];
  if (error !== undefined) return [dpop(error)];
  // No credential of this scheme was shown: RFC 6750 section 3.1 wants the challenge without an error code.
  if (code === 'TOKEN_ABSENT' || code === 'TOKEN_SCHEME') return [bearer(), ...asked];
  // The certificate is at fault, not the token; RFC 9110 section 15.5.2 wants a challenge all the same.
  if (code.startsWith('PEER_')) return [bearer()];
  return [bearer('invalid_token'), ...asked];
}

const ALGS = PROOF_ALGORITHMS.join(' ');

/** Where the proof is at fault, or belongs to another token (RFC 9449 section 7.1). */
const DPOP_ERRORS: Readonly<Partial<Record<Code, string>>> = {
  BINDING_PROOF: 'invalid_dpop_proof',
  BINDING_REPLAY: 'invalid_dpop_proof',
  BINDING_NONCE: 'use_dpop_nonce',
  BINDING_PROOF_KEY: 'invalid_token',
};

/** What a client may know, so that it does the right thing next: another token, another connection, another scope. Nothing
 *  that it could not find out by itself; what is not here is just invalid. */
const DESCRIPTIONS: Readonly<Partial<Record<Code, string>>> = {
  TOKEN_DUPLICATE: 'not one credential, in Authorization alone',
  TOKEN_API_KEY: 'exchange the API key at the token endpoint of the CA',
  TOKEN_EXPIRED: 'token expired',
  TOKEN_EARLY: 'token not valid yet',
  TOKEN_LIFETIME: 'token lives too long',
  TOKEN_AUDIENCE: 'token for another audience',
  TOKEN_REVOKED: 'token revoked',
  BINDING_ABSENT: 'token bound to no certificate or key',
  BINDING_MISMATCH: 'token bound to another certificate or key',
  BINDING_NEWER: 'token newer than connection',
  BINDING_ACTOR: 'token of another workload',
  BINDING_PROOF_ABSENT: 'token wants a DPoP proof',
  BINDING_PROOF_KEY: 'token not bound to the key of the proof',
  BINDING_REPLAY: 'proof used before',
  POLICY_SCOPE: 'token lacks a scope',
  POLICY_LOGIN: 'another or a younger login is wanted',
};

function detailsOf(refusal: Refusal): Parameters {
  const scopes = scopesOf(refusal);
  const login = loginOf(refusal);
  return {
    error_description: DESCRIPTIONS[refusal.code],
    scope: scopes.length === 0 ? undefined : scopes.join(' '),
    // RFC 9470 section 3.
    acr_values: login?.acr?.join(' '),
    max_age: login?.maxAge === undefined ? undefined : String(login.maxAge),
  };
}

/** By name, in the order in which they are written; what is undefined is left out. */
type Parameters = Readonly<Record<string, string | undefined>>;

/** What a quoted-string may hold without escapes: RFC 6750 section 3 lets in neither quote nor backslash. */
const TEXT = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;

function challenge(scheme: 'Bearer' | 'DPoP', parameters: Parameters): string {
  let text = `${scheme} realm="cleat"`;
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    if (!TEXT.test(value)) throw new Fault('BUG_UNEXPECTED', `a challenge cannot say its ${name}`);
    text += `, ${name}="${value}"`;
  }
  return text;
}
