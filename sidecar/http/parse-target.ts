/**
 * The request target: origin-form, `*` for OPTIONS, or absolute-form that is brought into origin-form.
 * What comes out is the very text that is judged and forwarded; nothing is decoded, merged or made canonical.
 * Spec: RFC 9112 section 3.2, RFC 3986 sections 2.1 and 3.3.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { CLASSES, HEX, isAll, TARGET } from './bytes.ts';

export interface TargetRules {
  /** The scheme of this port; absolute-form with another one is refused. */
  readonly scheme: 'http' | 'https';
  /** Lets `%2f`, `%5c` and dot segments through, for apps that route by exact bytes. Default false. */
  readonly ambiguousPaths: boolean;
}

export interface Target {
  readonly target: string;
  readonly path: string;
  readonly query: string | undefined;
  /** Of absolute-form: must agree with Host. */
  readonly authority: string | undefined;
}

/** Gives the target in origin-form. Refuses: REQUEST_TARGET. */
export function parseTarget(raw: string, method: string, rules: TargetRules): Outcome<Target> {
  if (!isAll(raw, TARGET)) return refuse('REQUEST_TARGET', 'a byte that no target may hold');
  if (raw === '*') {
    if (method !== 'OPTIONS') return refuse('REQUEST_TARGET', '* is for OPTIONS only');
    return admit({ target: raw, path: raw, query: undefined, authority: undefined });
  }
  if (raw.startsWith('/')) return parseOrigin(raw, undefined, rules);
  const prefix = `${rules.scheme}://`;
  if (raw.slice(0, prefix.length).toLowerCase() !== prefix) {
    return refuse('REQUEST_TARGET', `neither origin-form nor absolute-form of ${rules.scheme}`);
  }
  const rest = raw.slice(prefix.length);
  const end = authorityEnd(rest);
  const authority = end === -1 ? rest : rest.slice(0, end);
  const tail = end === -1 ? '' : rest.slice(end);
  return parseOrigin(tail.startsWith('/') ? tail : `/${tail}`, authority, rules);
}

function parseOrigin(target: string, authority: string | undefined, rules: TargetRules): Outcome<Target> {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const problem = badEscape(target) ?? (rules.ambiguousPaths ? undefined : ambiguity(path));
  if (problem !== undefined) return refuse('REQUEST_TARGET', problem);
  return admit({ target, path, query: mark === -1 ? undefined : target.slice(mark + 1), authority });
}

function badEscape(target: string): string | undefined {
  for (let at = target.indexOf('%'); at !== -1; at = target.indexOf('%', at + 1)) {
    const digits = target.slice(at + 1, at + 3);
    if (digits.length < 2 || !isHex(digits, 0) || !isHex(digits, 1)) return '% without two hex digits';
    if (digits === '00') return '%00';
  }
  return undefined;
}

/** Paths that two parsers take apart in two ways: policy would judge one resource and the app serve another. */
function ambiguity(path: string): string | undefined {
  if (path.includes('%')) {
    const lower = path.toLowerCase();
    if (lower.includes('%2f') || lower.includes('%5c')) return 'an encoded slash or backslash in the path';
    return hasDotSegment(lower.replaceAll('%2e', '.').replaceAll('%3b', ';')) ? 'a dot segment' : undefined;
  }
  return path.includes('/.') && hasDotSegment(path) ? 'a dot segment' : undefined;
}

/** `..;x` counts: servlet containers drop the parameter and then go up. */
function hasDotSegment(path: string): boolean {
  return path.split('/').some((segment) => {
    const end = segment.indexOf(';');
    const name = end === -1 ? segment : segment.slice(0, end);
    return name === '.' || name === '..';
  });
}

function isHex(text: string, at: number): boolean {
  return ((CLASSES[text.charCodeAt(at)] ?? 0) & HEX) !== 0;
}

function authorityEnd(rest: string): number {
  const slash = rest.indexOf('/');
  const mark = rest.indexOf('?');
  if (slash === -1 || mark === -1) return Math.max(slash, mark);
  return Math.min(slash, mark);
}
