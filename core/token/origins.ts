/** Where a token of ours came from: the client, API key or mandate that a revocation by `origin` names. Decides nothing. */
import type { JsonObject, JsonValue } from './json.ts';

/** Our CA writes so many at most. */
const ORIGINS_MOST = 8;
/** Characters; what our CA writes is far shorter. */
const ORIGIN_MOST = 512;
const NONE: readonly string[] = Object.freeze([]);

/** Gives the values of the claim `origin`: a text, or an array of 1 to 8 of them. What is anything else counts as none:
 *  the claim is private, and other issuers may mean something else by it. */
export function readOrigins({ origin }: JsonObject): readonly string[] {
  const named: readonly JsonValue[] = Array.isArray(origin) ? origin : [origin ?? null];
  if (named.length > ORIGINS_MOST || !named.every(isOrigin)) return NONE;
  return Object.freeze([...named]);
}

function isOrigin(value: JsonValue): value is string {
  return typeof value === 'string' && value !== '' && value.length <= ORIGIN_MOST;
}
