/**
 * What can be asked of the journal's thread. A batch is a list of commands that become durable together, or not at all;
 * answers come after the commit, so an answer is never about something that a crash could take back.
 */
import type { Outcome } from '../../core/fault/refusal.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { AuthorityRecord, Claim, IssuanceRecord, JoinTokenRecord } from './record.ts';

export type Command =
  | { readonly kind: 'list-authorities' }
  | { readonly kind: 'add-authority'; readonly authority: AuthorityRecord }
  | { readonly kind: 'add-join-token'; readonly token: JoinTokenRecord }
  | { readonly kind: 'find-join-token'; readonly hash: string }
  | { readonly kind: 'find-issuance'; readonly serial: string }
  | { readonly kind: 'judge-claim'; readonly claim: Claim; readonly keyDigest: string }
  | { readonly kind: 'add-issuance'; readonly claim: Claim; readonly issuance: IssuanceRecord };

/** Whether a claim may still be used: it may (undefined), or it was used with this very key before. */
export type Standing = IssuanceRecord | undefined;

/** `nothing` is the answer of a command that only writes. */
export type Answer =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'authorities'; readonly authorities: readonly AuthorityRecord[] }
  | { readonly kind: 'join-token'; readonly token: JoinTokenRecord | undefined }
  | { readonly kind: 'issuance'; readonly issuance: IssuanceRecord | undefined };

export interface Batch {
  readonly commands: readonly Command[];
  readonly now: EpochSeconds;
}

/** From the thread: first `opened` or `broken`, then one `done` or `broken` a batch. After `broken` the thread ends. */
export type Report =
  | { readonly kind: 'opened' }
  | { readonly kind: 'done'; readonly answers: readonly Outcome<Answer>[] }
  | {
      readonly kind: 'broken';
      readonly code: 'JOURNAL_FAILED' | 'JOURNAL_LOCKED' | 'JOURNAL_MISMATCH';
      readonly detail: string;
    };
