/** Settings of one plain value: words, numbers, choices. */
import { z } from 'zod';

import { facts, type FieldSpec, parsed, withDefault } from './field.ts';

/** Text that `grammar` accepts whole; `allowed` says the grammar in words. */
export function text(
  spec: FieldSpec & { readonly grammar: RegExp; readonly allowed: string },
): z.ZodType<string, string> {
  return parsed(spec, spec.allowed, (found) => (spec.grammar.test(found) ? found : undefined));
}

/** A whole number from `least` to `most`. */
export function count(spec: NumberSpec): z.ZodType<number, number> {
  const allowed = `a whole number from ${spec.least} to ${spec.most}`;
  const schema = z.int({ error: allowed }).min(spec.least, { error: allowed }).max(spec.most, { error: allowed });
  const whole = spec.fallback === undefined ? schema : withDefault<number, number>(schema, spec.fallback);
  return whole.meta(facts(spec, allowed));
}

/** A number from `least` to `most`, such as a share. */
export function ratio(spec: NumberSpec): z.ZodType<number, number> {
  const allowed = `a number from ${spec.least} to ${spec.most}`;
  const schema = z.number({ error: allowed }).min(spec.least, { error: allowed }).max(spec.most, { error: allowed });
  const whole = spec.fallback === undefined ? schema : withDefault<number, number>(schema, spec.fallback);
  return whole.meta(facts(spec, allowed));
}

/** Yes or no, written `true` or `false`. */
export function flag(spec: Omit<FieldSpec, 'fallback'> & { readonly fallback?: boolean }): z.ZodType<boolean, boolean> {
  const allowed = 'true or false';
  const schema = z.boolean({ error: allowed });
  const whole = spec.fallback === undefined ? schema : withDefault<boolean, boolean>(schema, spec.fallback);
  return whole.meta(facts(spec, allowed));
}

/** One of a few words. */
export function choice<const W extends string>(
  words: readonly [W, ...W[]],
  spec: Omit<FieldSpec, 'fallback'> & { readonly fallback?: NoInfer<W> },
): z.ZodType<W, string> {
  const allowed = words.length === 1 ? words[0] : `one of ${words.join(', ')}`;
  const schema = z.enum(words, { error: allowed }) as unknown as z.ZodType<W, string>;
  const whole = spec.fallback === undefined ? schema : withDefault<W, string>(schema, spec.fallback);
  return whole.meta(facts(spec, allowed));
}

interface NumberSpec {
  readonly doc: string;
  readonly reloadable?: true;
  readonly least: number;
  readonly most: number;
  readonly fallback?: number;
}
