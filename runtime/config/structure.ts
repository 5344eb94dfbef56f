/** Sections and lists of a configuration file. Every mapping is strict: a key that is not in the table is a mistake. */
import { z } from 'zod';

import { facts, withDefault } from './field.ts';

/** A strict mapping. Its error text names the keys that exist. */
export function strict<S extends z.core.$ZodLooseShape>(shape: S): z.ZodObject<S, z.core.$strict> {
  const keys = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? `the keys ${keys}` : `a mapping with the keys ${keys}`),
  });
}

/** A section that may be left out: its keys then have their defaults, and those without one are reported by name. */
export function section<T extends z.ZodType>(doc: string, schema: T): z.ZodPrefault<T> {
  // The schema is run on the empty mapping; a required key inside is a mistake of the file, not of the table.
  return schema.prefault({} as z.input<T>).meta({ description: doc });
}

/** A section that switches something on by being there. */
export function optionalSection<T extends z.ZodType>(doc: string, schema: T): z.ZodOptional<T> {
  return schema.optional().meta({ description: doc });
}

/** A list. Where it is absent it is empty, or what `fallback` says; with `least` and no `fallback` it is required. */
export function list<O, I>(
  spec: {
    readonly doc: string;
    readonly least?: number;
    readonly most: number;
    readonly reloadable?: true;
    readonly fallback?: NoInfer<I>[];
  },
  item: z.ZodType<O, I>,
): z.ZodType<O[], I[]> {
  const least = spec.least ?? 0;
  const allowed = `a list of ${least} to ${spec.most} entries`;
  const schema: z.ZodType<O[], I[]> = z
    .array(item, { error: allowed })
    .min(least, { error: allowed })
    .max(spec.most, { error: allowed });
  const isRequired = least > 0 && spec.fallback === undefined;
  return (isRequired ? schema : withDefault(schema, spec.fallback ?? [])).meta(facts(spec, allowed));
}

/** For `when` of a rule over several keys: it is silent while one of them is itself wrong, so nothing is told twice. */
export function whenSound(...keys: readonly string[]): (payload: z.core.ParsePayload) => boolean {
  return ({ value, issues }) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !issues.some(({ path }) => keys.includes(String(path?.[0])));
}
