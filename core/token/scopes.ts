/** The scopes of a token, from wherever its issuer writes them. Never adds one that is not there. */
import { admit, type Outcome, refuse } from '../fault/refusal.ts';
import { claimAt, type ClaimPath } from './claim-path.ts';
import type { JsonObject, JsonValue } from './json.ts';

const SCOPES_MOST = 64;
/** RFC 6749 section 3.3, joined by single spaces. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Gives the scopes at all of these places together, each once, in their order. A text is a list with single spaces
 *  (RFC 8693 section 4.2), an array has one name an element.
 *  Refuses: TOKEN_CLAIMS for any other shape, and for more than 64 scopes. */
export function readScopes(claims: JsonObject, places: readonly ClaimPath[]): Outcome<readonly string[]> {
  const scopes = new Set<string>();
  for (const place of places) {
    const names = namesOf(claimAt(claims, place));
    if (names === undefined || names.length > SCOPES_MOST) return malformed(place);
    for (const name of names) scopes.add(name);
  }
  return scopes.size > SCOPES_MOST ? malformed(places.flat()) : admit(Object.freeze([...scopes]));
}

function namesOf(value: JsonValue | undefined): readonly string[] | undefined {
  if (value === undefined || value === '') return [];
  if (typeof value === 'string') {
    const names = value.split(' ');
    return names.every((name) => SCOPE.test(name)) ? names : undefined;
  }
  if (!Array.isArray(value) || !value.every((name) => typeof name === 'string')) return undefined;
  // A role may be any text, "Default Admin" too. What is no scope-token can be named by no rule, so it counts as none.
  return value.filter((name) => SCOPE.test(name));
}

const malformed = (place: ClaimPath): Outcome<never> =>
  refuse('TOKEN_CLAIMS', `${place.join(' ')} is not a list of at most ${SCOPES_MOST} names with single spaces`);
