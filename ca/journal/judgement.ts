/**
 * What a claim may still use up: a join token, the place at the head of a lineage, or nothing but its own key. Called
 * inside a transaction only: a judgement holds for as long as nothing else can write.
 */
import type { DatabaseSync } from 'node:sqlite';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { Standing } from './command.ts';
import type { JoinTokens } from './join-tokens.ts';
import type { Claim, IssuanceRecord } from './record.ts';
import { prepareRestored, type LeafClaim, type Restored } from './restored.ts';
import type { Revocations } from './revocations.ts';

/** What the journal knows of certificates. */
export interface Known {
  find(serial: string): IssuanceRecord | undefined;
  /** By the thumbprint of its predecessor. */
  successorOf(thumbprint: string): IssuanceRecord | undefined;
  holderOf(keyDigest: string): { readonly serial: string; readonly evidenceDigest: unknown } | undefined;
}

export interface JudgementDeps {
  readonly known: Known;
  readonly tokens: JoinTokens;
  readonly revocations: Revocations;
}

const UNUSED: Standing = { earlier: undefined, continues: true };

export class Judgement {
  readonly #deps: JudgementDeps;
  readonly #restored: Restored;
  readonly #lineage;
  readonly #freeze;

  constructor(database: DatabaseSync, deps: JudgementDeps) {
    this.#deps = deps;
    this.#lineage = database.prepare(
      `SELECT head, frozen_at, is_unproven, (SELECT sequence FROM certificate WHERE thumbprint = head) AS sequence
       FROM lineage WHERE id = ?`,
    );
    this.#freeze = database.prepare('UPDATE lineage SET frozen_at = ? WHERE id = ?');
    this.#restored = prepareRestored(database, {
      isRepeat,
      find: (serial) => deps.known.find(serial),
      freeze: (id, now) => this.#freezeLineage(id, now),
    });
  }

  /** Refuses: ATTEST_JOIN_TOKEN | GRANT_LINEAGE | GRANT_FORK | GRANT_KEY_REUSE. */
  judge(claim: Claim, keyDigest: string, now: EpochSeconds): Outcome<Standing> {
    const standing = this.#judgeClaim(claim, keyDigest, now);
    if (!standing.ok || standing.value.earlier !== undefined) return standing;
    const holder = this.#deps.known.holderOf(keyDigest);
    if (holder === undefined) return standing;
    return refuse('GRANT_KEY_REUSE', `the key is that of certificate ${holder.serial}`);
  }

  /** Uses up a lineage that is not continued. */
  replace(claim: LeafClaim, issuance: IssuanceRecord): void {
    this.#restored.replace(claim, issuance);
  }

  #judgeClaim(claim: Claim, keyDigest: string, now: EpochSeconds): Outcome<Standing> {
    if (claim.kind === 'self') return admit(UNUSED);
    if (claim.kind === 'leaf') return this.#judgeLeaf(claim, keyDigest, now);
    if (claim.kind === 'evidence') return this.#judgeEvidence(claim.digest, keyDigest, now);
    return this.#judgeToken(claim.hash, keyDigest, now);
  }

  #judgeToken(hash: string, keyDigest: string, now: EpochSeconds): Outcome<Standing> {
    const token = this.#deps.tokens.find(hash);
    if (token === undefined) return refuse('ATTEST_JOIN_TOKEN', 'unknown');
    if (token.spentOn !== undefined) {
      const earlier = this.#deps.known.find(token.spentOn);
      if (isRepeat(earlier, keyDigest, now)) return admit({ earlier, continues: true });
      return refuse('ATTEST_JOIN_TOKEN', `spent on certificate ${token.spentOn}`);
    }
    if (now > token.expiresAt) return refuse('ATTEST_JOIN_TOKEN', `expired ${now - token.expiresAt} s ago`);
    return admit(UNUSED);
  }

  #judgeLeaf(claim: LeafClaim, keyDigest: string, now: EpochSeconds): Outcome<Standing> {
    const { lineageId, thumbprint } = claim;
    const row = this.#lineage.get(lineageId);
    if (row === undefined) return this.#restored.judgeUnknown(claim, keyDigest, now);
    if (row['frozen_at'] !== null) return refuse('GRANT_LINEAGE', `lineage ${lineageId} is frozen`);
    const isUnproven = row['is_unproven'] === 1;
    if (row['head'] === thumbprint && !isUnproven) return admit(UNUSED);
    const successor = this.#deps.known.successorOf(thumbprint);
    if (isRepeat(successor, keyDigest, now)) return admit({ earlier: successor, continues: true });
    if (isUnproven && successor?.lineageId !== lineageId)
      return this.#restored.judgeUnproven(claim, { keyDigest, head: Number(row['sequence'] ?? 0) }, now);
    if (successor === undefined) return refuse('GRANT_LINEAGE', `not the newest certificate of lineage ${lineageId}`);
    const more = this.#freezeLineage(lineageId, now);
    return refuse('GRANT_FORK', `second renewal of one predecessor: lineage ${lineageId} is frozen now${more}`);
  }

  /** Nothing is used up: only the same key with the same evidence is the same request. */
  #judgeEvidence(digest: string, keyDigest: string, now: EpochSeconds): Outcome<Standing> {
    const holder = this.#deps.known.holderOf(keyDigest);
    const earlier = holder?.evidenceDigest === digest ? this.#deps.known.find(holder.serial) : undefined;
    return admit(isRepeat(earlier, keyDigest, now) ? { earlier, continues: true } : UNUSED);
  }

  /** Verifiers hear of it as of a revocation. Gives what is to be said of that besides. */
  #freezeLineage(lineageId: string, now: EpochSeconds): string {
    this.#freeze.run(now, lineageId);
    const more = this.#deps.revocations.addFrozen(lineageId, now);
    return more === undefined ? '' : `; ${more}`;
  }
}

/** Asked again with the key that was certified, while that certificate lives: the reply was lost, or came twice. */
function isRepeat(earlier: IssuanceRecord | undefined, keyDigest: string, now: EpochSeconds): boolean {
  return earlier !== undefined && earlier.keyDigest === keyDigest && now <= earlier.notAfter;
}
