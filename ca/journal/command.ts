/**
 * What can be asked of the journal's thread. A batch is a list of commands that become durable together, or not at all;
 * answers come after the commit, so an answer is never about something that a crash could take back.
 */
import type { Outcome } from '../../core/fault/refusal.ts';
import type { Revocation } from '../../core/identity/revocation.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { AuditHead } from '../../runtime/audit/line.ts';
import type {
  ApiKeyRecord,
  ApiKeyUse,
  CertificateFilter,
  Claim,
  ClientRecord,
  IssuanceRecord,
  JoinTokenRecord,
  LineageFilter,
  ListedCertificate,
  ListedLineage,
  ListedRevocations,
  LiveCertificate,
  MandateRecord,
  Page,
  Registrations,
  RevocationRequest,
  RevokedSerial,
  TrustChange,
  TrustRecord,
} from './record.ts';

export type Command =
  | { readonly kind: 'read-trust' }
  | { readonly kind: 'list-live' }
  | { readonly kind: 'add-trust-change'; readonly change: TrustChange }
  | { readonly kind: 'add-join-token'; readonly token: JoinTokenRecord }
  | { readonly kind: 'find-join-token'; readonly hash: string }
  | { readonly kind: 'list-join-tokens' }
  | { readonly kind: 'add-withdrawal'; readonly hash: string }
  | { readonly kind: 'find-issuance'; readonly serial: string }
  | { readonly kind: 'list-certificates'; readonly filter: CertificateFilter }
  | { readonly kind: 'list-lineages'; readonly filter: LineageFilter }
  | { readonly kind: 'find-audit-head' }
  | { readonly kind: 'add-revocation'; readonly request: RevocationRequest }
  | { readonly kind: 'list-revocations' }
  | { readonly kind: 'read-registrations' }
  | { readonly kind: 'add-client'; readonly client: ClientRecord }
  | { readonly kind: 'add-api-key'; readonly key: ApiKeyRecord }
  | { readonly kind: 'add-mandate'; readonly mandate: MandateRecord }
  | { readonly kind: 'add-api-key-uses'; readonly uses: readonly ApiKeyUse[] }
  | { readonly kind: 'list-revoked-serials'; readonly authority: string }
  | { readonly kind: 'judge-claim'; readonly claim: Claim; readonly keyDigest: string }
  | { readonly kind: 'add-issuance'; readonly claim: Claim; readonly issuance: IssuanceRecord };

/** Whether a claim may still be used. */
export interface Standing {
  /** The certificate that this very key got for it before; undefined: the claim is unused. */
  readonly earlier: IssuanceRecord | undefined;
  /** False where the journal came back from a backup and cannot prove that a leaf is the head of its lineage: what is
   *  issued for it starts a new one. */
  readonly continues: boolean;
}

/** `nothing` is the answer of a command that only writes. */
export type Answer =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'trust'; readonly trust: TrustRecord }
  | { readonly kind: 'live'; readonly live: readonly LiveCertificate[] }
  | { readonly kind: 'join-token'; readonly token: JoinTokenRecord | undefined }
  | { readonly kind: 'join-tokens'; readonly tokens: readonly JoinTokenRecord[] }
  | { readonly kind: 'withdrawal'; readonly done: boolean }
  | { readonly kind: 'issuance'; readonly issuance: IssuanceRecord | undefined }
  /** `earlier`: what the key got for this claim before, in the place of the issuance that was to be recorded. */
  | { readonly kind: 'recorded'; readonly earlier: IssuanceRecord | undefined }
  | { readonly kind: 'certificates'; readonly page: Page<ListedCertificate> }
  | { readonly kind: 'lineages'; readonly page: Page<ListedLineage> }
  | { readonly kind: 'standing'; readonly standing: Standing }
  | { readonly kind: 'revocation'; readonly revocation: Revocation }
  | { readonly kind: 'revocations'; readonly listed: ListedRevocations }
  | { readonly kind: 'registrations'; readonly registrations: Registrations }
  | { readonly kind: 'revoked-serials'; readonly serials: readonly RevokedSerial[] }
  | { readonly kind: 'audit-head'; readonly head: AuditHead | undefined };

export interface Batch {
  readonly commands: readonly Command[];
  readonly now: EpochSeconds;
  /** The end of the audit stream when the batch was sent: kept beside what the batch writes. */
  readonly auditHead: AuditHead | undefined;
}

/** To the thread. */
export type Order =
  | { readonly kind: 'batch'; readonly batch: Batch }
  | { readonly kind: 'backup'; readonly file: string }
  | { readonly kind: 'close' };

/** From the thread: first `opened` or `broken`, then one `done` or `broken` a batch, and one `backed-up` a backup. After
 *  `broken` the thread ends. */
export type Report =
  | { readonly kind: 'opened' }
  | { readonly kind: 'done'; readonly answers: readonly Outcome<Answer>[] }
  | { readonly kind: 'backed-up'; readonly outcome: Outcome<void> }
  | {
      readonly kind: 'broken';
      readonly code: 'JOURNAL_FAILED' | 'JOURNAL_LOCKED' | 'JOURNAL_MISMATCH';
      readonly detail: string;
    };
