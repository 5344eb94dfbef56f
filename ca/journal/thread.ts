/**
 * The journal's thread: opens the file, then runs one batch after the other. On any error it reports and ends; whoever
 * started it opens a new one, which reads from the disk what is really there.
 * Entry of a worker: never imported.
 */
import type { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

import { Fault } from '../../core/fault/fault.ts';
import { backUp } from './backup.ts';
import type { Order, Report } from './command.ts';
import { openFile } from './open-file.ts';
import { createStore, type Store } from './store.ts';

interface Opened {
  readonly database: DatabaseSync;
  readonly store: Store;
}

function serve(file: string, port: NonNullable<typeof parentPort>): void {
  const tell = (report: Report): void => port.postMessage(report);
  let opened: Opened | undefined;

  function end(thrown: unknown): void {
    const fault = Fault.from(thrown);
    const opening =
      fault.code === 'JOURNAL_LOCKED' || fault.code === 'JOURNAL_MISMATCH' ? fault.code : 'JOURNAL_FAILED';
    tell({ kind: 'broken', code: opening, detail: fault.detail });
    port.close();
    close();
  }

  /** Closing after a failed write may fail again; the file is settled by whoever opens it next. */
  function close(): void {
    try {
      opened?.store.close();
    } catch {
      // Said above already.
    }
  }

  function obey(order: Order, { database, store }: Opened): void {
    if (order.kind === 'batch') tell({ kind: 'done', answers: store.run(order.batch) });
    else if (order.kind === 'backup')
      void backUp(database, order.file).then((outcome) => tell({ kind: 'backed-up', outcome }));
    else {
      close();
      port.close();
    }
  }

  port.on('message', (order: Order) => {
    try {
      if (opened === undefined) throw new Error('not open');
      obey(order, opened);
    } catch (thrown) {
      end(thrown);
    }
  });
  try {
    const database = openFile(file);
    opened = { database, store: createStore(database) };
    tell({ kind: 'opened' });
  } catch (thrown) {
    end(thrown);
  }
}

if (parentPort !== null) serve(String(workerData), parentPort);
