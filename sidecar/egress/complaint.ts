/**
 * What an upstream that answers 401 complains of, as far as it can be helped here. Pure.
 * Spec: RFC 6750 section 3.1.
 */
import { rowOf } from '../../core/fault/catalog.ts';
import type { ResponseHead } from '../http/response.ts';

/** `token`: it would not take this token. `connection`: the token is good, but newer than the connection that it came on.
 *  Undefined: another attempt would change nothing. */
export function complaintOf({ status, fields }: ResponseHead): 'token' | 'connection' | undefined {
  if (status !== 401) return undefined;
  const challenges = fields.filter(({ lower }) => lower === 'www-authenticate').map(({ value }) => value);
  if (!challenges.some((value) => INVALID_TOKEN.test(value))) return undefined;
  return challenges.some((value) => value.includes(NEWER)) ? 'connection' : 'token';
}

const INVALID_TOKEN = /(?:^|[\s,])error="?invalid_token"?(?:[\s,]|$)/i;
const NEWER = `error_description="${rowOf('BINDING_NEWER').text}"`;
