/**
 * The header of a JWS: which algorithm, which key, which kind of token (RFC 7515 section 4.1). A key that travels in the
 * header (`jwk`, `jku`, `x5u`, `x5c`, `x5t`) is never read: whoever made the token would choose who checks it.
 */
import { admit, type Outcome, refuse } from '../fault/refusal.ts';
import { type Algorithm, algorithmOf } from './algorithm.ts';
import type { JsonObject } from './json.ts';

export interface JwsHeader {
  readonly algorithm: Algorithm;
  readonly keyId: string | undefined;
  /** In lower case, without `application/`; undefined where absent. */
  readonly type: string | undefined;
}

/** Bytes. */
export const KEY_ID_MOST = 256;
const TYPE_MOST = 128;

/** Gives the header if the issuer may sign with its algorithm. `allowed` is the issuer's list.
 *  Refuses: TOKEN_HEADER for a member of the wrong type and for `crit`, `b64`, `zip`; TOKEN_ALGORITHM. */
export function checkHeader(header: JsonObject, allowed: readonly Algorithm[]): Outcome<JwsHeader> {
  // An extension that must be understood is not; an unencoded or compressed payload reads differently elsewhere.
  const special = ['crit', 'b64', 'zip'].find((member) => member in header);
  if (special !== undefined) return refuse('TOKEN_HEADER', `${special} is not allowed`);
  const { alg, kid, typ } = header;
  if (typeof alg !== 'string') return refuse('TOKEN_HEADER', 'alg is not a string');
  if (kid !== undefined && !isShortText(kid, KEY_ID_MOST)) {
    return refuse('TOKEN_HEADER', `kid is not a string of 1 to ${KEY_ID_MOST} bytes`);
  }
  if (typ !== undefined && !isShortText(typ, TYPE_MOST)) {
    return refuse('TOKEN_HEADER', `typ is not a string of 1 to ${TYPE_MOST} bytes`);
  }
  const algorithm = algorithmOf(alg);
  if (algorithm === undefined || !allowed.includes(algorithm)) {
    return refuse('TOKEN_ALGORITHM', `alg ${JSON.stringify(alg.slice(0, 32))}, allowed: ${allowed.join(' ')}`);
  }
  return admit({ algorithm, keyId: kid, type: typ === undefined ? undefined : mediaType(typ) });
}

/** One spelling for one type: without a `/`, `application/` is implied, and case does not count (RFC 7515 section 4.1.9). */
export function mediaType(text: string): string {
  const lower = text.toLowerCase();
  const subtype = lower.startsWith('application/') ? lower.slice('application/'.length) : lower;
  return subtype.includes('/') ? lower : subtype;
}

function isShortText(value: unknown, most: number): value is string {
  return typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= most;
}
