/** A configuration as it takes effect, in the words of the file: what was written, and the defaults of the rest. */
import type { ConfigSchema } from './schema.ts';

/** `source` as `loadConfig` gave it, with every default; `<set>` stands for each secret. */
export function effectiveConfig(source: unknown, schema: ConfigSchema): unknown {
  if (source === undefined) return schema.default === undefined ? undefined : effectiveConfig(schema.default, schema);
  if (schema.writeOnly === true) return '<set>';
  if (Array.isArray(source)) return source.map((entry) => effectiveConfig(entry, schema.items ?? {}));
  if (schema.properties === undefined || typeof source !== 'object' || source === null) return source;
  const given = new Map<string, unknown>(Object.entries(source));
  const entries = Object.entries(schema.properties).map(
    ([key, part]) => [key, effectiveConfig(given.get(key), part)] as const,
  );
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
