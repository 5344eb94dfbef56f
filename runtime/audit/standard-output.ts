/**
 * The audit stream on standard output, for whoever collects that: one chain a process. Whether a line arrived is not
 * known here, so it never refuses.
 */
import { admit } from '../../core/fault/refusal.ts';
import type { Clock } from '../../core/time/clock.ts';
import type { AuditStream } from './audit.ts';
import { GENESIS, OPENED, writeLine, type Facts } from './line.ts';

export interface AuditOutputDeps {
  /** Takes one line without its line end. */
  readonly write: (line: string) => void;
  readonly clock: Pick<Clock, 'now'>;
  /** Told true once. */
  readonly onHealth: (sound: boolean) => void;
}

/** A stream into `write`. */
export function createAuditOutput({ write, clock, onHealth }: AuditOutputDeps): AuditStream {
  let head = GENESIS;
  const say = (kind: string, facts: Facts): void => {
    const line = writeLine(head, { kind, facts, now: clock.now() });
    head = line.head;
    write(line.text);
  };
  return {
    name: 'audit',
    async start() {
      say(OPENED, { reason: 'started' });
      onHealth(true);
    },
    check: () => admit(undefined),
    head: () => (head === GENESIS ? undefined : head),
    record(kind, facts) {
      say(kind, facts);
      return admit(undefined);
    },
    async drain() {},
    async [Symbol.asyncDispose]() {},
  };
}
