/**
 * Path patterns of the policy, matched by segment on exactly the bytes that are forwarded: nothing is decoded, folded or
 * collapsed, so what was judged is what the app gets. A prefix of a string is never a match.
 */

/** `exact`: this path and no other. `under`: this path and all below it; `/` is everything. */
export type PathPattern = { readonly exact: string } | { readonly under: string };

/** True if the path is what the pattern names. `path` is the target before `?`. Cost: one compare. */
export function matchesPath(pattern: PathPattern, path: string): boolean {
  if ('exact' in pattern) return path === pattern.exact;
  const { under } = pattern;
  if (under === '/') return path.startsWith('/');
  return path.startsWith(under) && (path.length === under.length || path[under.length] === '/');
}

/** True if the text can be a pattern: `/`, or segments of RFC 3986 `pchar` without dot segments, empty segments or a slash at the end. */
export function isPathPattern(text: string): boolean {
  if (text === '/') return true;
  return (
    SEGMENTS.test(text) &&
    !text.split('/').some((segment) => segment === '.' || segment === '..') &&
    !hasNeedlessEscape(text)
  );
}

/**
 * True if the path writes an unreserved character as an escape (`%61` for `a`). RFC 3986 section 2.3 calls both one
 * path, and an app may decode: `/%61dmin` must not slip past a rule on `/admin`, so policy admits no such path.
 */
export function hasNeedlessEscape(path: string): boolean {
  for (let at = path.indexOf('%'); at !== -1; at = path.indexOf('%', at + 1)) {
    const octet = Number.parseInt(path.slice(at + 1, at + 3), 16);
    if (UNRESERVED.includes(String.fromCharCode(octet))) return true;
  }
  return false;
}

const SEGMENTS = /^(\/([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)+$/;
const UNRESERVED = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~';
