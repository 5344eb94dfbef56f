/** Starts the journal's thread and ends it: the only file that knows it is a worker. */
import { Worker } from 'node:worker_threads';

import { Fault } from '../../core/fault/fault.ts';
import type { Batch, Order, Report } from './command.ts';

export interface ThreadPort {
  send(batch: Batch): void;
  backup(file: string): void;
  /** Closes the file; resolves when the thread has ended, or after the deadline (milliseconds). */
  close(deadline: number): Promise<void>;
  terminate(): Promise<void>;
}

export interface ThreadEvents {
  readonly onAnswers: (report: Extract<Report, { readonly kind: 'done' }>) => void;
  readonly onBackup: (report: Extract<Report, { readonly kind: 'backed-up' }>) => void;
  /** The thread has ended or is about to; it may come twice. */
  readonly onEnd: (detail: string) => void;
}

/** A thread with the file open. Throws JOURNAL_LOCKED | JOURNAL_MISMATCH | JOURNAL_FAILED. */
export async function startThread(file: string, events: ThreadEvents): Promise<ThreadPort> {
  const worker = new Worker(threadFile(), { workerData: file, name: 'journal' });
  const tell = (order: Order): void => worker.postMessage(order);
  await untilOpen(worker, events);
  return {
    send: (batch) => tell({ kind: 'batch', batch }),
    backup: (target) => tell({ kind: 'backup', file: target }),
    async close(deadline) {
      const ended = new Promise<void>((resolve) => {
        worker.once('exit', () => resolve());
        setTimeout(resolve, deadline).unref();
      });
      tell({ kind: 'close' });
      await ended;
    },
    async terminate() {
      await worker.terminate();
    },
  };
}

/** The source while the sources run, its bundle in `dist/`. */
function threadFile(): URL {
  const here = import.meta.url;
  return here.endsWith('.ts') ? new URL('./thread.ts', here) : new URL('./journal-thread.cjs', here);
}

function untilOpen(worker: Worker, { onAnswers, onBackup, onEnd }: ThreadEvents): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (fault: Fault): void => {
      reject(fault);
      onEnd(fault.detail);
    };
    worker.on('message', (report: Report) => {
      if (report.kind === 'opened') resolve();
      else if (report.kind === 'done') onAnswers(report);
      else if (report.kind === 'backed-up') onBackup(report);
      else end(new Fault(report.code, report.detail));
    });
    worker.on('error', (cause) => {
      end(new Fault('JOURNAL_FAILED', cause instanceof Error ? cause.message : String(cause), { cause }));
    });
    worker.on('exit', (code) => end(new Fault('JOURNAL_FAILED', `the journal thread ended with ${code}`)));
  });
}
