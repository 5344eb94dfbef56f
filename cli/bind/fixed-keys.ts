/** The keys of an issuer from bytes that are at hand, in place of a source that fetches them. */
import { refuse } from '../../core/fault/refusal.ts';
import { parseKeySet } from '../../core/token/key-set.ts';
import type { TrustedIssuer } from '../../runtime/token/verify-token.ts';

/** Gives the source. `bytes` is a JWK Set; undefined where none is at hand, and `absent` says why. A set that is refused was
 *  never adopted: the issuer has no keys. */
export function fixedKeys(bytes: Buffer | undefined, absent = ''): TrustedIssuer['source'] {
  const set = bytes === undefined ? refuse('TOKEN_KEYS_UNAVAILABLE', absent) : parseKeySet(bytes);
  const keys = set.ok ? set : refuse('TOKEN_KEYS_UNAVAILABLE', set.refusal.detail);
  return {
    keys: () => keys,
    seek: () => Promise.resolve(keys),
    subscribe: () => ({ [Symbol.dispose]: () => undefined }),
  };
}
