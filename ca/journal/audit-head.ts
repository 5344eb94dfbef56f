/** The journal's memory of how far the audit stream was: what shows that lines are missing at its end. */
import type { DatabaseSync } from 'node:sqlite';

import type { AuditHead } from '../../runtime/audit/line.ts';

export interface AuditMemory {
  find(): AuditHead | undefined;
  keep(head: AuditHead): void;
}

/** The statements of this table, prepared once. */
export function prepareAuditHead(database: DatabaseSync): AuditMemory {
  const find = database.prepare('SELECT seq, digest FROM audit_head');
  const keep = database.prepare(
    `INSERT INTO audit_head (one, seq, digest) VALUES (1, ?, ?)
     ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, digest = excluded.digest`,
  );
  return {
    find() {
      const row = find.get();
      return row === undefined ? undefined : { seq: Number(row['seq']), digest: String(row['digest']) };
    },
    keep: ({ seq, digest }) => void keep.run(seq, digest),
  };
}
