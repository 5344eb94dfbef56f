/**
 * The header of a JWS: which algorithm, which key, which kind of token. Keys that travel in the header (`jwk`, `jku`,
 * `x5u`, `x5c`, `x5t`) are never read.
 */
import { admit, type Outcome, refuse } from '../fault/refusal.ts';
import { type Algorithm, algorithmOf } from './algorithm.ts';
import type { JsonObject } from './json.ts';

export interface JwsHeader {
  readonly algorithm: Algorithm;
  readonly keyId: string | undefined;
  /** In lower case, without `application/` (RFC 7515 section 4.1.9); undefined where absent. */
  readonly type: string | undefined;
}

const LONGEST_KEY_ID = 256;

/** Refuses: TOKEN_ALGORITHM | TOKEN_HEADER. `allowed` is the issuer's list. */
export function checkHeader(header: JsonObject, allowed: readonly Algorithm[]): Outcome<JwsHeader> {
  const algorithm = algorithmOf(header['alg']);
  if (algorithm === undefined || !allowed.includes(algorithm))
    return refuse('TOKEN_ALGORITHM', `${JSON.stringify(header['alg']).slice(0, 40)}, allowed: ${allowed.join(' ')}`);
  // An extension that must be understood cannot be, and an unencoded payload or a compressed one reads differently.
  const special = ['crit', 'b64', 'zip'].find((member) => Object.hasOwn(header, member));
  if (special !== undefined) return refuse('TOKEN_HEADER', `${special} is not allowed`);
  const { kid, typ } = header;
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > LONGEST_KEY_ID))
    return refuse('TOKEN_HEADER', `kid: a string of at most ${LONGEST_KEY_ID} characters`);
  if (typ !== undefined && typeof typ !== 'string') return refuse('TOKEN_HEADER', 'typ: a string');
  return admit({ algorithm, keyId: kid, type: typ?.toLowerCase().replace(/^application\//, '') });
}
