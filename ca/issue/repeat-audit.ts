/**
 * Puts repeated deliveries of one certificate into the audit stream: the first repeat is a line before anybody has the
 * certificate again, those of the next minute are one line with their count. One key asked with all day fills no disk.
 */
import type { Outcome } from '../../core/fault/refusal.ts';
import { milliseconds } from '../../core/time/units.ts';
import type { AuditStream } from '../../runtime/audit/audit.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import { createRepeats } from '../../runtime/repeats.ts';
import type { IssuanceRecord } from '../journal/record.ts';
import { describeIssuance } from './record.ts';

export interface RepeatAudit extends Service {
  /** Refuses: ISSUE_AUDIT; nothing may be delivered then. */
  note(record: IssuanceRecord): Outcome<void>;
}

const WINDOW = milliseconds(60_000);
/** Certificates with a line of their own a minute. */
const CERTIFICATES_MOST = 1024;

/** No certificate was repeated yet. */
export function createRepeatAudit(audit: Pick<AuditStream, 'check' | 'record'>): RepeatAudit {
  const repeats = createRepeats<{ readonly serial: string }>({
    window: WINDOW,
    kindsMost: CERTIFICATES_MOST,
    rest: { serial: 'any' },
    more: (facts, more) => void audit.record('issuance-repeats', { ...facts, more }),
  });
  const close = async (): Promise<void> => repeats.close();
  return {
    name: 'repeat-audit',
    note(record) {
      const say = (): Outcome<void> => audit.record('issuance', { ...describeIssuance(record), isRepeat: true });
      // One that is only counted is delivered only while its count could be written.
      return repeats.note(record.serial, { serial: record.serial }, say) ?? audit.check();
    },
    async start() {},
    drain: close,
    [Symbol.asyncDispose]: close,
  };
}
