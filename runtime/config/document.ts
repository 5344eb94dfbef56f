/**
 * YAML to plain values that still know where they stood. Takes less than YAML allows: one document, no duplicate keys,
 * no anchors, aliases or tags. Knows nothing of settings.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLParseError,
  type YAMLWarning,
} from 'yaml';

import { looksLikeCredential } from '../escape.ts';
import { formatKey, type Mistake } from './mistake.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
  /** What stands there, in words or as written; undefined where nothing does. */
  readonly found: string | undefined;
}

export interface ConfigDocument {
  readonly value: unknown;
  /** The place of a value; where it is absent, the place of the nearest mapping or list around it. */
  locate(path: readonly PropertyKey[]): Place;
  /** The place of a key of the mapping at `path`. */
  locateKey(path: readonly PropertyKey[], key: string): Place;
}

export interface Parsed {
  /** Absent where the text cannot be read at all. It may be there beside mistakes: then the rest can be checked too. */
  readonly document: ConfigDocument | undefined;
  readonly mistakes: readonly Mistake[];
}

/** The document, and every mistake of its syntax. `file` is the name that mistakes carry. */
export function parseConfigDocument(text: string, file: string): Parsed {
  if (text.length <= TEXT_MOST) return parse(text, file);
  const mistake = broken(file, START, `${text.length} characters`, `at most ${TEXT_MOST} characters`);
  return { document: undefined, mistakes: [mistake] };
}

const TEXT_MOST = 1024 * 1024;
const FOUND_MOST = 60;
/** One broken bracket can break a thousand lines after it. */
const MISTAKES_MOST = 20;
const START = { line: 1, column: 1 };

interface Position {
  readonly line: number;
  readonly column: number;
}

function parse(text: string, file: string): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2' });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const errors = [...document.errors, ...document.warnings];
  const mistakes = errors
    .filter(({ pos }, index) => errors.findIndex((other) => other.pos[0] === pos[0]) === index)
    .slice(0, MISTAKES_MOST)
    .map((error) => mistakeOf(error, { file, text, at }));
  const forbidden = forbiddenNodes(document, file, at);
  // With a key that stands twice the rest still means something; with anything else wrong it may not.
  const isReadable = forbidden.length === 0 && errors.every(({ code }) => code === 'DUPLICATE_KEY');
  return {
    document: isReadable ? createDocument(document, text, at) : undefined,
    mistakes: [...mistakes, ...forbidden],
  };
}

function broken(file: string, at: Position, found: string, allowed: string): Mistake {
  return { code: 'CONFIG_SYNTAX', file, ...at, key: '', found, allowed };
}

interface Scene {
  readonly file: string;
  readonly text: string;
  readonly at: (offset: number) => Position;
}

function mistakeOf(error: YAMLParseError | YAMLWarning, { file, text, at }: Scene): Mistake {
  const place = at(error.pos[0]);
  if (error.code === 'MULTIPLE_DOCS') return broken(file, place, 'a second document', 'one document a file');
  if (error.code === 'DUPLICATE_KEY') {
    const key = /^[\w.-]{1,64}/.exec(text.slice(error.pos[0]))?.[0] ?? '';
    return { ...broken(file, place, 'the key for the second time', 'each key once'), key: formatKey([key]) };
  }
  // The message of the parser may quote the file, and the file may hold what nobody should have put there.
  const said = error.message.split('\n', 1)[0] ?? '';
  const found = `broken YAML (${looksLikeCredential(said) ? error.code : said})`;
  return broken(file, place, found, 'YAML 1.2; text with : or # or brackets in quotes');
}

function forbiddenNodes(document: Document.Parsed, file: string, at: (offset: number) => Position): Mistake[] {
  const mistakes: Mistake[] = [];
  const note = (node: Node, found: string): void => {
    mistakes.push(broken(file, at(node.range?.[0] ?? 0), found, 'plain values: no anchors, aliases or tags'));
  };
  // `%YAML 1.1` would bring back `yes` as true and octal numbers.
  if (document.directives.yaml.explicit === true) mistakes.push(broken(file, START, 'a directive', 'no directive'));
  visit(document, {
    Pair(_key, { key }) {
      if (isMap(key) || isSeq(key)) note(key, 'a mapping or list as a key');
    },
    Node(_key, node) {
      if (isAlias(node)) note(node, 'an alias');
      else if (node.anchor !== undefined) note(node, 'an anchor');
      else if (node.tag !== undefined) note(node, 'a tag');
    },
  });
  return mistakes;
}

function createDocument(document: Document.Parsed, text: string, at: (offset: number) => Position): ConfigDocument {
  return {
    value: document.contents === null || isEmpty(document.contents) ? {} : document.toJS(),
    locate(path) {
      let around: Node | null = document.contents;
      for (const [depth, part] of path.entries()) {
        const next = childOf(around, part);
        if (next === undefined) return { ...at(around?.range?.[0] ?? 0), found: undefined };
        around = next;
        if (depth === path.length - 1) return { ...at(next.range?.[0] ?? 0), found: describe(next, text) };
      }
      return { ...at(around?.range?.[0] ?? 0), found: around === null ? undefined : describe(around, text) };
    },
    locateKey(path, key) {
      const around = path.reduce<Node | null>((node, part) => childOf(node, part) ?? null, document.contents);
      const found = isMap(around) ? around.items.find((pair) => nameOf(pair.key) === key)?.key : undefined;
      const offset = isNode(found) ? found.range?.[0] : around?.range?.[0];
      return { ...at(offset ?? 0), found: undefined };
    },
  };
}

function isNode(found: unknown): found is Node {
  return isScalar(found) || isMap(found) || isSeq(found);
}

function isEmpty(node: Node): boolean {
  return isScalar(node) && node.value === null;
}

function childOf(node: Node | null, part: PropertyKey): Node | undefined {
  const found = isSeq(node)
    ? node.items[Number(part)]
    : isMap(node)
      ? node.items.find((pair) => nameOf(pair.key) === String(part))?.value
      : undefined;
  return isNode(found) ? found : undefined;
}

function nameOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function describe(node: Node, text: string): string | undefined {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return `a list of ${node.items.length} entries`;
  if (isEmpty(node)) return undefined;
  const [start = 0, end = 0] = node.range ?? [];
  return shorten(text.slice(start, end).trim());
}

/** What was written, short and on one line; `<hidden>` where it has the form of a credential. */
export function shorten(written: string): string {
  if (looksLikeCredential(written)) return '<hidden>';
  const line = written.replaceAll(/\s+/g, ' ');
  return line.length > FOUND_MOST ? `${line.slice(0, FOUND_MOST)}...` : line;
}
