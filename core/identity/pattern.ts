/**
 * Which workloads of one trust domain a rule means. Matched by segment: `/ns/shop` is not over `/ns/shopping`.
 * Never by regular expression, never by prefix of a string. The trust domain is the caller's to check: a pattern has none.
 */
import { admit, refuse, type Outcome } from '../fault/refusal.ts';
import { parsePath, type SpiffeId } from './spiffe-id.ts';

/** `exact`: this path. `under`: this path and all below it. `any`: each workload of the trust domain. */
export type IdPattern = { readonly exact: string } | { readonly under: string } | { readonly any: true };

const MOST_BYTES = 2048;

/** Gives the pattern that a configuration value spells, with one key of `exact`, `under`, `any`. Refuses: CONFIG_INVALID. */
export function parseIdPattern(value: unknown): Outcome<IdPattern> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('CONFIG_INVALID', FORM);
  const [entry, ...more] = Object.entries(value) as [string, unknown][];
  if (entry === undefined || more.length > 0) return refuse('CONFIG_INVALID', FORM);
  const [key, given] = entry;
  if (key === 'any' && given === true) return admit({ any: true });
  if ((key !== 'exact' && key !== 'under') || typeof given !== 'string') return refuse('CONFIG_INVALID', FORM);
  const path = checkPath(given);
  if (!path.ok) return path;
  return admit(key === 'exact' ? { exact: given } : { under: given });
}

const FORM = 'a pattern is {exact: /path}, {under: /path} or {any: true}';

function checkPath(path: string): Outcome<void> {
  if (path.length > MOST_BYTES) return refuse('CONFIG_INVALID', `path of ${path.length} bytes, at most 2048`);
  const segments = parsePath(path);
  return segments.ok ? admit(undefined) : refuse('CONFIG_INVALID', segments.refusal.detail);
}

/** True if the pattern means this ID. A path in the pattern that is no path of a SPIFFE ID matches nothing. */
export function matchesId(pattern: IdPattern, id: SpiffeId): boolean {
  if ('exact' in pattern) return id.path === pattern.exact;
  if ('any' in pattern) return pattern.any;
  const { under } = pattern;
  // The path of an ID is sound, so a pattern that is not, such as one with a slash at its end, is no beginning of one.
  if (under.length < 2 || !under.startsWith('/') || !id.path.startsWith(under)) return false;
  return id.path.length === under.length || id.path[under.length] === '/';
}
