/** The audit stream of a CA where its configuration puts it. */
import { join } from 'node:path';

import type { Clock } from '../core/time/clock.ts';
import type { AuditStream } from '../runtime/audit/audit.ts';
import { createAuditFile } from '../runtime/audit/file.ts';
import { createAuditOutput } from '../runtime/audit/standard-output.ts';
import type { Log } from '../runtime/log.ts';
import type { CaConfig } from './config.ts';
import type { Journal } from './journal/journal.ts';

export interface CaAuditDeps {
  readonly config: Pick<CaConfig, 'audit' | 'dataDir'>;
  /** Open before the stream starts. */
  readonly journal: Pick<Journal, 'findAuditHead'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Takes one JSON line without its line end. */
  readonly write: (line: string) => void;
  readonly onHealth: (sound: boolean) => void;
}

/** The file of the stream; undefined where it goes to standard output. */
export function auditFileOf({ audit, dataDir }: CaAuditDeps['config']): string | undefined {
  if (audit.file.kind === 'file') return audit.file.path;
  return audit.file.kind === 'dataDir' ? join(dataDir, 'audit.jsonl') : undefined;
}

/** Not yet started. */
export function createCaAudit(deps: CaAuditDeps): AuditStream {
  const path = auditFileOf(deps.config);
  if (path === undefined) return createAuditOutput(deps);
  return createAuditFile({
    ...deps,
    path,
    onFailure: deps.config.audit.onFailure,
    remembered: async () => {
      const head = await deps.journal.findAuditHead();
      return head.ok ? head.value : undefined;
    },
  });
}
