/**
 * Reads the members of what an administrator orders: a JSON object with known members alone, each of a form and within
 * bounds. An empty list is one that was not given: gRPC cannot tell them apart. Pure; decides no rights.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { parseIdPattern, type IdPattern } from '../../core/identity/pattern.ts';
import { parseDuration } from '../../core/time/duration.ts';
import { toSeconds, type Seconds } from '../../core/time/units.ts';
import { AUDIENCE, SCOPE } from '../../runtime/config/identity.ts';

export type RawOrder = Readonly<Record<string, unknown>>;

/** Every reader refuses CONFIG_INVALID with the name of the member and what would be right. */
export const invalid = (allowed: string): Outcome<never> => refuse('CONFIG_INVALID', allowed);

/** The object, if it has no other members than these. */
export function readOrder(body: unknown, names: readonly string[]): Outcome<RawOrder> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return invalid('not an object');
  const unknown = Object.keys(body).filter((name) => !names.includes(name));
  if (unknown.length > 0) return invalid(`the members ${names.join(', ')}; found ${JSON.stringify(unknown)}`);
  return admit(body as RawOrder);
}

export interface TextTerms {
  readonly grammar: RegExp;
  /** In words. */
  readonly allowed: string;
}

/** `client_id`: it cannot look like a SPIFFE ID, and is not the word that stands for every client in a rule. */
export const CLIENT_ID: TextTerms = {
  grammar: /^(?!any$)[a-z0-9][a-z0-9._-]{1,62}$/,
  allowed: '2 to 63 of a-z, 0-9, dot, dash and underscore, beginning with a letter or digit, and not the word any',
};
/** Ids that we give. */
export const PUBLIC_ID: TextTerms = { grammar: /^[0-9a-f]{16}$/, allowed: '16 digits of lower-case hex' };
/** What a person writes for other persons. */
export const WORDS: TextTerms = {
  grammar: /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,256}$/u,
  allowed: '1 to 256 characters without control characters',
};
export const AUDIENCE_TEXT: TextTerms = { grammar: AUDIENCE, allowed: '1 to 255 printable characters without spaces' };

/** A text that must be there. */
export function textOf(raw: RawOrder, name: string, { grammar, allowed }: TextTerms): Outcome<string> {
  const value = raw[name];
  return typeof value === 'string' && grammar.test(value) ? admit(value) : invalid(`${name}: ${allowed}`);
}

const LIST_MOST = 64;

/** Audiences, each once; at most 64. */
export const audiencesOf = (raw: RawOrder): Outcome<readonly string[]> =>
  listOf(raw, 'audiences', (item) => typeof item === 'string' && AUDIENCE.test(item));

/** Scopes, each once; at most 64. */
export const scopesOf = (raw: RawOrder): Outcome<readonly string[]> =>
  listOf(raw, 'scopes', (item) => typeof item === 'string' && SCOPE.test(item));

/** Texts, each once, that all pass; at most 64. */
export function listOf(raw: RawOrder, name: string, passes: (item: unknown) => boolean): Outcome<readonly string[]> {
  const value = raw[name] ?? [];
  if (!Array.isArray(value) || value.length > LIST_MOST) return invalid(`${name}: a list of at most ${LIST_MOST}`);
  const wrong = (value as readonly unknown[]).find((item) => !passes(item));
  if (wrong !== undefined) return invalid(`${name}: found ${JSON.stringify(wrong).slice(0, 80)}`);
  return admit([...new Set(value as readonly string[])]);
}

/** Patterns of workloads, `{exact: PATH}`, `{under: PATH}` or `{any: true}`; never the names of the CA. */
export function patternsOf(raw: RawOrder, name: string): Outcome<readonly IdPattern[]> {
  const value = raw[name] ?? [];
  if (!Array.isArray(value) || value.length > LIST_MOST) return invalid(`${name}: a list of at most ${LIST_MOST}`);
  const patterns: IdPattern[] = [];
  for (const item of value as readonly unknown[]) {
    const pattern = patternOf(item, name);
    if (!pattern.ok) return pattern;
    patterns.push(pattern.value);
  }
  return admit(patterns);
}

/** One of them. */
export function patternOf(value: unknown, name: string): Outcome<IdPattern> {
  const pattern = parseIdPattern(value);
  if (!pattern.ok) return invalid(`${name}: ${pattern.refusal.detail}`);
  const path = 'exact' in pattern.value ? pattern.value.exact : 'under' in pattern.value ? pattern.value.under : '';
  if (path === '/cleat' || path.startsWith('/cleat/')) return invalid(`${name}: /cleat is reserved for the CA`);
  return pattern;
}

export interface SpanTerms {
  readonly fallback: Seconds | undefined;
  readonly least: Seconds;
  readonly most: Seconds;
  /** In words. */
  readonly allowed: string;
}

/** A duration such as `30m`. */
export function spanOf(raw: RawOrder, name: string, terms: SpanTerms): Outcome<Seconds> {
  const { fallback, least, most, allowed } = terms;
  const value = raw[name];
  if (value === undefined && fallback !== undefined) return admit(fallback);
  const span = typeof value === 'string' ? parseDuration(value) : undefined;
  const whole = span === undefined ? undefined : toSeconds(span);
  return whole !== undefined && whole >= least && whole <= most ? admit(whole) : invalid(`${name}: ${allowed}`);
}

/** A whole number from 1 to `most`. */
export function countOf(
  raw: RawOrder,
  name: string,
  { fallback, most }: { readonly fallback: number; readonly most: number },
): Outcome<number> {
  const value = raw[name] ?? fallback;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= most
    ? admit(value)
    : invalid(`${name}: a whole number from 1 to ${most}`);
}
