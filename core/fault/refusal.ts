/** Refusals are values: a decider returns one, and the caller cannot overlook it. */
import type { Code } from './catalog.ts';

export interface Refusal {
  readonly code: Code;
  /** For the log and `cleat why`: identifiers, limits and clauses. Never a token, a key or an `Authorization` value. */
  readonly detail: string;
}

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

/** The answer "yes", with what was found. */
export function admit<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

/** `detail` says what was found and what is allowed: identifiers yes, tokens and keys never. */
export function refuse(code: Code, detail = ''): Outcome<never> {
  return { ok: false, refusal: { code, detail } };
}
