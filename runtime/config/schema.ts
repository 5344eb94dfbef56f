/**
 * The table of a configuration as JSON Schema (2020-12) of what may be written in the file, defaults included. The
 * docs, the chart's schema, environment overrides and `cleat config print` read this form, not the parser.
 */
import { z } from 'zod';

export interface ConfigSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, ConfigSchema>>;
  readonly required?: readonly string[];
  readonly items?: ConfigSchema;
  /** A secret: never shown again. */
  readonly writeOnly?: true;
  /** What a right value looks like, in words. */
  readonly 'x-allowed'?: string;
  /** A change is adopted without a restart. */
  readonly 'x-reloadable'?: true;
}

/** The schema of a table. */
export function schemaOf(table: z.ZodType): ConfigSchema {
  return z.toJSONSchema(table, { io: 'input' }) as ConfigSchema;
}

/** The part of a schema that a path of keys and list positions leads to. */
export function schemaAt(schema: ConfigSchema, path: readonly PropertyKey[]): ConfigSchema | undefined {
  return path.reduce<ConfigSchema | undefined>((at, part) => {
    if (typeof part === 'number') return at?.items;
    const keys = at?.properties;
    return keys !== undefined && Object.hasOwn(keys, part) ? keys[String(part)] : undefined;
  }, schema);
}
