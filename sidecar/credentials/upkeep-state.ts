/** What an operator asks of our own credentials: when the next attempt to renew is, and why the last one failed. */
import type { Refusal } from '../../core/fault/refusal.ts';
import type { EpochSeconds } from '../../core/time/units.ts';

export interface UpkeepFacts {
  /** Undefined before the first is planned, and where nobody but the files' owner renews. */
  readonly nextAttempt: EpochSeconds | undefined;
  /** Of the newest attempt; undefined when that one succeeded. */
  readonly lastRefusal: (Refusal & { readonly at: EpochSeconds }) | undefined;
}

export interface UpkeepState {
  facts(): UpkeepFacts;
  planned(at: EpochSeconds): void;
  failed(refusal: Refusal, at: EpochSeconds): void;
  succeeded(): void;
}

/** Nothing planned, nothing failed. */
export function createUpkeepState(): UpkeepState {
  let facts: UpkeepFacts = { nextAttempt: undefined, lastRefusal: undefined };
  return {
    facts: () => facts,
    planned(nextAttempt) {
      facts = { ...facts, nextAttempt };
    },
    failed(refusal, at) {
      facts = { ...facts, lastRefusal: { ...refusal, at } };
    },
    succeeded() {
      facts = { ...facts, lastRefusal: undefined };
    },
  };
}
