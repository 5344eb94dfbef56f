/**
 * The journal's thread: opens the file, then runs one batch after the other. On any error it reports and ends; whoever
 * started it opens a new one, which reads from the disk what is really there.
 * Entry of a worker: never imported.
 */
import { parentPort, workerData } from 'node:worker_threads';

import { Fault } from '../../core/fault/fault.ts';
import type { Batch, Report } from './command.ts';
import { openFile } from './open-file.ts';
import { createStore, type Store } from './store.ts';

function serve(file: string, port: NonNullable<typeof parentPort>): void {
  const tell = (report: Report): void => port.postMessage(report);
  let store: Store | undefined;

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
      store?.close();
    } catch {
      // Said above already.
    }
  }

  port.on('message', (batch: Batch | 'close') => {
    if (batch === 'close') {
      close();
      port.close();
      return;
    }
    try {
      if (store === undefined) throw new Error('not open');
      tell({ kind: 'done', answers: store.run(batch) });
    } catch (thrown) {
      end(thrown);
    }
  });
  try {
    store = createStore(openFile(file));
    tell({ kind: 'opened' });
  } catch (thrown) {
    end(thrown);
  }
}

if (parentPort !== null) serve(String(workerData), parentPort);
