/** The source tree as the house tests see it: every TypeScript file, parsed once, with its imports resolved. */
import { readFileSync } from 'node:fs';
import { globSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

import { parseSync } from 'oxc-parser';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PATTERN = '{core,runtime,ca,sidecar,cli,demo,scripts,test,bench}/**/*.ts';

/** A node of the ESTree tree; only what the walkers here look at is typed. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}

export interface Source {
  /** Path from the root of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly program: Node;
  readonly comments: readonly { readonly value: string; readonly start: number; readonly end: number }[];
  /** Specifiers of static and dynamic imports and of re-exports; relative ones as paths from the root. */
  readonly imports: readonly string[];
}

/** Every source file, generated ones left out. */
export function readSources(): readonly Source[] {
  return globSync(PATTERN, { cwd: ROOT, exclude: (name) => name === 'gen' || name === 'node_modules' })
    .filter((path) => !path.split('/').includes('gen'))
    .sort()
    .map((path) => readSource(path, readFileSync(join(ROOT, path), 'utf8')));
}

/** One file from its text; a syntax error is a failure of the test that asked. */
export function readSource(path: string, text: string): Source {
  const { program, comments, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const tree = program as unknown as Node;
  return { path, text, program: tree, comments, imports: importsOf(path, tree) };
}

/** Depth-first over every node. */
export function* walk(node: Node): Generator<Node> {
  yield node;
  for (const member of Object.values(node)) {
    if (isNode(member)) yield* walk(member);
    if (Array.isArray(member)) for (const item of member) if (isNode(item)) yield* walk(item);
  }
}

/** Lines that hold code: neither blank nor only comment. */
export function codeLines(source: Source, from = 0, to = source.text.length): number {
  let bare = source.text;
  for (const { start, end } of source.comments)
    bare = bare.slice(0, start) + bare.slice(start, end).replaceAll(/[^\n]/g, ' ') + bare.slice(end);
  return bare
    .slice(from, to)
    .split('\n')
    .filter((line) => line.trim() !== '').length;
}

/** `path:line` of a node, as an editor opens it. */
export function place(source: Source, node: Node): string {
  return `${source.path}:${source.text.slice(0, node.start).split('\n').length}`;
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

const IMPORTING = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
]);

function importsOf(path: string, program: Node): readonly string[] {
  const found: string[] = [];
  for (const node of walk(program)) {
    if (!IMPORTING.has(node.type)) continue;
    const specifier = literal(node['source']) ?? literal(node['argument']);
    if (specifier !== undefined)
      found.push(specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : specifier);
  }
  return found;
}

function literal(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'TSLiteralType') return literal(node['literal']);
  return typeof node['value'] === 'string' ? node['value'] : undefined;
}
