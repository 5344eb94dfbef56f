/**
 * The audit stream as its writers see it: one line a decision of consequence, in the file before the decision has any
 * effect outside. It decides nothing and holds no decision back but by refusing.
 */
import type { Outcome } from '../../core/fault/refusal.ts';
import type { Service } from '../lifecycle.ts';
import type { AuditHead, Facts } from './line.ts';

export interface Audit {
  /** Writes one line. `kind` is lower-case words with hyphens. A process that is killed afterwards has written it; a
   *  power cut may take the last second. Refuses: ISSUE_AUDIT where it could not be written and `onFailure` is `stop`:
   *  then what it was about must not happen. */
  record(kind: string, facts: Facts): Outcome<void>;
}

/** The stream itself, for the composition root and for whoever must ask before it acts. */
export interface AuditStream extends Audit, Service {
  /** Refuses: ISSUE_AUDIT while `record` would. */
  check(): Outcome<void>;
  /** The end of the chain; undefined before `start`. */
  head(): AuditHead | undefined;
}

/** What happens where a line cannot be written: the CA stops issuing, or goes on and says so. */
export type OnFailure = 'stop' | 'warn';
