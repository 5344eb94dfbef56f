/** Sections and lists of a configuration file. Every mapping is strict: a key that is not in the table is a mistake. */
import { z } from 'zod';

import { facts } from './field.ts';

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

/** A list; it is empty where it is absent, unless `least` demands an entry or `fallback` says otherwise. */
export function list<T extends z.ZodType>(
  spec: {
    readonly doc: string;
    readonly least?: number;
    readonly most: number;
    readonly reloadable?: true;
    readonly fallback?: readonly z.input<T>[];
  },
  item: T,
): z.ZodPrefault<z.ZodArray<T>> {
  const least = spec.least ?? 0;
  const allowed = `a list of ${least} to ${spec.most} entries`;
  const schema = z.array(item, { error: allowed }).min(least, { error: allowed }).max(spec.most, { error: allowed });
  return schema.prefault([...(spec.fallback ?? [])]).meta(facts(spec, allowed));
}

/** For `when` of a rule over several keys: it is silent while one of them is itself wrong, so nothing is told twice. */
export function whenSound(...keys: readonly string[]): (payload: z.core.ParsePayload) => boolean {
  return ({ value, issues }) =>
    typeof value === 'object' && value !== null && !issues.some(({ path }) => keys.includes(String(path?.[0])));
}
