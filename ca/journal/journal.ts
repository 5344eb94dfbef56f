/**
 * The CA's record of what it issued, as verbs. Each promise resolves only when its answer is durable on the disk.
 * Decides nothing: what may be used up is judged in the transaction (see issuances.ts).
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Answer, Command, Standing } from './command.ts';
import type { AuthorityRecord, Claim, IssuanceRecord, JoinTokenRecord } from './record.ts';
import { createWriter, type WriterDeps } from './writer.ts';

/** Every verb may also refuse with JOURNAL_FAILED or ISSUE_BUSY. */
export interface Journal extends Service {
  listAuthorities(): Promise<Outcome<readonly AuthorityRecord[]>>;
  addAuthority(authority: AuthorityRecord): Promise<Outcome<void>>;
  addJoinToken(token: JoinTokenRecord): Promise<Outcome<void>>;
  findJoinToken(hash: string): Promise<Outcome<JoinTokenRecord | undefined>>;
  findIssuance(serial: string): Promise<Outcome<IssuanceRecord | undefined>>;
  /** Whether the claim may still be used: undefined, or the certificate that this very key already got for it.
   *  Refuses: ATTEST_JOIN_TOKEN | GRANT_LINEAGE | GRANT_KEY_REUSE. */
  judgeClaim(claim: Claim, keyDigest: string): Promise<Outcome<Standing>>;
  /** Judges again, records, and uses the claim up, in one transaction. Gives the certificate to deliver: this one, or
   *  the one that this very key already got. Refuses as `judgeClaim` does. */
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
    async listAuthorities() {
      const answer = await ask({ kind: 'list-authorities' }, 'authorities');
      return answer.ok ? admit(answer.value.authorities) : answer;
    },
    addAuthority: (authority) => tell({ kind: 'add-authority', authority }),
    addJoinToken: (token) => tell({ kind: 'add-join-token', token }),
    async findJoinToken(hash) {
      const answer = await ask({ kind: 'find-join-token', hash }, 'join-token');
      return answer.ok ? admit(answer.value.token) : answer;
    },
    async findIssuance(serial) {
      const answer = await ask({ kind: 'find-issuance', serial }, 'issuance');
      return answer.ok ? admit(answer.value.issuance) : answer;
    },
    async judgeClaim(claim, keyDigest) {
      const answer = await ask({ kind: 'judge-claim', claim, keyDigest }, 'issuance');
      return answer.ok ? admit(answer.value.issuance) : answer;
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
