/**
 * Asks a token endpoint for one token: one POST over TLS 1.3 on a connection of its own, no redirect, a bounded body, one
 * deadline for all of it. Judges the form of the answer, never the token. Nothing of a body comes into a log but the
 * code of an error. Secret: what it sends and what it gives.
 * Spec: RFC 6749 sections 3.2, 5.1 and 5.2.
 */
import { Fault } from '../core/fault/fault.ts';
import { type Outcome, type Refusal, refuse } from '../core/fault/refusal.ts';
import { type Milliseconds, milliseconds } from '../core/time/units.ts';
import { parseTokenAnswer, parseTokenError, type TokenAnswer } from '../core/token/token-answer.ts';
import { askHttps, type HttpsAnswer, type HttpsCall } from './https-call.ts';
import { isChainRefused } from './tls-failure.ts';

/** Whom to trust and what to show. A connection is made for each request, so no session of another identity is resumed. */
export type EndpointTls = Pick<HttpsCall, 'trust' | 'identity'>;

export interface TokenRequest {
  /** https. */
  readonly url: string;
  /** Parameters of the form; undefined ones are left out. */
  readonly form: Readonly<Record<string, string | undefined>>;
  /** Value of `Authorization`. */
  readonly authorization?: string | undefined;
  readonly tls: EndpointTls;
  readonly timeout: Milliseconds;
  readonly signal?: AbortSignal | undefined;
}

/** The answer. Never rejects. Refuses: RENEW_REFUSED (the detail is the code of the error) | RENEW_UNREACHABLE | RENEW_UNTRUSTED |
 *  RENEW_ANSWER; `retryAfter` where the endpoint says when to come again. */
export async function requestToken(asked: TokenRequest): Promise<Outcome<TokenAnswer>> {
  const deadline = AbortSignal.timeout(asked.timeout);
  const signal = asked.signal === undefined ? deadline : AbortSignal.any([deadline, asked.signal]);
  try {
    const answer = await askHttps(callOf(asked), signal);
    if (answer.status !== 200) return { ok: false, refusal: refusalOf(answer) };
    return isJson(answer) ? parseTokenAnswer(answer.body) : refuse('RENEW_ANSWER', 'an answer that is not JSON');
  } catch (cause) {
    return { ok: false, refusal: failureOf(cause, asked, deadline) };
  }
}

const BODY_MOST = 65_536;

function callOf({ url, form, authorization, tls }: TokenRequest): HttpsCall {
  const given = Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    url,
    ...tls,
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: new URLSearchParams(given).toString(),
    most: BODY_MOST,
    code: 'RENEW_ANSWER',
  };
}

function isJson({ headers }: HttpsAnswer): boolean {
  return /^application\/json(?:\s*;|$)/i.test(headers['content-type'] ?? '');
}

function refusalOf(answer: HttpsAnswer): Refusal {
  const { status } = answer;
  const error = isJson(answer) ? parseTokenError(answer.body) : undefined;
  const refusal = {
    code: status >= 500 ? 'RENEW_UNREACHABLE' : 'RENEW_REFUSED',
    detail: error ?? `status ${status}`,
  } as const;
  const wait = retryAfterOf(answer);
  return wait === undefined ? refusal : { ...refusal, retryAfter: wait };
}

/** RFC 9110 section 10.2.3, in seconds or as a date. */
function retryAfterOf({ headers }: HttpsAnswer): Milliseconds | undefined {
  const said = headers['retry-after'];
  if (said === undefined) return undefined;
  if (/^[0-9]{1,8}$/.test(said)) return milliseconds(Number(said) * 1000);
  // `Date.parse` reads dates into almost anything.
  if (!HTTP_DATE.test(said)) return undefined;
  const wait = Date.parse(said) - Date.parse(headers.date ?? '');
  return Number.isFinite(wait) && wait > 0 ? milliseconds(wait) : undefined;
}

const HTTP_DATE = /^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT$/;

function failureOf(cause: unknown, { url, timeout }: TokenRequest, deadline: AbortSignal): Refusal {
  const { host } = new URL(url);
  if (deadline.aborted) return { code: 'RENEW_UNREACHABLE', detail: `${host}: no answer within ${timeout} ms` };
  if (cause instanceof Fault) {
    const code = cause.code.startsWith('PEER_') ? 'RENEW_UNTRUSTED' : cause.code;
    return { code, detail: `${host}: ${cause.detail}` };
  }
  const code = isChainRefused(cause) ? 'RENEW_UNTRUSTED' : 'RENEW_UNREACHABLE';
  return { code, detail: `${host}: ${cause instanceof Error ? cause.message : 'unknown'}` };
}
