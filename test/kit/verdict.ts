/** An outcome as one line of text, so that a test compares the whole answer: `ok`, or code and reason. */
import type { Outcome } from '../../core/fault/refusal.ts';

/** Gives `ok`, or `CODE: detail`. */
export function verdict(outcome: Outcome<unknown>): string {
  return outcome.ok ? 'ok' : `${outcome.refusal.code}: ${outcome.refusal.detail}`;
}
