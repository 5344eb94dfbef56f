/** Makes a backup for an operator: checks where it goes, and answers once it is on the disk. */
import { isAbsolute } from 'node:path';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { Audit } from '../../runtime/audit/audit.ts';
import type { Journal } from '../journal/journal.ts';

export interface BackupDesk {
  readonly journal: Pick<Journal, 'backup'>;
  readonly audit: Audit;
}

/** For an order `{file}`: an absolute path to a file that is not there yet. Gives the same. Refuses: CONFIG_INVALID |
 *  JOURNAL_BACKUP | ISSUE_AUDIT. */
export async function orderBackup(body: unknown, { journal, audit }: BackupDesk): Promise<Outcome<{ file: string }>> {
  const file = typeof body === 'object' && body !== null && 'file' in body ? body.file : undefined;
  if (typeof file !== 'string' || !isAbsolute(file) || file.includes('\0'))
    return refuse('CONFIG_INVALID', 'file: an absolute path');
  const told = audit.record('journal-backup', { file });
  if (!told.ok) return told;
  const made = await journal.backup(file);
  return made.ok ? admit({ file }) : made;
}
