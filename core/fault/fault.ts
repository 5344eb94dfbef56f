/** Breakage is thrown: something that should work did not. A refusal of a caller is no fault (see refusal.ts). */
import type { Code } from './catalog.ts';
import type { Outcome } from './refusal.ts';

export class Fault extends Error {
  readonly code: Code;
  /** What was found, what is allowed, what to do. Goes to logs and to the operator's terminal, never to a remote caller. */
  readonly detail: string;

  constructor(code: Code, detail: string, options?: { readonly cause?: unknown }) {
    super(`${code}: ${detail}`, options);
    this.name = 'Fault';
    this.code = code;
    this.detail = detail;
  }

  /** Any thrown thing as a fault; what nobody expected is `BUG_UNEXPECTED`. */
  static from(thrown: unknown): Fault {
    if (thrown instanceof Fault) return thrown;
    return new Fault('BUG_UNEXPECTED', thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
  }
}

/** Gives the value, or throws the refusal as a fault: for shells in which a "no" means that they cannot go on. */
export function demand<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new Fault(outcome.refusal.code, outcome.refusal.detail);
}
