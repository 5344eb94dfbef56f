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
import { createHeads } from './heads.ts';
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
  /** All clients, API keys and mandates. */
  readRegistrations(): Promise<Outcome<Registrations>>;
  /** Adds the client, or puts it in the place of the one with its id. */
  addClient(client: ClientRecord): Promise<Outcome<void>>;
  /** Adds the key; of one that is there only its end and its revocation change. */
  addApiKey(key: ApiKeyRecord): Promise<Outcome<void>>;
  /** Adds the mandate; of one that is there only its end changes. */
  addMandate(mandate: MandateRecord): Promise<Outcome<void>>;
  addApiKeyUses(uses: readonly ApiKeyUse[]): Promise<Outcome<void>>;
  /** Copies the journal, as of now, into a new file (0600), which is durable when this resolves; issuance goes on.
   *  Refuses: JOURNAL_BACKUP. */
  backup(file: string): Promise<Outcome<void>>;
  /** Whether the claim may still be used, and how, as far as is known before the transaction that uses it up. A leaf that
   *  this very process recorded as the head of its lineage is taken for unused.
   *  Refuses: ATTEST_JOIN_TOKEN | GRANT_LINEAGE | GRANT_FORK | GRANT_KEY_REUSE. */
  judgeClaim(claim: Claim, keyDigest: string): Promise<Outcome<Standing>>;
  /** Judges again, records, and uses the claim up, in one transaction. Gives the certificate to deliver: this one, or
   *  the one that this very key already got. Refuses as `judgeClaim` does, and GRANT_REVOKED. */
  addIssuance(claim: Claim, issuance: IssuanceRecord): Promise<Outcome<IssuanceRecord>>;
}

/** The journal in one SQLite file, written by a thread of its own. `start` throws as `createWriter` says. */
export function createJournal(deps: WriterDeps): Journal {
  const writer = createWriter(deps);
  const heads = createHeads();

  async function ask<Kind extends Answer['kind'], T>(
    command: Command,
    kind: Kind,
    read: (answer: AnswerOf<Kind>) => T,
  ): Promise<Outcome<T>> {
    const answer = await writer.submit(command);
    if (!answer.ok) return answer;
    const { value } = answer;
    if (value.kind !== kind) return refuse('BUG_UNEXPECTED', `the journal answered ${command.kind} with ${value.kind}`);
    return admit(read(value as AnswerOf<Kind>));
  }

  const tell = (command: Command): Promise<Outcome<void>> => ask(command, 'nothing', () => undefined);

  return {
    name: writer.name,
    start: (signal) => writer.start(signal),
    drain: (deadline) => writer.drain(deadline),
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
    readTrust: () => ask({ kind: 'read-trust' }, 'trust', ({ trust }) => trust),
    addTrustChange: (change) => tell({ kind: 'add-trust-change', change }),
    listLive: () => ask({ kind: 'list-live' }, 'live', ({ live }) => live),
    addJoinToken: (token) => tell({ kind: 'add-join-token', token }),
    findJoinToken: (hash) => ask({ kind: 'find-join-token', hash }, 'join-token', ({ token }) => token),
    findIssuance: (serial) => ask({ kind: 'find-issuance', serial }, 'issuance', ({ issuance }) => issuance),
    listJoinTokens: () => ask({ kind: 'list-join-tokens' }, 'join-tokens', ({ tokens }) => tokens),
    withdrawJoinToken: (hash) => ask({ kind: 'add-withdrawal', hash }, 'withdrawal', ({ done }) => done),
    listCertificates: (filter) => ask({ kind: 'list-certificates', filter }, 'certificates', ({ page }) => page),
    listLineages: (filter) => ask({ kind: 'list-lineages', filter }, 'lineages', ({ page }) => page),
    findAuditHead: () => ask({ kind: 'find-audit-head' }, 'audit-head', ({ head }) => head),
    addRevocation: (request) => ask({ kind: 'add-revocation', request }, 'revocation', ({ revocation }) => revocation),
    listRevocations: () => ask({ kind: 'list-revocations' }, 'revocations', ({ listed }) => listed),
    listRevokedSerials: (authority) =>
      ask({ kind: 'list-revoked-serials', authority }, 'revoked-serials', ({ serials }) => serials),
    readRegistrations: () => ask({ kind: 'read-registrations' }, 'registrations', ({ registrations }) => registrations),
    addClient: (client) => tell({ kind: 'add-client', client }),
    addApiKey: (key) => tell({ kind: 'add-api-key', key }),
    addMandate: (mandate) => tell({ kind: 'add-mandate', mandate }),
    addApiKeyUses: (uses) => tell({ kind: 'add-api-key-uses', uses }),
    backup: (file) => writer.backup(file),
    async judgeClaim(claim, keyDigest) {
      if (heads.has(claim)) return admit({ earlier: undefined, continues: true });
      return ask({ kind: 'judge-claim', claim, keyDigest }, 'standing', ({ standing }) => standing);
    },
    async addIssuance(claim, issuance) {
      const command = { kind: 'add-issuance', claim, issuance } as const;
      const held = await ask(command, 'recorded', ({ earlier }) => earlier ?? issuance);
      heads.learn(claim, issuance, held);
      return held;
    },
  };
}

type AnswerOf<Kind extends Answer['kind']> = Extract<Answer, { readonly kind: Kind }>;
