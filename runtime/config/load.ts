/**
 * Text of a configuration file, and the environment, to a checked configuration. Pure: the caller reads the file.
 * All mistakes come at once, in the order of the file; a configuration with one mistake is no configuration.
 */
import type { z } from 'zod';

import { looksLikeCredential } from '../escape.ts';
import { type ConfigDocument, parseConfigDocument, shorten } from './document.ts';
import { formatKey, type Mistake } from './mistake.ts';
import { applyOverrides, type Override, placeOf, readOverrides } from './override.ts';
import { type ConfigSchema, schemaAt, schemaOf } from './schema.ts';

export interface ConfigText {
  /** The name of the file, as mistakes shall show it. */
  readonly file: string;
  readonly text: string;
  /** All variables; only those that begin with `CLEAT_` are looked at. Empty for a file that none may override. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export type Loaded<T> =
  /** `source` is what was written in file and environment, before defaults and units: for `effectiveConfig`. */
  | { readonly ok: true; readonly value: T; readonly source: unknown }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] };

/** The configuration, or every mistake in it (CONFIG_SYNTAX | CONFIG_INVALID): for exit code 2. Never throws. */
export function loadConfig<T>({
  file,
  text,
  environment,
  table,
}: ConfigText & { readonly table: z.ZodType<T> }): Loaded<T> {
  const schema = schemaOf(table);
  const { overrides, mistakes: wrongVariables } = readOverrides(environment, schema);
  const { document, mistakes: broken } = parseConfigDocument(text, file);
  if (document === undefined) return { ok: false, mistakes: [...broken, ...wrongVariables] };
  const source = applyOverrides(document.value, overrides);
  const checked = table.safeParse(source);
  const scene: Scene = { file, schema, document, overrides, source };
  const wrongValues = [
    ...credentialsIn(source, []).map((path) => mistakeAt(scene, path, LITERAL_SECRET)),
    ...(checked.error?.issues ?? []).flatMap((issue) => mistakesOf(scene, issue)),
  ];
  const mistakes = [...inOrder([...broken, ...onePerKey(wrongValues)]), ...wrongVariables];
  return mistakes.length === 0 && checked.success ? { ok: true, value: checked.data, source } : { ok: false, mistakes };
}

const LITERAL_SECRET = 'a reference, file:/absolute/path or env:NAME; a secret has no place in a configuration';

/** What a mistake is told from. */
interface Scene {
  readonly file: string;
  readonly schema: ConfigSchema;
  readonly document: ConfigDocument;
  readonly overrides: readonly Override[];
  readonly source: unknown;
}

function mistakesOf(scene: Scene, issue: z.core.$ZodIssue): readonly Mistake[] {
  if (issue.code !== 'unrecognized_keys') return [mistakeAt(scene, issue.path, issue.message)];
  return issue.keys.map((key) => {
    const path = [...issue.path, key];
    const override = overrideOf(scene, issue.path);
    const place = override === undefined ? placeInFile(scene, scene.document.locateKey(issue.path, key)) : override;
    return { code: 'CONFIG_INVALID', ...place, key: formatKey(path), found: 'an unknown key', allowed: issue.message };
  });
}

function mistakeAt(scene: Scene, path: readonly PropertyKey[], allowed: string): Mistake {
  const override = overrideOf(scene, path);
  const place = scene.document.locate(path);
  const written = override === undefined ? place.found : describeValue(scene.source, path);
  const isSecret = schemaAt(scene.schema, path)?.writeOnly === true;
  const found = written === undefined ? 'nothing' : isSecret ? '<hidden>' : written;
  return { code: 'CONFIG_INVALID', ...(override ?? placeInFile(scene, place)), key: formatKey(path), found, allowed };
}

function placeInFile({ file }: Scene, { line, column }: { readonly line: number; readonly column: number }) {
  return { file, line, column };
}

/** The variable that said what stands at this path, if one did. */
function overrideOf({ overrides }: Scene, path: readonly PropertyKey[]): { readonly file: string } | undefined {
  const found = overrides.findLast((override) => override.path.every((part, at) => part === path[at]));
  return found === undefined ? undefined : { file: placeOf(found.variable) };
}

function describeValue(source: unknown, path: readonly PropertyKey[]): string | undefined {
  const value = path.reduce<unknown>((at, part) => (isTree(at) ? at[part] : undefined), source);
  return value === undefined || value === null
    ? undefined
    : shorten(typeof value === 'string' ? value : JSON.stringify(value));
}

function isTree(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** The paths of all text that has the form of a credential. */
function credentialsIn(value: unknown, path: readonly PropertyKey[]): readonly (readonly PropertyKey[])[] {
  if (typeof value === 'string') return looksLikeCredential(value) ? [path] : [];
  if (!isTree(value)) return [];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return keys.flatMap((key) => credentialsIn(value[key], [...path, key]));
}

/** One value can break several rules; the first one says enough. */
function onePerKey(mistakes: readonly Mistake[]): readonly Mistake[] {
  return mistakes.filter(({ key }, at) => mistakes.findIndex((other) => other.key === key) === at);
}

function inOrder(mistakes: readonly Mistake[]): readonly Mistake[] {
  return mistakes.toSorted(
    (one, other) => (one.line ?? 0) - (other.line ?? 0) || (one.column ?? 0) - (other.column ?? 0),
  );
}
