/**
 * Environment variables that override settings by name: `CLEAT_CERTIFICATES__TTL` is `certificates.ttl`. Pure: takes
 * the variables as a value. A variable that names no setting is a mistake, so that a typing error is not silence.
 */
import { parseConfigDocument } from './document.ts';
import { formatKey, type Mistake } from './mistake.ts';
import { type ConfigSchema, schemaAt } from './schema.ts';

export interface Override {
  readonly variable: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

export interface Overrides {
  readonly overrides: readonly Override[];
  readonly mistakes: readonly Mistake[];
}

/** What the variables say. Text settings take the value as it is; all others take it as YAML (`[p256, rsa]`). */
export function readOverrides(
  environment: Readonly<Record<string, string | undefined>>,
  schema: ConfigSchema,
): Overrides {
  const overrides: Override[] = [];
  const mistakes: Mistake[] = [];
  for (const variable of Object.keys(environment).sort()) {
    const text = environment[variable];
    if (text === undefined || !variable.startsWith(PREFIX) || FOR_TESTS.has(variable)) continue;
    const found = readOverride(variable, text, schema);
    if ('path' in found) overrides.push(found);
    else mistakes.push(...found.mistakes);
  }
  const twice = overrides.filter(({ path }, at) => overrides.findIndex((other) => isSamePath(other.path, path)) !== at);
  mistakes.push(
    ...twice.map(({ variable, path }) =>
      mistake(variable, formatKey(path), 'the key for the second time', 'one variable for each key'),
    ),
  );
  // A variable for a whole section comes before one for a key in it.
  overrides.sort((one, other) => one.path.length - other.path.length);
  return { overrides, mistakes };
}

/** The tree with the overrides in it; the tree itself is not changed. */
export function applyOverrides(tree: unknown, overrides: readonly Override[]): unknown {
  return overrides.reduce((whole, { path, value }) => put(whole, path, value), tree);
}

const PREFIX = 'CLEAT_';
/** Read by the test runners of this repository, which start our processes. */
const FOR_TESTS: ReadonlySet<string> = new Set(['CLEAT_VECTORS', 'CLEAT_REQUIRE_ALL']);
/** What the kubelet sets for each Service whose name begins with `cleat`. No key has such a name. */
const SERVICE_LINK =
  /^CLEAT(?:_[A-Z0-9]+)*_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT(?:_[0-9]+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/;

type Read = Override | { readonly mistakes: readonly Mistake[] };

function readOverride(variable: string, text: string, schema: ConfigSchema): Read {
  const path = pathOf(variable, schema);
  const target = path === undefined ? undefined : schemaAt(schema, path);
  if (path === undefined || target === undefined) {
    if (SERVICE_LINK.test(variable)) return { mistakes: [] };
    return {
      mistakes: [mistake(variable, '', 'a variable that names no key', 'CLEAT_ and the path of a key, joined by __')],
    };
  }
  if (target.type === 'string') return { variable, path, value: text };
  const parsed = parseConfigDocument(text, placeOf(variable));
  const [first] = parsed.mistakes;
  if (parsed.document !== undefined && first === undefined) return { variable, path, value: parsed.document.value };
  const { found, allowed } = first ?? { found: 'broken YAML', allowed: 'YAML 1.2' };
  return { mistakes: [{ ...mistake(variable, formatKey(path), found, allowed), code: 'CONFIG_SYNTAX' }] };
}

/** The keys that the words of a variable mean: compared without case, because shells like capitals. */
function pathOf(variable: string, schema: ConfigSchema): readonly string[] | undefined {
  const path: string[] = [];
  for (const word of variable.slice(PREFIX.length).split('__')) {
    const keys = Object.keys(schemaAt(schema, path)?.properties ?? {});
    const key = keys.find((candidate) => candidate.toLowerCase() === word.toLowerCase());
    if (key === undefined) return undefined;
    path.push(key);
  }
  return path;
}

/** The name under which a variable stands in a mistake. */
export function placeOf(variable: string): string {
  return `environment variable ${variable}`;
}

function mistake(variable: string, key: string, found: string, allowed: string): Mistake {
  return { code: 'CONFIG_INVALID', file: placeOf(variable), key, found, allowed };
}

function isSamePath(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((part, at) => part === other[at]);
}

/** What is no mapping is replaced by one: the file's own mistake there is overridden with it. */
function put(tree: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const mapping: Readonly<Record<string, unknown>> = isMapping(tree) ? tree : {};
  return { ...mapping, [key]: put(mapping[key], rest, value) };
}

function isMapping(tree: unknown): tree is Readonly<Record<string, unknown>> {
  return typeof tree === 'object' && tree !== null && !Array.isArray(tree);
}
