/**
 * What a refused client is told beside status and public text: which scheme to use, what was wrong in the words of the
 * standard, when to come again. Generic on purpose; the reason is in the log and in `cleat why`.
 * Spec: RFC 6750 section 3, RFC 9110 sections 10.2.3 and 11.6.1.
 */
import { rowOf } from '../core/fault/catalog.ts';
import type { Refusal } from '../core/fault/refusal.ts';
import { milliseconds } from '../core/time/units.ts';
import type { AnswerField } from './forward/forwarding.ts';
import { scopesOf } from './policy/permit.ts';

/** The fields that the answer of this refusal carries, at most three. `requestId` is what `cleat why` asks for. */
export function challengeFields(refusal: Refusal, requestId: string | undefined): readonly AnswerField[] {
  const fields: AnswerField[] = [];
  const challenge = challengeOf(refusal);
  if (challenge !== undefined) fields.push({ name: 'WWW-Authenticate', value: challenge });
  if (rowOf(refusal.code).retry === 'later') fields.push({ name: 'Retry-After', value: secondsOf(refusal) });
  if (requestId !== undefined) fields.push({ name: 'Cleat-Request-Id', value: requestId });
  return fields;
}

/** Whole seconds (RFC 9110 section 10.2.3): 1 where nobody knows better. */
const secondsOf = ({ retryAfter = milliseconds(0) }: Refusal): string =>
  String(Math.max(1, Math.ceil(retryAfter / 1000)));

/** The value of `WWW-Authenticate`; undefined where another token would change nothing. */
export function challengeOf(refusal: Refusal): string | undefined {
  const { code } = refusal;
  if (code === 'TOKEN_DUPLICATE' || code === 'TOKEN_MALFORMED') return `${BEARER}, error="invalid_request"`;
  if (code === 'POLICY_SCOPE') return `${BEARER}, error="insufficient_scope"${scopeParameter(refusal)}`;
  if (rowOf(code).http !== 401) return undefined;
  // No credential of this scheme was shown: RFC 6750 section 3.1 wants the challenge without an error code.
  if (code === 'TOKEN_ABSENT' || code === 'TOKEN_SCHEME') return BEARER;
  // The certificate is at fault, not the token; RFC 9110 section 15.5.2 wants a challenge all the same.
  if (code.startsWith('PEER_')) return BEARER;
  // The one reason that a client can act on by itself; it says nothing that he does not know.
  const reason = code === 'BINDING_NEWER' ? `, error_description="${rowOf(code).text}"` : '';
  return `${BEARER}, error="invalid_token"${reason}`;
}

const BEARER = 'Bearer realm="cleat"';

/** scope-token of RFC 6749 section 3.3 holds neither quote nor backslash; the policy schema lets no other in. */
function scopeParameter(refusal: Refusal): string {
  const scopes = scopesOf(refusal);
  return scopes.length === 0 ? '' : `, scope="${scopes.join(' ')}"`;
}
