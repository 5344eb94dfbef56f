/**
 * Owns the journal's thread and commits in groups: a batch starts when the last one is durable, with all that has
 * gathered meanwhile. No timer, one fsync for many.
 * After any failure every waiting command is refused, and the file is opened anew by a fresh thread until it is sound.
 */
import { Fault } from '../../core/fault/fault.ts';
import { refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { Clock } from '../../core/time/clock.ts';
import { wholeSeconds } from '../../core/time/units.ts';
import type { AuditHead } from '../../runtime/audit/line.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Log } from '../../runtime/log.ts';
import type { Answer, Command } from './command.ts';
import { createGroup } from './group.ts';
import { startThread, type ThreadPort } from './thread-port.ts';

export interface Writer extends Service {
  /** The answer, once it is durable. Refuses: JOURNAL_FAILED | ISSUE_BUSY, and what the command itself refuses. */
  submit(command: Command): Promise<Outcome<Answer>>;
  /** Copies the journal as it is into a new file, while batches go on; durable when this resolves. One at a time.
   *  Refuses: JOURNAL_BACKUP. */
  backup(target: string): Promise<Outcome<void>>;
}

export interface WriterDeps {
  readonly file: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  /** Told at each change between "writes are durable" and "nothing can be written". */
  readonly onHealth: (sound: boolean) => void;
  /** The end of the audit stream, remembered with each batch that writes. */
  readonly auditHead: () => AuditHead | undefined;
}

const REOPEN_AFTER_MS = 2000;

/** A writer for one file. `start` throws JOURNAL_LOCKED | JOURNAL_MISMATCH | JOURNAL_FAILED. */
export function createWriter({ file, clock, log, onHealth, auditHead }: WriterDeps): Writer {
  let thread: ThreadPort | undefined;
  let state: 'new' | 'open' | 'broken' | 'closed' = 'new';
  const reopening = createReopening({ open, log, isWanted: () => state === 'broken' });
  const backups = createBackupSlot((target) => thread?.backup(target));
  const group = createGroup(
    (commands) => thread?.send({ commands, now: wholeSeconds(clock.now()), auditHead: auditHead() }),
    setImmediate,
  );

  function fail(detail: string): void {
    if (state !== 'open') return;
    state = 'broken';
    log.error('journal failed; nothing is issued until it is sound', { code: 'JOURNAL_FAILED', detail });
    onHealth(false);
    group.fail(detail);
    backups.settle(refuse('JOURNAL_BACKUP', detail));
    reopening.later();
  }

  async function open(): Promise<void> {
    const opened = await startThread(file, {
      onAnswers: ({ answers }) => group.answer(answers),
      onBackup: ({ outcome }) => backups.settle(outcome),
      onEnd: fail,
    });
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
      if (state === 'open') return group.add(command);
      return Promise.resolve(refuse('JOURNAL_FAILED', 'the journal is not open'));
    },
    backup(target) {
      if (state !== 'open') return Promise.resolve(refuse('JOURNAL_BACKUP', 'the journal is not open'));
      return backups.order(target);
    },
    async drain(deadline) {
      reopening.stop();
      const wasOpen = state === 'open';
      if (wasOpen) await Promise.race([group.whenIdle(), expiry(deadline)]);
      state = 'closed';
      if (wasOpen) await thread?.close(deadline);
    },
    async [Symbol.asyncDispose]() {
      reopening.stop();
      state = 'closed';
      await thread?.terminate();
    },
  };
}

/** Opens the file again, and again, until that succeeds or nobody wants it any more. */
function createReopening(deps: {
  readonly open: () => Promise<void>;
  readonly log: Log;
  readonly isWanted: () => boolean;
}) {
  let timer: NodeJS.Timeout | undefined;
  const later = (): void => {
    timer = setTimeout(() => {
      deps.open().catch((thrown: unknown) => {
        deps.log.warn('journal still broken', { detail: Fault.from(thrown).detail });
        if (deps.isWanted()) later();
      });
    }, REOPEN_AFTER_MS).unref();
  };
  return { later, stop: () => clearTimeout(timer) };
}

/** One backup at a time, from the order to its end. */
function createBackupSlot(send: (target: string) => void) {
  let waiting: ((outcome: Outcome<void>) => void) | undefined;
  return {
    order(target: string): Promise<Outcome<void>> {
      if (waiting !== undefined) return Promise.resolve(refuse('JOURNAL_BACKUP', 'another backup is under way'));
      return new Promise((resolve) => {
        waiting = resolve;
        send(target);
      });
    },
    settle(outcome: Outcome<void>): void {
      waiting?.(outcome);
      waiting = undefined;
    },
  };
}

function expiry(deadline: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, deadline).unref();
  });
}
