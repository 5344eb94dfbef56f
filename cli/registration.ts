/** What the verbs about clients, API keys and mandates share: options, and how an answer with a secret in it is shown. */
import { Fault } from '../core/fault/fault.ts';
import { escapeText, toSafeJson } from '../runtime/escape.ts';
import { CA_OPTIONS } from './ask-ca.ts';
import { EXIT, type Io } from './io.ts';
import { writeSecret } from './secret-file.ts';
import { type Invocation, type Option, UsageMistake } from './verb.ts';

export type Row = Readonly<Record<string, unknown>>;

type Options = Readonly<Record<string, Option>>;

export const COMMON_OPTIONS = { ...CA_OPTIONS, json: { doc: 'Print one JSON object.' } } as const satisfies Options;

export const SECRET_OPTIONS = {
  out: { value: 'FILE', doc: 'Write the secret to this file, mode 0600. Default: standard output, alone on a line.' },
  ...COMMON_OPTIONS,
} as const satisfies Options;

/** Which workloads; `--from` and its kin may be given together. */
export const FROM_OPTIONS = {
  from: { value: 'PATH', doc: 'A workload that may use it: the path of its SPIFFE ID.', multiple: true },
  'from-under': { value: 'PATH', doc: 'Every workload at and below this path.', multiple: true },
} as const satisfies Options;

export const RIGHT_OPTIONS = {
  audience: { value: 'NAME', doc: 'An audience of its tokens.', multiple: true },
  scope: { value: 'NAME', doc: 'A scope of its tokens.', multiple: true },
} as const satisfies Options;

/** The members of an order that `FROM_OPTIONS` and `RIGHT_OPTIONS` say. */
export function rightsOf(invocation: Invocation): Row {
  return {
    spiffe: [
      ...invocation.list('from').map((exact) => ({ exact })),
      ...invocation.list('from-under').map((under) => ({ under })),
    ],
    audiences: invocation.list('audience'),
    scopes: invocation.list('scope'),
  };
}

/** The one argument without a name. */
export function restOf({ rest }: Invocation, name: string): string {
  const [found, ...more] = rest;
  if (found === undefined || more.length > 0) throw new UsageMistake(`give one ${name}`);
  return found;
}

/** A whole number; undefined where it was not given. */
export function countOf(invocation: Invocation, name: string): number | undefined {
  const text = invocation.text(name);
  if (text === undefined) return undefined;
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new UsageMistake(`--${name} takes a whole number`);
  return Number(text);
}

/** The members that were given. */
export const present = (members: Row): Row =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

/** A member of an answer that is an object. Throws LIFE_SOCKET where there is none. */
export function objectIn(answer: unknown, name: string): Row {
  const found = isObject(answer) ? answer[name] : undefined;
  if (!isObject(found)) throw new Fault('LIFE_SOCKET', `the CA answered with no ${name}`);
  return found;
}

export interface Shown {
  /** Member of the answer that is the thing. */
  readonly name: string;
  /** Member that is its secret. */
  readonly secret?: string;
  readonly line: (row: Row) => string;
}

/** Shows an answer: results on standard output, and where a secret goes there it is alone on its line, and what it belongs to
 *  is said on standard error. */
export async function show(
  answer: unknown,
  { name, secret: member, line }: Shown,
  { invocation, io }: { readonly invocation: Invocation; readonly io: Io },
): Promise<number> {
  const row = objectIn(answer, name);
  const found = member !== undefined && isObject(answer) ? answer[member] : undefined;
  const secret = typeof found === 'string' ? found : undefined;
  const out = invocation.text('out');
  if (secret !== undefined && out !== undefined) await writeSecret(out, `${secret}\n`);
  const isOnOutput = secret !== undefined && out === undefined;
  if (invocation.has('json')) {
    const told = isOnOutput ? { secret } : secret === undefined ? {} : { file: out };
    io.out(`${toSafeJson({ [name]: row, ...told })}\n`);
    return EXIT.ok;
  }
  if (!isOnOutput) io.out(`${line(row)}\n`);
  else {
    io.err(`${line(row)}\nthe secret is shown this once:\n`);
    io.out(`${secret}\n`);
  }
  return EXIT.ok;
}

/** Shows a list, a line a row. */
export function showRows(
  rows: readonly Row[],
  { name, line }: Pick<Shown, 'name' | 'line'>,
  { invocation, io }: { readonly invocation: Invocation; readonly io: Io },
): number {
  if (invocation.has('json')) io.out(`${toSafeJson({ [name]: rows })}\n`);
  else io.out(rows.length === 0 ? 'none\n' : rows.map((row) => `${line(row)}\n`).join(''));
  return EXIT.ok;
}

/** `audiences=a,b scopes=c from=/x,/y/**` of what a row says. */
export function rightsLine(row: Row): string {
  const parts = [
    ['from', listOf(row, 'spiffe').map(patternText)],
    ['audiences', listOf(row, 'audiences').map(String)],
    ['scopes', listOf(row, 'scopes').map(String)],
  ] as const;
  return parts
    .filter(([, values]) => values.length > 0)
    .map(([name, values]) => `${name}=${escapeText(values.join(','))}`)
    .join('  ');
}

/** `/a/b`, `/a/b/**` or `any`. */
export function patternText(pattern: unknown): string {
  if (!isObject(pattern)) return '?';
  if (typeof pattern['exact'] === 'string') return pattern['exact'];
  return typeof pattern['under'] === 'string' ? `${pattern['under']}/**` : 'any';
}

export const textOf = (row: Row, name: string): string => {
  const value = row[name];
  return typeof value === 'string' ? escapeText(value) : '';
};
export const timeOf = (row: Row, name: string): string =>
  new Date(Number(row[name]) * 1000).toISOString().replace('.000', '');
export const listOf = (row: Row, name: string): readonly unknown[] => {
  const value = row[name];
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
};
export const isObject = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
