/**
 * What a client of the token service is told: one table from code to error, with texts that never hold what a caller sent. The
 * reason is in the log. Pure. Spec: RFC 6749 section 5, RFC 8693 section 2.2.2, RFC 8707 section 2, RFC 9449 section 5.
 */
import type { Code } from '../../core/fault/catalog.ts';
import { rowOf } from '../../core/fault/catalog.ts';
import type { Refusal } from '../../core/fault/refusal.ts';

export interface OAuthAnswer {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  /** JSON; undefined: no body. */
  readonly body: object | undefined;
}

const NOT_STORED = { 'cache-control': 'no-store', pragma: 'no-cache' } as const;

export const success = (body: object | undefined, fields: Readonly<Record<string, string>> = {}): OAuthAnswer => ({
  status: 200,
  fields: { ...NOT_STORED, ...fields },
  body,
});

interface ErrorRow {
  readonly error: string;
  /** Undefined: the detail itself, which says nothing but what to do. */
  readonly description: string | undefined;
}

const PROOF: ErrorRow = {
  error: 'invalid_dpop_proof',
  description: 'the DPoP proof is missing, malformed, old or used',
};
const ERRORS: Partial<Record<Code, ErrorRow>> = {
  GRANT_CLIENT: { error: 'invalid_client', description: 'client authentication failed' },
  GRANT_TOKEN_REQUEST: { error: 'invalid_request', description: undefined },
  GRANT_TOKEN_LIFETIME: {
    error: 'invalid_request',
    description: 'the certificate or the subject token is about to end',
  },
  GRANT_TYPE: { error: 'unsupported_grant_type', description: undefined },
  GRANT_TARGET: { error: 'invalid_target', description: 'not one target that this client is registered for' },
  GRANT_TOKEN_RULE: { error: 'invalid_target', description: 'no rule grants this audience to this client' },
  GRANT_SCOPE: {
    error: 'invalid_scope',
    description: 'wider than rule, client, API key and subject token allow together',
  },
  GRANT_SUBJECT: { error: 'invalid_request', description: 'the subject_token or actor_token is not accepted' },
  BINDING_PROOF: PROOF,
  BINDING_PROOF_ABSENT: PROOF,
  BINDING_PROOF_KEY: PROOF,
  BINDING_REPLAY: PROOF,
  BINDING_NONCE: { error: 'use_dpop_nonce', description: 'the proof must hold the nonce of this answer' },
};

export interface ErrorContext {
  /** Scheme of the `Authorization` that was sent, if one was. */
  readonly scheme: string | undefined;
  /** What `DPoP-Nonce` is to say; undefined: none is used. */
  readonly nonce: string | undefined;
}

/** The answer to a refusal. */
export function failure(refusal: Refusal, { scheme, nonce }: ErrorContext): OAuthAnswer {
  const row = rowOf(refusal.code);
  const known = ERRORS[refusal.code];
  const isOurs = known === undefined;
  const later = isOurs && row.retry === 'later';
  const fields: Record<string, string> = { ...NOT_STORED };
  if (nonce !== undefined) fields['dpop-nonce'] = nonce;
  if (later) fields['retry-after'] = String(Math.max(1, Math.ceil((refusal.retryAfter ?? 1000) / 1000)));
  const isClient = refusal.code === 'GRANT_CLIENT';
  // RFC 6749 section 5.2: who tried by Authorization is told by which scheme to try again.
  if (isClient && scheme !== undefined) fields['www-authenticate'] = `${schemeOf(scheme)} realm="cleat"`;
  const error = known?.error ?? (later ? 'temporarily_unavailable' : 'server_error');
  const description = plain(known === undefined ? row.text : (known.description ?? refusal.detail));
  return {
    // RFC 7009 section 2.2.1: what may succeed later is 503, whatever it is called elsewhere.
    status: isOurs
      ? later && row.http === 500 && refusal.code !== 'BUG_UNEXPECTED'
        ? 503
        : row.http
      : isClient
        ? 401
        : 400,
    fields,
    body: { error, error_description: description },
  };
}

const schemeOf = (sent: string): string => (sent.toLowerCase() === 'basic' ? 'Basic' : 'Bearer');

const DESCRIPTION_MOST = 256;

/** RFC 6749 section 5.2: no quote and no backslash. */
const plain = (text: string): string =>
  text.slice(0, DESCRIPTION_MOST).replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "'");
