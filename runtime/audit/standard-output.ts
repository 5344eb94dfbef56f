/**
 * The audit stream on standard output, for whoever collects that: one chain a process. Whether a line arrived is not
 * known here, so it never refuses.
 */
import { admit } from '../../core/fault/refusal.ts';
import type { Clock } from '../../core/time/clock.ts';
import type { AuditStream } from './audit.ts';
import { GENESIS, OPENED, writeLine, type Facts } from './line.ts';

/** `write` takes one line without its line end. */
export function createAuditOutput({
  write,
  clock,
}: {
  readonly write: (line: string) => void;
  readonly clock: Pick<Clock, 'now'>;
}): AuditStream {
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
