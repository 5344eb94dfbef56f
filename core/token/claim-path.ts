/**
 * A claim by its path, such as `scp`, `realm_access.roles` or `resource_access."my.client".roles`: names joined by dots, a
 * name that holds a dot in double quotes. Never guesses: one path names one place.
 */
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

/** The names from the outside in, at least one. */
export type ClaimPath = readonly string[];

const NAMES_MOST = 8;
const TEXT_MOST = 256;
/** A bare name, or one in quotes; then a dot or the end. Control characters, quotes and backslashes are in no claim name. */
const NAME = /(?:([^\u0000-\u0020".\\\u007f]+)|"([^\u0000-\u001f"\\\u007f]+)")(?:\.|$)/y;

/** What `parseClaimPath` takes, in words. */
export const CLAIM_PATH = 'a claim such as scp, realm_access.roles or "https://example.com/roles"';

/** Gives the path; undefined for what is none, has more than 8 names or more than 256 characters. */
export function parseClaimPath(text: string): ClaimPath | undefined {
  const names: string[] = [];
  if (text.length > TEXT_MOST || text.endsWith('.')) return undefined;
  const name = new RegExp(NAME);
  while (name.lastIndex < text.length) {
    const found = name.exec(text);
    if (found === null || names.push(found[1] ?? found[2] ?? '') > NAMES_MOST) return undefined;
  }
  return names.length === 0 ? undefined : Object.freeze(names);
}

/** Gives what is there; undefined where a name on the way is missing or no object. */
export function claimAt(claims: JsonObject, path: ClaimPath): JsonValue | undefined {
  let found: JsonValue | undefined = claims;
  for (const name of path) {
    if (!isJsonObject(found) || !Object.hasOwn(found, name)) return undefined;
    found = found[name];
  }
  return found;
}
