/**
 * The journal's tables of certificates and lineages, and the judgement of what an issuance may still use up.
 * Called inside a transaction only: a judgement holds for as long as nothing else can write.
 */
import type { DatabaseSync } from 'node:sqlite';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { epochSeconds, seconds, type EpochSeconds } from '../../core/time/units.ts';
import { readChain } from './chain-text.ts';
import type { Standing } from './command.ts';
import type { JoinTokens } from './join-tokens.ts';
import type { Revocations } from './revocations.ts';
import type { Attestor, Claim, IssuanceRecord } from './record.ts';
import { prepareRestored, type LeafClaim } from './restored.ts';

export interface Issuances {
  find(serial: string): IssuanceRecord | undefined;
  /** Whether the claim may be used: unused, or used by this very key (a lost reply).
   *  A second renewal of one predecessor freezes the lineage.
   *  Refuses: ATTEST_JOIN_TOKEN | GRANT_LINEAGE | GRANT_FORK | GRANT_KEY_REUSE. */
  judge(claim: Claim, keyDigest: string, now: EpochSeconds): Outcome<Standing>;
  /** Judges, then records and uses the claim up. Gives the certificate that may be delivered: this or the earlier one.
   *  Refuses as `judge` does, and GRANT_REVOKED. */
  add(claim: Claim, issuance: IssuanceRecord, now: EpochSeconds): Outcome<IssuanceRecord>;
}

/** The statements of these tables, prepared once. */
export function prepareIssuances(
  database: DatabaseSync,
  { tokens, revocations }: { readonly tokens: JoinTokens; readonly revocations: Revocations },
): Issuances {
  const statements = prepareStatements(database);
  const find = (serial: string): IssuanceRecord | undefined => toRecord(statements.bySerial.get(serial));
  const restored = prepareRestored(database, {
    find,
    isRepeat,
    freeze,
  });

  /** Verifiers hear of it as of a revocation. */
  function freeze(lineageId: string, now: EpochSeconds): void {
    statements.freeze.run(now, lineageId);
    revocations.addFrozen(lineageId, now);
  }

  function judgeToken(hash: string, keyDigest: string, now: EpochSeconds): Outcome<Standing> {
    const token = tokens.find(hash);
    if (token === undefined) return refuse('ATTEST_JOIN_TOKEN', 'unknown');
    if (token.spentOn !== undefined) {
      const earlier = find(token.spentOn);
      if (isRepeat(earlier, keyDigest, now)) return admit({ earlier, continues: true });
      return refuse('ATTEST_JOIN_TOKEN', `spent on certificate ${token.spentOn}`);
    }
    if (now > token.expiresAt) return refuse('ATTEST_JOIN_TOKEN', `expired ${now - token.expiresAt} s ago`);
    return admit(UNUSED);
  }

  function judgeLeaf(claim: LeafClaim, keyDigest: string, now: EpochSeconds): Outcome<Standing> {
    const { lineageId, thumbprint } = claim;
    const row = statements.lineage.get(lineageId);
    if (row === undefined) return restored.judgeUnknown(claim, keyDigest, now);
    if (row['frozen_at'] !== null) return refuse('GRANT_LINEAGE', `lineage ${lineageId} is frozen`);
    const isUnproven = row['is_unproven'] === 1;
    if (row['head'] === thumbprint && !isUnproven) return admit(UNUSED);
    const successor = toRecord(statements.byPredecessor.get(thumbprint));
    if (isRepeat(successor, keyDigest, now)) return admit({ earlier: successor, continues: true });
    if (isUnproven && successor?.lineageId !== lineageId)
      return restored.judgeUnproven(claim, { keyDigest, head: Number(row['sequence'] ?? 0) }, now);
    if (successor === undefined) return refuse('GRANT_LINEAGE', `not the newest certificate of lineage ${lineageId}`);
    freeze(lineageId, now);
    return refuse('GRANT_FORK', `second renewal of one predecessor: lineage ${lineageId} is frozen now`);
  }

  /** Nothing is used up: only the same key with the same evidence is the same request. */
  function judgeEvidence(digest: string, keyDigest: string, now: EpochSeconds): Outcome<Standing> {
    const row = statements.byKey.get(keyDigest);
    const earlier = row?.['evidence_digest'] === digest ? find(String(row['serial'])) : undefined;
    return admit(isRepeat(earlier, keyDigest, now) ? { earlier, continues: true } : UNUSED);
  }

  function judge(claim: Claim, keyDigest: string, now: EpochSeconds): Outcome<Standing> {
    const standing = judgeClaim(claim, keyDigest, now);
    if (!standing.ok || standing.value.earlier !== undefined) return standing;
    const holder = statements.byKey.get(keyDigest);
    if (holder === undefined) return standing;
    return refuse('GRANT_KEY_REUSE', `the key is that of certificate ${String(holder['serial'])}`);
  }

  function judgeClaim(claim: Claim, keyDigest: string, now: EpochSeconds): Outcome<Standing> {
    if (claim.kind === 'self') return admit(UNUSED);
    if (claim.kind === 'leaf') return judgeLeaf(claim, keyDigest, now);
    if (claim.kind === 'evidence') return judgeEvidence(claim.digest, keyDigest, now);
    return judgeToken(claim.hash, keyDigest, now);
  }

  /** The CA's own certificate is bound by nothing that its operators revoke. */
  function forbiddenFor(claim: Claim, { spiffeId }: IssuanceRecord, now: EpochSeconds): string | undefined {
    if (claim.kind === 'self') return undefined;
    return revocations.forbids(claim.kind === 'leaf' ? { lineageId: claim.lineageId, spiffeId } : { spiffeId }, now);
  }

  return {
    find,
    judge,
    add(claim, issuance, now) {
      const standing = judge(claim, issuance.keyDigest, now);
      if (!standing.ok) return standing;
      const forbidden = forbiddenFor(claim, issuance, now);
      if (forbidden !== undefined) return refuse('GRANT_REVOKED', forbidden);
      const { earlier, continues } = standing.value;
      if (earlier !== undefined) return admit(earlier);
      if (claim.kind === 'leaf' && continues !== (claim.lineageId === issuance.lineageId))
        throw new Error('the certificate was drafted for another standing of its lineage');
      statements.insert(issuance, claim);
      if (claim.kind === 'join-token') tokens.spend(claim.hash, issuance.serial);
      if (claim.kind === 'leaf' && !continues) restored.replace(claim, issuance);
      statements.advance.run(issuance.lineageId, issuance.thumbprint, issuance.notAfter);
      return admit(issuance);
    },
  };
}

