/**
 * Recognises a key of the CA's clients where a client would put one. Such a key is for the token endpoint of the CA alone:
 * no sidecar takes one or sends one on. Pure; what is found is never a part of an answer or a detail.
 */
import { API_KEY_PREFIX } from '../../core/identity/api-key-text.ts';
import type { Field } from '../http/request.ts';

/** Whether the field holds such a key, whatever stands before it. */
export function holdsApiKey({ lower, value }: Field): boolean {
  return (lower === 'authorization' || lower === 'x-api-key') && KEY.test(value);
}

const KEY = new RegExp(String.raw`(?:^|[\s,:=])${API_KEY_PREFIX}`, 'i');
