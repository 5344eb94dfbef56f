/**
 * The journal's tables of certificates and lineages, and the judgement of what an issuance may still use up.
 * Called inside a transaction only: a judgement holds for as long as nothing else can write.
 */
import type { DatabaseSync } from 'node:sqlite';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { epochSeconds, seconds, type EpochSeconds } from '../../core/time/units.ts';
import type { Standing } from './command.ts';
import type { JoinTokens } from './join-tokens.ts';
import type { Attestor, Claim, IssuanceRecord } from './record.ts';

export interface Issuances {
  find(serial: string): IssuanceRecord | undefined;
  /** Gives undefined where the claim may be used, the earlier certificate where this key has used it (a lost reply).
   *  A second renewal of one predecessor freezes the lineage.
   *  Refuses: ATTEST_JOIN_TOKEN | GRANT_LINEAGE | GRANT_KEY_REUSE. */
  judge(claim: Claim, keyDigest: string, now: EpochSeconds): Outcome<Standing>;
  /** Judges, then records and uses the claim up. Gives the certificate that may be delivered: this or the earlier one. */
  add(claim: Claim, issuance: IssuanceRecord, now: EpochSeconds): Outcome<IssuanceRecord>;
}

/** The statements of these tables, prepared once. */
export function prepareIssuances(database: DatabaseSync, tokens: JoinTokens): Issuances {
  const statements = prepareStatements(database);
  const find = (serial: string): IssuanceRecord | undefined => toRecord(statements.bySerial.get(serial));

  function judgeToken(hash: string, keyDigest: string, now: EpochSeconds): Outcome<Standing> {
    const token = tokens.find(hash);
    if (token === undefined) return refuse('ATTEST_JOIN_TOKEN', 'unknown');
    if (token.spentOn !== undefined) {
      const earlier = find(token.spentOn);
      if (isRepeat(earlier, keyDigest, now)) return admit(earlier);
      return refuse('ATTEST_JOIN_TOKEN', `spent on certificate ${token.spentOn}`);
    }
    if (now > token.expiresAt) return refuse('ATTEST_JOIN_TOKEN', `expired ${now - token.expiresAt} s ago`);
    return admit(undefined);
  }

  function judgeLeaf(claim: LeafClaim, keyDigest: string, now: EpochSeconds): Outcome<Standing> {
    const { lineageId, thumbprint } = claim;
    const row = statements.lineage.get(lineageId);
    if (row === undefined) return refuse('GRANT_LINEAGE', `lineage ${lineageId} is unknown here`);
    if (row['frozen_at'] !== null) return refuse('GRANT_LINEAGE', `lineage ${lineageId} is frozen`);
    if (row['head'] === thumbprint) return admit(undefined);
    const successor = toRecord(statements.byPredecessor.get(thumbprint));
    if (successor === undefined) return refuse('GRANT_LINEAGE', `not the newest certificate of lineage ${lineageId}`);
    if (isRepeat(successor, keyDigest, now)) return admit(successor);
    statements.freeze.run(now, lineageId);
    return refuse('GRANT_LINEAGE', `second renewal of one predecessor: lineage ${lineageId} is frozen now`);
  }

  function judge(claim: Claim, keyDigest: string, now: EpochSeconds): Outcome<Standing> {
    const standing = judgeClaim(claim, keyDigest, now);
    if (!standing.ok || standing.value !== undefined) return standing;
    const holder = statements.byKey.get(keyDigest);
    if (holder === undefined) return standing;
    return refuse('GRANT_KEY_REUSE', `the key is that of certificate ${String(holder['serial'])}`);
  }

  function judgeClaim(claim: Claim, keyDigest: string, now: EpochSeconds): Outcome<Standing> {
    if (claim.kind === 'self') return admit(undefined);
    if (claim.kind === 'leaf') return judgeLeaf(claim, keyDigest, now);
    return judgeToken(claim.hash, keyDigest, now);
  }

  return {
    find,
    judge,
    add(claim, issuance, now) {
      const standing = judge(claim, issuance.keyDigest, now);
      if (!standing.ok) return standing;
      if (standing.value !== undefined) return admit(standing.value);
      statements.insert(issuance, claim.kind === 'leaf' ? claim.thumbprint : null);
      if (claim.kind === 'join-token') tokens.spend(claim.hash, issuance.serial);
      statements.advance.run(issuance.lineageId, issuance.thumbprint, issuance.notAfter);
      return admit(issuance);
    },
  };
}

type LeafClaim = Extract<Claim, { readonly kind: 'leaf' }>;
type Row = Readonly<Record<string, unknown>> | undefined;

/** Asked again with the key that was certified, while that certificate lives: the reply was lost, or came twice. */
function isRepeat(
  earlier: IssuanceRecord | undefined,
  keyDigest: string,
  now: EpochSeconds,
): earlier is IssuanceRecord {
  return earlier !== undefined && earlier.keyDigest === keyDigest && now <= earlier.notAfter;
}

const COLUMNS =
  'serial, thumbprint, key_digest, spiffe_id, lineage, sequence, attestor, issued_at, not_after, asked_ttl, der';

function prepareStatements(database: DatabaseSync) {
  const insert = database.prepare(
    `INSERT INTO certificate (${COLUMNS}, predecessor) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  return {
    bySerial: database.prepare(`SELECT ${COLUMNS} FROM certificate WHERE serial = ?`),
    byPredecessor: database.prepare(`SELECT ${COLUMNS} FROM certificate WHERE predecessor = ?`),
    byKey: database.prepare('SELECT serial FROM certificate WHERE key_digest = ?'),
    lineage: database.prepare('SELECT head, frozen_at FROM lineage WHERE id = ?'),
    freeze: database.prepare('UPDATE lineage SET frozen_at = ? WHERE id = ?'),
    advance: database.prepare(
      `INSERT INTO lineage (id, head, ends_at) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET head = excluded.head, ends_at = max(ends_at, excluded.ends_at)`,
    ),
    insert: (record: IssuanceRecord, predecessor: string | null): void => {
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
        predecessor,
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
  };
}
