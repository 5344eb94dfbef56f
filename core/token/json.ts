/**
 * The JSON reader for everything that comes from outside: tokens, key sets, bodies (RFC 8259, made strict).
 * Two readers of one text must never see two values, so it refuses what others resolve in their own way: duplicate
 * members, lone surrogates, a byte order mark, numbers that are not finite. Never knows what the value means.
 */
import { admit, type Outcome, refuse } from '../fault/refusal.ts';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** Without prototype: `object['constructor']` is undefined unless the text has such a member. */
export interface JsonObject {
  readonly [name: string]: JsonValue;
}

export interface JsonLimits {
  /** How many objects and arrays may be open at once. */
  readonly depth: number;
}

/** Gives the value. Refuses: TOKEN_JSON; the detail names rule and position, never content.
 *  Depth: 8 unless told. The caller bounds the size. Cost: one pass. */
export function parseStrictJson(bytes: Buffer, limits: JsonLimits = { depth: 8 }): Outcome<JsonValue> {
  const text = decodeUtf8(bytes);
  if (text === undefined) return refuse('TOKEN_JSON', 'not UTF-8');
  const cursor: Cursor = { text, at: 0, depth: limits.depth, fault: '' };
  const value = readValue(cursor, 0);
  skipSpace(cursor);
  if (value === undefined || cursor.at < text.length) {
    return refuse('TOKEN_JSON', `${cursor.fault || 'text after the value'} at character ${cursor.at}`);
  }
  return admit(value);
}

/** Gives the value if it is an object. Refuses: TOKEN_JSON. */
export function parseStrictObject(bytes: Buffer, limits?: JsonLimits): Outcome<JsonObject> {
  const value = parseStrictJson(bytes, limits);
  if (!value.ok) return value;
  return isJsonObject(value.value) ? admit(value.value) : refuse('TOKEN_JSON', 'not an object');
}

/** Whether the value is an object: neither null nor an array. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reading stops where `at` stands when `fault` is set; a reader that failed gives undefined, which JSON cannot say. */
interface Cursor {
  readonly text: string;
  readonly depth: number;
  at: number;
  fault: string;
}

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    // With ignoreBOM a byte order mark stays in the text, where the grammar refuses it.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function readValue(cursor: Cursor, open: number): JsonValue | undefined {
  skipSpace(cursor);
  const first = cursor.text[cursor.at];
  if (first === '"') return readString(cursor);
  if (first === '{' || first === '[') {
    if (open >= cursor.depth) return fail(cursor, `deeper than ${cursor.depth}`);
    cursor.at += 1;
    return first === '{' ? readObject(cursor, open + 1) : readArray(cursor, open + 1);
  }
  for (const [word, value] of WORDS) {
    if (!cursor.text.startsWith(word, cursor.at)) continue;
    cursor.at += word.length;
    return value;
  }
  return readNumber(cursor);
}

const WORDS: readonly (readonly [string, JsonValue])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

function readObject(cursor: Cursor, open: number): JsonObject | undefined {
  const object = Object.create(null) as Record<string, JsonValue>;
  if (take(cursor, '}')) return object;
  do {
    skipSpace(cursor);
    if (cursor.text[cursor.at] !== '"') return fail(cursor, 'no member name');
    const name = readString(cursor);
    if (name === undefined) return undefined;
    if (name === '__proto__') return fail(cursor, 'member __proto__');
    if (name in object) return fail(cursor, 'duplicate member');
    if (!take(cursor, ':')) return fail(cursor, 'no colon');
    const value = readValue(cursor, open);
    if (value === undefined) return undefined;
    object[name] = value;
  } while (take(cursor, ','));
  return take(cursor, '}') ? object : fail(cursor, 'no end of object');
}

function readArray(cursor: Cursor, open: number): readonly JsonValue[] | undefined {
  const array: JsonValue[] = [];
  if (take(cursor, ']')) return array;
  do {
    const value = readValue(cursor, open);
    if (value === undefined) return undefined;
    array.push(value);
  } while (take(cursor, ','));
  return take(cursor, ']') ? array : fail(cursor, 'no end of array');
}

function readString(cursor: Cursor): string | undefined {
  const { text, at } = cursor;
  let end = at + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  const value = unquote(text.slice(at, end + 1));
  if (value === undefined) return fail(cursor, 'malformed string');
  if (!value.isWellFormed()) return fail(cursor, 'lone surrogate');
  cursor.at = end + 1;
  return value;
}

/** The platform's reader knows the escapes; here it is only ever given one literal. */
function unquote(literal: string): string | undefined {
  try {
    const value: unknown = JSON.parse(literal);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

function readNumber(cursor: Cursor): number | undefined {
  let end = cursor.at;
  while ('+-.0123456789eE'.includes(cursor.text[end] ?? ' ')) end += 1;
  const literal = cursor.text.slice(cursor.at, end);
  if (!NUMBER.test(literal)) return fail(cursor, 'no value');
  const value = Number(literal);
  if (!Number.isFinite(value)) return fail(cursor, 'number out of range');
  cursor.at = end;
  return value;
}

function take(cursor: Cursor, mark: string): boolean {
  skipSpace(cursor);
  if (cursor.text[cursor.at] !== mark) return false;
  cursor.at += 1;
  return true;
}

function skipSpace(cursor: Cursor): void {
  while (' \t\n\r'.includes(cursor.text[cursor.at] ?? '-')) cursor.at += 1;
}

function fail(cursor: Cursor, fault: string): undefined {
  cursor.fault = fault;
  return undefined;
}
