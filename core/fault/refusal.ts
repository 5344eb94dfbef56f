/** Refusals are values: a decider returns one, and the caller cannot overlook it. */
import type { Milliseconds } from '../time/units.ts';
import type { Code } from './catalog.ts';

export interface Refusal {
  readonly code: Code;
  /** For the log and `cleat why`: identifiers, limits and clauses. Never a token, a key or an `Authorization` value. */
  readonly detail: string;
  /** How long to wait before the same is tried again, where the one who refuses knows it. Over gRPC it is the trailer
   *  `grpc-retry-pushback-ms`; whoever obeys it clamps it by a bound of his own. */
  readonly retryAfter?: Milliseconds;
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

/** A refusal that time cures, and how much of it. */
export function refuseFor(retryAfter: Milliseconds, code: Code, detail: string): Outcome<never> {
  return { ok: false, refusal: { code, detail, retryAfter } };
}
