/**
 * The one maker of settings written as text. A setting carries its documentation with it: the table is read by the
 * parser, by `docs/config.md`, by the JSON schema and by `cleat config print`.
 * Never reads a file or a variable; what a value points at is opened by the composition root.
 */
import { z } from 'zod';

export interface FieldSpec {
  /** One sentence: what it does and, where that is not plain, why one would change it. */
  readonly doc: string;
  /** The value when the key is absent, as it would be written in the file. Without it the key is required. */
  readonly fallback?: string;
  /** A change is adopted without a restart. */
  readonly reloadable?: true;
}

/** What a setting says about itself beside its type; these names end up in the JSON schema. */
export type FieldFacts = {
  readonly description: string;
  /** What a right value looks like: ends each error message, and is a column of the docs. */
  readonly 'x-allowed': string;
  readonly 'x-reloadable'?: true;
  /** JSON schema's own word for "never shown again". */
  readonly writeOnly?: true;
};

/** The facts of a setting, for `.meta()`. */
export function facts(spec: { readonly doc: string; readonly reloadable?: true }, allowed: string): FieldFacts {
  return {
    description: spec.doc,
    'x-allowed': allowed,
    ...(spec.reloadable === true ? { 'x-reloadable': true as const } : {}),
  };
}

/** A setting written as text. `read` gives the value, or undefined where the text is not what `allowed` says. */
export function parsed<T extends string | number | boolean | object>(
  spec: FieldSpec & { readonly secret?: true },
  allowed: string,
  read: (text: string) => T | undefined,
): z.ZodType<T, string> {
  const schema: z.ZodType<T, string> = z.string({ error: allowed }).transform((text, context) => {
    const value = read(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: allowed });
    return z.NEVER;
  }) as z.ZodType<T, string>;
  const whole: z.ZodType<T, string> = spec.fallback === undefined ? schema : withDefault(schema, spec.fallback);
  return whole.meta({ ...facts(spec, allowed), ...(spec.secret === true ? { writeOnly: true as const } : {}) });
}

/** The type of a setting does not say whether it has a default: in a checked configuration the value is there. */
export function withDefault<T, I>(schema: z.ZodType<T, I>, fallback: I): z.ZodType<T, I> {
  return schema.prefault(fallback) as unknown as z.ZodType<T, I>;
}