const UNUSED: Standing = { earlier: undefined, continues: true };

type Row = Readonly<Record<string, unknown>> | undefined;

/** Asked again with the key that was certified, while that certificate lives: the reply was lost, or came twice. */
function isRepeat(earlier: IssuanceRecord | undefined, keyDigest: string, now: EpochSeconds): boolean {
  return earlier !== undefined && earlier.keyDigest === keyDigest && now <= earlier.notAfter;
}

const COLUMNS =
  'serial, thumbprint, key_digest, spiffe_id, lineage, sequence, attestor, issued_at, not_after, asked_ttl, der, authority, evidence';
const ABOVE = '(SELECT above FROM authority WHERE thumbprint = certificate.authority) AS above';

function prepareStatements(database: DatabaseSync) {
  const insert = database.prepare(
    `INSERT INTO certificate (${COLUMNS}, predecessor, evidence_digest)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  return {
    bySerial: database.prepare(`SELECT ${COLUMNS}, ${ABOVE} FROM certificate WHERE serial = ?`),
    byPredecessor: database.prepare(`SELECT ${COLUMNS}, ${ABOVE} FROM certificate WHERE predecessor = ?`),
    byKey: database.prepare('SELECT serial, evidence_digest FROM certificate WHERE key_digest = ?'),
    lineage: database.prepare(
      `SELECT head, frozen_at, is_unproven, (SELECT sequence FROM certificate WHERE thumbprint = head) AS sequence
       FROM lineage WHERE id = ?`,
    ),
    freeze: database.prepare('UPDATE lineage SET frozen_at = ? WHERE id = ?'),
    advance: database.prepare(
      `INSERT INTO lineage (id, head, ends_at) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET head = excluded.head, ends_at = max(ends_at, excluded.ends_at)`,
    ),
    insert: (record: IssuanceRecord, claim: Claim): void => {
      const { serial, thumbprint, keyDigest, spiffeId, lineageId, sequence, attestor } = record;
      const times = [record.issuedAt, record.notAfter, record.askedTtl ?? null];
      insert.run(
        serial,
        thumbprint,
        keyDigest,
        spiffeId,
        lineageId,
        sequence,
        attestor,
        ...times,
        record.der,
        record.authority,
        record.evidence,
        claim.kind === 'leaf' ? claim.thumbprint : null,
        claim.kind === 'evidence' ? claim.digest : null,
      );
    },
  };
}

function toRecord(row: Row): IssuanceRecord | undefined {
  if (row === undefined) return undefined;
  return {
    serial: String(row['serial']),
    thumbprint: String(row['thumbprint']),
    keyDigest: String(row['key_digest']),
    spiffeId: String(row['spiffe_id']),
    lineageId: String(row['lineage']),
    sequence: Number(row['sequence']),
    attestor: row['attestor'] as Attestor,
    issuedAt: epochSeconds(Number(row['issued_at'])),
    notAfter: epochSeconds(Number(row['not_after'])),
    askedTtl: row['asked_ttl'] === null ? undefined : seconds(Number(row['asked_ttl'])),
    der: row['der'] as Uint8Array,
    authority: String(row['authority']),
    evidence: String(row['evidence']),
    above: readChain(row['above']),
  };
}
