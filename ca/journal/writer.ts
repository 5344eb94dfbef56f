/**
 * Owns the journal's thread and commits in groups: a batch starts when the last one is durable, with all that has
 * gathered meanwhile. No timer, one fsync for many.
 * After any failure every waiting command is refused, and the file is opened anew by a fresh thread until it is sound.
 */
import { Worker } from 'node:worker_threads';

import { Fault } from '../../core/fault/fault.ts';
import { refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { Clock } from '../../core/time/clock.ts';
import { wholeSeconds } from '../../core/time/units.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Log } from '../../runtime/log.ts';
import type { Answer, Batch, Command, Report } from './command.ts';

export interface Writer extends Service {
  /** The answer, once it is durable. Refuses: JOURNAL_FAILED | ISSUE_BUSY, and what the command itself refuses. */
  submit(command: Command): Promise<Outcome<Answer>>;
}

export interface WriterDeps {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Told at each change between "writes are durable" and "nothing can be written". */
  readonly onHealth: (sound: boolean) => void;
}

const BATCH_MOST = 256;
const WAITING_MOST = 4096;
const REOPEN_AFTER_MS = 2000;

interface Waiting {
  readonly command: Command;
  readonly resolve: (outcome: Outcome<Answer>) => void;
}

/** A writer for one file. `start` throws JOURNAL_LOCKED | JOURNAL_MISMATCH | JOURNAL_FAILED. */
export function createWriter({ file, clock, log, onHealth }: WriterDeps): Writer {
  let thread: Worker | undefined;
  let state: 'new' | 'open' | 'broken' | 'closed' = 'new';
  let waiting: Waiting[] = [];
  let inFlight: Waiting[] = [];
  let reopening: NodeJS.Timeout | undefined;
  let whenIdle: (() => void) | undefined;

  function pump(): void {
    if (inFlight.length > 0) return;
    if (waiting.length === 0) {
      whenIdle?.();
      return;
    }
    inFlight = waiting.slice(0, BATCH_MOST);
    waiting = waiting.slice(BATCH_MOST);
    const batch: Batch = { commands: inFlight.map(({ command }) => command), now: wholeSeconds(clock.now()) };
    thread?.postMessage(batch);
  }

  function take(report: Report): void {
    if (report.kind !== 'done') return;
    const answered = inFlight;
    inFlight = [];
    // Before the answers go out, so that the disk works while they do.
    pump();
    for (const [place, { resolve }] of answered.entries())
      resolve(report.answers[place] ?? refuse('JOURNAL_FAILED', 'the journal gave no answer'));
  }

  function fail(detail: string): void {
    if (state !== 'open') return;
    state = 'broken';
    log.error('journal failed; nothing is issued until it is sound', { code: 'JOURNAL_FAILED', detail });
    onHealth(false);
    const lost = [...inFlight, ...waiting];
    [inFlight, waiting] = [[], []];
    for (const { resolve } of lost) resolve(refuse('JOURNAL_FAILED', detail));
    whenIdle?.();
    reopenLater();
  }

  function reopenLater(): void {
    reopening = setTimeout(() => {
      open().catch((thrown: unknown) => {
        log.warn('journal still broken', { detail: Fault.from(thrown).detail });
        if (state === 'broken') reopenLater();
      });
    }, REOPEN_AFTER_MS);
    reopening.unref();
  }

  async function open(): Promise<void> {
    const opened = await startThread(file, { onReport: take, onEnd: fail });
    if (state === 'closed') {
      await opened.terminate();
      return;
    }
    thread = opened;
    state = 'open';
    onHealth(true);
  }

  return {
    name: 'journal',
    async start(signal) {
      signal.throwIfAborted();
      await open();
    },
    submit(command) {
      if (state !== 'open') return Promise.resolve(refuse('JOURNAL_FAILED', 'the journal is not open'));
      if (waiting.length >= WAITING_MOST) return Promise.resolve(refuse('ISSUE_BUSY', 'the journal is behind'));
      return new Promise((resolve) => {
        waiting.push({ command, resolve });
        pump();
      });
    },
    async drain(deadline) {
      clearTimeout(reopening);
      if (state === 'open' && inFlight.length > 0)
        await Promise.race([
          new Promise<void>((resolve) => {
            whenIdle = resolve;
          }),
          expiry(deadline),
        ]);
      const wasOpen = state === 'open';
      state = 'closed';
      if (wasOpen) await closeThread(thread, deadline);
    },
    async [Symbol.asyncDispose]() {
      clearTimeout(reopening);
      state = 'closed';
      await thread?.terminate();
    },
  };
}

interface ThreadEvents {
  readonly onReport: (report: Report) => void;
  readonly onEnd: (detail: string) => void;
}

/** The source while the sources run, its bundle in `dist/`. */
function threadFile(): URL {
  const here = import.meta.url;
  return here.endsWith('.ts') ? new URL('./thread.ts', here) : new URL('./journal-thread.cjs', here);
}

function startThread(file: string, { onReport, onEnd }: ThreadEvents): Promise<Worker> {
  const thread = new Worker(threadFile(), { workerData: file, name: 'journal' });
  return new Promise((resolve, reject) => {
    thread.on('message', (report: Report) => {
      if (report.kind === 'opened') resolve(thread);
      else if (report.kind === 'done') onReport(report);
      else {
        reject(new Fault(report.code, report.detail));
        onEnd(report.detail);
      }
    });
    thread.on('error', (cause) => {
      const detail = cause instanceof Error ? cause.message : String(cause);
      reject(new Fault('JOURNAL_FAILED', detail, { cause }));
      onEnd(detail);
    });
    thread.on('exit', (code) => {
      reject(new Fault('JOURNAL_FAILED', `the journal thread ended with ${code}`));
      onEnd(`the journal thread ended with ${code}`);
    });
  });
}

async function closeThread(thread: Worker | undefined, deadline: number): Promise<void> {
  if (thread === undefined) return;
  const ended = new Promise<void>((resolve) => {
    thread.once('exit', () => resolve());
  });
  thread.postMessage('close');
  await Promise.race([ended, expiry(deadline)]);
}

function expiry(deadline: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, deadline).unref();
  });
}
