/**
 * The journal's tables of authorities and of the bundle, and its list of certificates that somebody still uses.
 * Called inside a transaction only.
 */
import type { DatabaseSync } from 'node:sqlite';

import { epochSeconds, type EpochSeconds } from '../../core/time/units.ts';
import { readChain, writeChain } from './chain-text.ts';
import type { AuthorityRecord, BundleRecord, LiveCertificate, Slot, TrustChange, TrustRecord } from './record.ts';

export interface Trust {
  read(): TrustRecord;
  /** Writes each authority over what was known of it, and the bundle. */
  change(change: TrustChange, now: EpochSeconds): void;
  live(now: EpochSeconds): readonly LiveCertificate[];
}

/** The statements of these tables, prepared once. */
export function prepareTrust(database: DatabaseSync): Trust {
  const statements = prepareStatements(database);
  return {
    read: () => ({
      authorities: statements.authorities.all().map(toAuthority),
      bundle: toBundle(statements.bundle.get()),
    }),
    change({ authorities, bundle }, now) {
      for (const authority of authorities) statements.write(authority, now);
      statements.publish.run(bundle.generation, bundle.digest, bundle.isPaused ? 1 : 0);
    },
    live: (now) => statements.live.all(now).map(toLive),
  };
}

function prepareStatements(database: DatabaseSync) {
  const write = database.prepare(
    `INSERT INTO authority (thumbprint, der, recorded_at, slot, above, root, folder, published_at, begun_by, voucher)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (thumbprint) DO UPDATE SET slot = excluded.slot, above = excluded.above, root = excluded.root,
       folder = excluded.folder, published_at = excluded.published_at, begun_by = excluded.begun_by,
       voucher = excluded.voucher`,
  );
  return {
    authorities: database.prepare('SELECT * FROM authority ORDER BY recorded_at, thumbprint'),
    bundle: database.prepare('SELECT generation, digest, is_paused FROM bundle'),
    publish: database.prepare(
      `INSERT INTO bundle (one, generation, digest, is_paused) VALUES (1, ?, ?, ?)
       ON CONFLICT (one) DO UPDATE SET generation = excluded.generation, digest = excluded.digest,
         is_paused = excluded.is_paused`,
    ),
    live: database.prepare(
      `SELECT serial, thumbprint, spiffe_id, lineage, sequence, issued_at, not_after, authority,
         thumbprint = (SELECT head FROM lineage WHERE id = certificate.lineage) AS is_head
       FROM certificate WHERE not_after >= ? AND attestor <> 'self' ORDER BY spiffe_id, not_after`,
    ),
    write: (record: AuthorityRecord, now: EpochSeconds): void => {
      const { thumbprint, der, slot, above, root, folder, publishedAt, begunBy, voucher } = record;
      const chain = [slot, writeChain(above), root, folder ?? null];
      write.run(thumbprint, der, now, ...chain, publishedAt, begunBy, voucher ?? null);
    },
  };
}

type Row = Readonly<Record<string, unknown>>;

function toAuthority(row: Row): AuthorityRecord {
  return {
    thumbprint: String(row['thumbprint']),
    der: row['der'] as Uint8Array,
    slot: row['slot'] as Slot,
    above: readChain(row['above']),
    root: row['root'] as Uint8Array,
    folder: typeof row['folder'] === 'string' ? row['folder'] : undefined,
    publishedAt: Number(row['published_at']),
    begunBy: row['begun_by'] === 'schedule' ? 'schedule' : 'operator',
    voucher: row['voucher'] === null ? undefined : (row['voucher'] as Uint8Array),
  };
}

function toBundle(row: Row | undefined): BundleRecord | undefined {
  if (row === undefined) return undefined;
  return {
    generation: Number(row['generation']),
    digest: String(row['digest']),
    isPaused: row['is_paused'] === 1,
  };
}

function toLive(row: Row): LiveCertificate {
  return {
    serial: String(row['serial']),
    thumbprint: String(row['thumbprint']),
    spiffeId: String(row['spiffe_id']),
    lineageId: String(row['lineage']),
    sequence: Number(row['sequence']),
    issuedAt: epochSeconds(Number(row['issued_at'])),
    notAfter: epochSeconds(Number(row['not_after'])),
    authority: String(row['authority']),
    isHead: row['is_head'] === 1,
  };
}
