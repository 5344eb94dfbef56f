/**
 * The journal as an administrator reads it: certificates, lineages and join tokens that have not ended, page by page.
 * Reads only, and never a whole table: a page must not hold the thread up.
 */
import type { DatabaseSync } from 'node:sqlite';

import { epochSeconds, type EpochSeconds } from '../../core/time/units.ts';
import type {
  Attestor,
  CertificateFilter,
  JoinTokenRecord,
  LineageFilter,
  ListedCertificate,
  ListedLineage,
  Page,
} from './record.ts';

export interface Listing {
  certificates(filter: CertificateFilter, now: EpochSeconds): Page<ListedCertificate>;
  /** Those of workloads: without the CA's own. */
  lineages(filter: LineageFilter, now: EpochSeconds): Page<ListedLineage>;
  /** Neither spent nor expired; at most `PAGE_MOST`, those that end first. */
  joinTokens(now: EpochSeconds): readonly JoinTokenRecord[];
}

export const PAGE_MOST = 1000;

type Row = Readonly<Record<string, unknown>>;

/** The statements, prepared once. */
export function prepareListing(database: DatabaseSync): Listing {
  const certificates = database.prepare(
    `SELECT serial, spiffe_id, lineage, sequence, attestor, evidence, issued_at, not_after, thumbprint, authority
     FROM certificate
     WHERE serial > :after AND not_after >= :now
       AND (:spiffeId = '' OR spiffe_id = :spiffeId) AND (:serial = '' OR serial = :serial)
     ORDER BY serial LIMIT ${PAGE_MOST + 1}`,
  );
  const lineages = database.prepare(
    `SELECT lineage.id, lineage.frozen_at, spiffe_id, sequence, serial, not_after
     FROM lineage JOIN certificate ON certificate.thumbprint = lineage.head
     WHERE lineage.id > :after AND not_after >= :now AND attestor <> 'self' AND (:spiffeId = '' OR spiffe_id = :spiffeId)
     ORDER BY lineage.id LIMIT ${PAGE_MOST + 1}`,
  );
  const joinTokens = database.prepare(
    `SELECT hash, path, dns_names, expires_at FROM join_token
     WHERE spent_on IS NULL AND expires_at >= ? ORDER BY expires_at, hash LIMIT ${PAGE_MOST}`,
  );
  return {
    certificates({ spiffeId = '', serial = '', after = '' }, now) {
      const rows = certificates.all({ spiffeId, serial, after, now });
      return pageOf(rows.map(toCertificate), ({ serial: last }) => last);
    },
    lineages({ spiffeId = '', after = '' }, now) {
      const rows = lineages.all({ spiffeId, after, now });
      return pageOf(rows.map(toLineage), ({ lineageId }) => lineageId);
    },
    joinTokens: (now) => joinTokens.all(now).map(toJoinToken),
  };
}

/** One row more was asked for: whether it came says whether there is another page. */
function pageOf<T>(rows: readonly T[], keyOf: (row: T) => string): Page<T> {
  const page = rows.slice(0, PAGE_MOST);
  const last = page.at(-1);
  return { rows: page, next: rows.length > PAGE_MOST && last !== undefined ? keyOf(last) : undefined };
}

function toCertificate(row: Row): ListedCertificate {
  return {
    serial: String(row['serial']),
    spiffeId: String(row['spiffe_id']),
    lineageId: String(row['lineage']),
    sequence: Number(row['sequence']),
    attestor: row['attestor'] as Attestor,
    evidence: typeof row['evidence'] === 'string' ? row['evidence'] : undefined,
    issuedAt: epochSeconds(Number(row['issued_at'])),
    notAfter: epochSeconds(Number(row['not_after'])),
    thumbprint: String(row['thumbprint']),
    authority: String(row['authority']),
  };
}

function toLineage(row: Row): ListedLineage {
  return {
    lineageId: String(row['id']),
    spiffeId: String(row['spiffe_id']),
    sequence: Number(row['sequence']),
    serial: String(row['serial']),
    notAfter: epochSeconds(Number(row['not_after'])),
    frozenAt: row['frozen_at'] === null ? undefined : epochSeconds(Number(row['frozen_at'])),
  };
}

function toJoinToken(row: Row): JoinTokenRecord {
  return {
    hash: String(row['hash']),
    path: String(row['path']),
    dnsNames: JSON.parse(String(row['dns_names'])) as readonly string[],
    expiresAt: epochSeconds(Number(row['expires_at'])),
  };
}
