/** JSONTestSuite through the reader of tokens and key sets: `y_` must be read, `n_` refused, `i_` is our choice. */
import { parseStrictJson } from '../../core/token/json.ts';
import { isMembers, type Document, textOf } from './document.ts';
import type { Case, Exception } from './score.ts';

/** Object, file name -> hex of the file. */
export function knowsJsonSuite(document: Document): boolean {
  return (
    isMembers(document) && Object.keys(document).length > 0 && Object.keys(document).every((name) => KIND.test(name))
  );
}

const KIND = /^[yni]_/;

export function jsonCases(document: Document): readonly Case[] {
  if (!isMembers(document)) throw new Error('not an object');
  return Object.keys(document).map((name) => {
    const content = textOf(document, name);
    const bytes = Buffer.from(content, 'hex');
    return {
      id: name,
      expected: expectedOf(name, bytes),
      content,
      exception: JSON_EXCEPTIONS.find(({ covers }) => covers(bytes)),
      judge: () => parseStrictJson(bytes),
    };
  });
}

export interface JsonException extends Exception {
  readonly covers: (bytes: Buffer) => boolean;
}

export const JSON_EXCEPTIONS: readonly JsonException[] = [
  {
    rule: 'duplicate member names',
    reason: 'two readers would see two values: refused by design',
    codes: ['TOKEN_JSON'],
    covers: (bytes) => CHOICES.every((refuses) => !refuses(bytes)) && hasDuplicateNames(bytes),
  },
];

/** Where the standard leaves the choice: what we refuse, each by a test of its own that is not the reader's. */
const CHOICES: readonly ((bytes: Buffer) => boolean)[] = [
  (bytes) => lenient(bytes) === undefined,
  (bytes) => bytes.subarray(0, 3).toString('hex') === 'efbbbf',
  (bytes) => some(bytes, (value) => typeof value === 'string' && !value.isWellFormed()),
  (bytes) => some(bytes, (value) => typeof value === 'number' && !Number.isFinite(value)),
  (bytes) => depthOf(lenient(bytes)?.value) > 8,
];

function expectedOf(name: string, bytes: Buffer): Case['expected'] {
  if (name.startsWith('y_')) return 'accepted';
  if (name.startsWith('n_')) return 'refused';
  return CHOICES.some((refuses) => refuses(bytes)) ? 'refused' : 'accepted';
}

/** What a reader without our rules makes of it; undefined for what is no UTF-8 or no JSON. */
function lenient(bytes: Buffer): { readonly value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return { value };
  } catch {
    return undefined;
  }
}

/** Whether a member name or a value, at any depth, is such. */
function some(bytes: Buffer, such: (value: unknown) => boolean): boolean {
  const within = (value: unknown): boolean => {
    if (such(value)) return true;
    if (Array.isArray(value)) return value.some(within);
    return isMembers(value) && (Object.keys(value).some(such) || Object.values(value).some(within));
  };
  return within(lenient(bytes)?.value);
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** Members in the text against members that a lenient reader kept. */
function hasDuplicateNames(bytes: Buffer): boolean {
  const text = bytes.toString('utf8');
  const written = text.match(/"(?:[^"\\]|\\.)*"\s*:/g)?.length ?? 0;
  const count = (value: unknown): number => {
    if (typeof value !== 'object' || value === null) return 0;
    const own = Array.isArray(value) ? 0 : Object.keys(value).length;
    return own + Object.values(value).reduce((sum: number, member: unknown) => sum + count(member), 0);
  };
  return written > count(lenient(bytes)?.value);
}
