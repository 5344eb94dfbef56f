/**
 * The little language by which an attested name becomes the path of a SPIFFE ID: `{repo}` stands for one whole label or
 * segment, everything else for itself. `{device}.devices.corp.example` takes `device` out of a DNS name, `/devices/{device}`
 * puts it into a path. No regular expression, no choice, no default: a text matches in one way or not at all.
 */
import { admit, refuse, type Outcome } from '../fault/refusal.ts';
import { parsePath } from './spiffe-id.ts';

/** Frozen. */
export interface NameTemplate {
  /** As it was written. */
  readonly text: string;
  readonly parts: readonly Part[];
}

/** What a placeholder takes: in `dns` one label, in `text` the longest run of characters that a path segment may have. */
export type TemplateKind = 'dns' | 'text';

/** What the placeholders took, by name. */
export type Captured = ReadonlyMap<string, string>;

type Part = { readonly literal: string } | { readonly name: string; readonly kind: TemplateKind };

const MOST_LENGTH = 512;
const MOST_NAMES = 8;
const PARTS = /\{([a-z][A-Za-z0-9]{0,31})\}|[\x20-\x7a\x7c\x7e]+/g;
/** One character of a value. */
const VALUE: Readonly<Record<TemplateKind, RegExp>> = { dns: /^[a-z0-9_-]$/, text: /^[A-Za-z0-9._-]$/ };

/** The template that the text writes, undefined for any other text. A placeholder has a character in front of it and behind
 *  it that it cannot take itself, or the end of the text; a name stands once. */
export function parseTemplate(text: string, kind: TemplateKind): NameTemplate | undefined {
  if (text === '' || text.length > MOST_LENGTH) return undefined;
  const found = [...text.matchAll(PARTS)];
  if (found.map(([part]) => part).join('') !== text) return undefined;
  const parts = found.map(([literal, name]): Part => (name === undefined ? { literal } : { name, kind }));
  const template = Object.freeze({ text, parts: Object.freeze(parts) });
  const names = namesOf(template);
  const isClear = names.length <= MOST_NAMES && new Set(names).size === names.length;
  return isClear && parts.every((_part, at) => isDelimited(parts, at)) ? template : undefined;
}

/** The template of a SPIFFE path: each segment is a literal or one placeholder. Undefined for any other text. */
export function parsePathTemplate(text: string): NameTemplate | undefined {
  if (!parsePath(text.replaceAll(/\{[A-Za-z0-9]*\}/g, 'x')).ok) return undefined;
  return parseTemplate(text, 'text');
}

/** The names of the placeholders, in order. */
export function namesOf({ parts }: NameTemplate): readonly string[] {
  return parts.flatMap((part) => ('name' in part ? [part.name] : []));
}

/** What the placeholders took, undefined where the value does not match as a whole. Cost: one pass. */
export function matchTemplate({ parts }: NameTemplate, value: string): Captured | undefined {
  const captured = new Map<string, string>();
  let at = 0;
  for (const part of parts) {
    const taken = 'name' in part ? take(part.kind, value, at) : literalAt(part.literal, value, at);
    if (taken === undefined) return undefined;
    if ('name' in part) captured.set(part.name, taken);
    at += taken.length;
  }
  return at === value.length ? captured : undefined;
}

/** The path with the captured values in it. Refuses with PEER_NOT_SVID: a value that is no path segment (`..`), or absent. */
export function renderPath({ parts }: NameTemplate, captured: Captured): Outcome<string> {
  let path = '';
  for (const part of parts) {
    const value = 'name' in part ? captured.get(part.name) : part.literal;
    if (value === undefined) return refuse('PEER_NOT_SVID', 'the path has a placeholder without a value');
    if ('name' in part && value.includes('/')) return refuse('PEER_NOT_SVID', 'a value of more than one segment');
    path += value;
  }
  const segments = parsePath(path);
  return segments.ok ? admit(path) : segments;
}

/** Else two ways to match could differ in what they take. */
function isDelimited(parts: readonly Part[], at: number): boolean {
  const part = parts[at];
  if (part === undefined || !('name' in part)) return true;
  return [parts[at - 1], parts[at + 1]].every((next, side) => {
    if (next === undefined) return true;
    if ('name' in next) return false;
    const edge = side === 0 ? next.literal.slice(-1) : next.literal.slice(0, 1);
    return take(part.kind, edge, 0) === undefined;
  });
}

function take(kind: TemplateKind, value: string, at: number): string | undefined {
  let end = at;
  while (VALUE[kind].test(value.charAt(end))) end += 1;
  return end === at ? undefined : value.slice(at, end);
}

const literalAt = (literal: string, value: string, at: number): string | undefined =>
  value.startsWith(literal, at) ? literal : undefined;
