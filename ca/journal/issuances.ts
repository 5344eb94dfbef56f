/**
 * The journal's tables of certificates and lineages, and the judgement of what an issuance may still use up.
 * Called inside a transaction only: a judgement holds for as long as nothing else can write.
 */
import type { DatabaseSync } from 'node:sqlite';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { epochSeconds, seconds, type EpochSeconds } from '../../core/time/units.ts';
import { readChain } from './chain-text.ts';
import type { Standing } from './command.ts';
import { Judgement, type Known } from './judgement.ts';
import type { JoinTokens } from './join-tokens.ts';
import type { Revocations } from './revocations.ts';
import type { Attestor, Claim, IssuanceRecord } from './record.ts';

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
  const known: Known = {
    find: (serial) => toRecord(statements.bySerial.get(serial)),
    successorOf: (thumbprint) => toRecord(statements.byPredecessor.get(thumbprint)),
    holderOf(keyDigest) {
      const row = statements.byKey.get(keyDigest);
      return row === undefined ? undefined : { serial: String(row['serial']), evidenceDigest: row['evidence_digest'] };
    },
  };
  const judgement = new Judgement(database, { known, tokens, revocations });

  /** The CA's own certificate is bound by nothing that its operators revoke. */
  function forbiddenFor(claim: Claim, { spiffeId }: IssuanceRecord, now: EpochSeconds): string | undefined {
    if (claim.kind === 'self') return undefined;
    return revocations.forbids(claim.kind === 'leaf' ? { lineageId: claim.lineageId, spiffeId } : { spiffeId }, now);
  }

  return {
    find: (serial) => known.find(serial),
    judge: (claim, keyDigest, now) => judgement.judge(claim, keyDigest, now),
    add(claim, issuance, now) {
      const standing = judgement.judge(claim, issuance.keyDigest, now);
      if (!standing.ok) return standing;
      const forbidden = forbiddenFor(claim, issuance, now);
      if (forbidden !== undefined) return refuse('GRANT_REVOKED', forbidden);
      const { earlier, continues } = standing.value;
      if (earlier !== undefined) return admit(earlier);
      if (claim.kind === 'leaf' && continues !== (claim.lineageId === issuance.lineageId))
        throw new Error('the certificate was drafted for another standing of its lineage');
      statements.insert(issuance, claim);
      if (claim.kind === 'join-token') tokens.spend(claim.hash, issuance.serial);
      if (claim.kind === 'leaf' && !continues) judgement.replace(claim, issuance);
      statements.advance.run(issuance.lineageId, issuance.thumbprint, issuance.notAfter);
      return admit(issuance);
    },
  };
}

type Row = Readonly<Record<string, unknown>> | undefined;

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
