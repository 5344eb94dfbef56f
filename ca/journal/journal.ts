/**
 * The CA's record of what it issued, as verbs. Each promise resolves only when its answer is durable on the disk.
 * Decides nothing: what may be used up is judged in the transaction (see issuances.ts).
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { Revocation } from '../../core/identity/revocation.ts';
import type { AuditHead } from '../../runtime/audit/line.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Answer, Command, Standing } from './command.ts';
import type {
  CertificateFilter,
  Claim,
  IssuanceRecord,
  JoinTokenRecord,
  LineageFilter,
  ListedCertificate,
  ListedLineage,
  ListedRevocations,
  LiveCertificate,
  Page,
  RevocationRequest,
  RevokedSerial,
  TrustChange,
  TrustRecord,
} from './record.ts';
import { createWriter, type WriterDeps } from './writer.ts';

/** Every verb may also refuse with JOURNAL_FAILED or ISSUE_BUSY. */
export interface Journal extends Service {
  readTrust(): Promise<Outcome<TrustRecord>>;
  /** Records a step of a rotation whole. */
  addTrustChange(change: TrustChange): Promise<Outcome<void>>;
  /** The unexpired certificates of workloads; the CA's own are not among them. */
  listLive(): Promise<Outcome<readonly LiveCertificate[]>>;
  addJoinToken(token: JoinTokenRecord): Promise<Outcome<void>>;
  findJoinToken(hash: string): Promise<Outcome<JoinTokenRecord | undefined>>;
  listJoinTokens(): Promise<Outcome<readonly JoinTokenRecord[]>>;
  /** Ends a token that is neither spent nor expired; false where there is none. */
  withdrawJoinToken(hash: string): Promise<Outcome<boolean>>;
  listCertificates(filter: CertificateFilter): Promise<Outcome<Page<ListedCertificate>>>;
  listLineages(filter: LineageFilter): Promise<Outcome<Page<ListedLineage>>>;
  findIssuance(serial: string): Promise<Outcome<IssuanceRecord | undefined>>;
  /** The end of the audit stream as of the last batch that wrote. */
  findAuditHead(): Promise<Outcome<AuditHead | undefined>>;
  /** Gives the entry as it is kept now: a new one, or one that lasts as long.
   *  Refuses: GRANT_UNKNOWN | GRANT_IDENTITY | LIMIT_REVOCATIONS. */
  addRevocation(request: RevocationRequest): Promise<Outcome<Revocation>>;
  /** What matters now, in the order of the generations. */
  listRevocations(): Promise<Outcome<ListedRevocations>>;
  /** The unexpired certificates of an authority (its thumbprint) that any entry reaches. */
  listRevokedSerials(authority: string): Promise<Outcome<readonly RevokedSerial[]>>;
  /** Copies the journal, as of now, into a new file (0600), which is durable when this resolves; issuance goes on.
   *  Refuses: JOURNAL_BACKUP. */
  backup(file: string): Promise<Outcome<void>>;
  /** Whether the claim may still be used, and how.
   *  Refuses: ATTEST_JOIN_TOKEN | GRANT_LINEAGE | GRANT_FORK | GRANT_KEY_REUSE. */
  judgeClaim(claim: Claim, keyDigest: string): Promise<Outcome<Standing>>;
  /** Judges again, records, and uses the claim up, in one transaction. Gives the certificate to deliver: this one, or
   *  the one that this very key already got. Refuses as `judgeClaim` does, and GRANT_REVOKED. */
  addIssuance(claim: Claim, issuance: IssuanceRecord): Promise<Outcome<IssuanceRecord>>;
}

/** The journal in one SQLite file, written by a thread of its own. `start` throws as `createWriter` says. */
export function createJournal(deps: WriterDeps): Journal {
  const writer = createWriter(deps);

  async function ask<Kind extends Answer['kind']>(command: Command, kind: Kind): Promise<Outcome<AnswerOf<Kind>>> {
    const answer = await writer.submit(command);
    if (!answer.ok) return answer;
    const { value } = answer;
    if (value.kind !== kind) return refuse('BUG_UNEXPECTED', `the journal answered ${command.kind} with ${value.kind}`);
    return admit(value as AnswerOf<Kind>);
  }

  async function tell(command: Command): Promise<Outcome<void>> {
    const answer = await ask(command, 'nothing');
    return answer.ok ? admit(undefined) : answer;
  }

  return {
    name: writer.name,
    start: (signal) => writer.start(signal),
    drain: (deadline) => writer.drain(deadline),
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
    async readTrust() {
      const answer = await ask({ kind: 'read-trust' }, 'trust');
      return answer.ok ? admit(answer.value.trust) : answer;
    },
    addTrustChange: (change) => tell({ kind: 'add-trust-change', change }),
    async listLive() {
      const answer = await ask({ kind: 'list-live' }, 'live');
      return answer.ok ? admit(answer.value.live) : answer;
    },
    addJoinToken: (token) => tell({ kind: 'add-join-token', token }),
    async findJoinToken(hash) {
      const answer = await ask({ kind: 'find-join-token', hash }, 'join-token');
      return answer.ok ? admit(answer.value.token) : answer;
    },
    async findIssuance(serial) {
      const answer = await ask({ kind: 'find-issuance', serial }, 'issuance');
      return answer.ok ? admit(answer.value.issuance) : answer;
    },
    async listJoinTokens() {
      const answer = await ask({ kind: 'list-join-tokens' }, 'join-tokens');
      return answer.ok ? admit(answer.value.tokens) : answer;
    },
    async withdrawJoinToken(hash) {
      const answer = await ask({ kind: 'add-withdrawal', hash }, 'withdrawal');
      return answer.ok ? admit(answer.value.done) : answer;
    },
    async listCertificates(filter) {
      const answer = await ask({ kind: 'list-certificates', filter }, 'certificates');
      return answer.ok ? admit(answer.value.page) : answer;
    },
    async listLineages(filter) {
      const answer = await ask({ kind: 'list-lineages', filter }, 'lineages');
      return answer.ok ? admit(answer.value.page) : answer;
    },
    async findAuditHead() {
      const answer = await ask({ kind: 'find-audit-head' }, 'audit-head');
      return answer.ok ? admit(answer.value.head) : answer;
    },
    async addRevocation(request) {
      const answer = await ask({ kind: 'add-revocation', request }, 'revocation');
      return answer.ok ? admit(answer.value.revocation) : answer;
    },
    async listRevocations() {
      const answer = await ask({ kind: 'list-revocations' }, 'revocations');
      return answer.ok ? admit(answer.value.listed) : answer;
    },
    async listRevokedSerials(authority) {
      const answer = await ask({ kind: 'list-revoked-serials', authority }, 'revoked-serials');
      return answer.ok ? admit(answer.value.serials) : answer;
    },
    backup: (file) => writer.backup(file),
    async judgeClaim(claim, keyDigest) {
      const answer = await ask({ kind: 'judge-claim', claim, keyDigest }, 'standing');
      return answer.ok ? admit(answer.value.standing) : answer;
    },
    async addIssuance(claim, issuance) {
      const answer = await ask({ kind: 'add-issuance', claim, issuance }, 'issuance');
      if (!answer.ok) return answer;
      if (answer.value.issuance === undefined) return refuse('BUG_UNEXPECTED', 'the journal gave no certificate back');
      return admit(answer.value.issuance);
    },
  };
}

type AnswerOf<Kind extends Answer['kind']> = Extract<Answer, { readonly kind: Kind }>;
