/**
 * Stands in for `ca/journal/writer.ts` in a build for measurement alone: certificates are recorded nowhere, everything
 * else lives in memory. What it leaves out is the price of durability. The product has no such setting.
 */
import { DatabaseSync } from 'node:sqlite';

import type { Answer, Command } from '../../ca/journal/command.ts';
import { MIGRATIONS } from '../../ca/journal/migrations.ts';
import { createStore } from '../../ca/journal/store.ts';
import type { Writer, WriterDeps } from '../../ca/journal/writer.ts';
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { wholeSeconds } from '../../core/time/units.ts';

/** As the writer that it replaces, without a thread and without a disk. */
export function createWriter({ clock, onHealth }: WriterDeps): Writer {
  const database = new DatabaseSync(':memory:');
  for (const step of MIGRATIONS) database.exec(step);
  const store = createStore(database);

  function answer(command: Command): Outcome<Answer> {
    if (command.kind === 'judge-claim')
      return admit({ kind: 'standing', standing: { earlier: undefined, continues: true } });
    if (command.kind === 'add-issuance') return admit({ kind: 'recorded', earlier: undefined });
    const [first] = store.run({ commands: [command], now: wholeSeconds(clock.now()), auditHead: undefined });
    return first ?? refuse('JOURNAL_FAILED', 'no answer');
  }

  return {
    name: 'journal',
    async start() {
      onHealth(true);
    },
    async submit(command) {
      return answer(command);
    },
    async backup() {
      return refuse('JOURNAL_BACKUP', 'nothing is kept here');
    },
    async drain() {},
    async [Symbol.asyncDispose]() {
      store.close();
    },
  };
}
