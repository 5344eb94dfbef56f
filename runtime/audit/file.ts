/**
 * The audit file: appended to, never rewritten, readable by its owner alone. After a failure it is opened anew until it
 * can be written; whoever moves it away (log rotation) finds the chain going on in the new file.
 */
import { closeSync, fstatSync, fsync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';

import { Fault } from '../../core/fault/fault.ts';
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { Clock } from '../../core/time/clock.ts';
import type { Log } from '../log.ts';
import type { AuditStream, OnFailure } from './audit.ts';
import { digestOf, OPENED, writeLine, type AuditHead, type Facts } from './line.ts';
import { readTail } from './tail.ts';

export interface AuditFileDeps {
  readonly path: string;
  readonly onFailure: OnFailure;
  /** The end of the chain as it is remembered elsewhere; a file that does not reach it has lost lines. */
  readonly remembered: () => Promise<AuditHead | undefined>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  /** Told at each change between "lines are written" and "they are not". Never told false where `onFailure` is `warn`. */
  readonly onHealth: (sound: boolean) => void;
}

const REOPEN_AFTER_MS = 2000;
/** A power cut takes this much of the stream at most; flushing each line would cost each certificate a disk write. */
const FLUSH_AFTER_MS = 1000;

/** A stream into one file. `start` throws ISSUE_AUDIT where it cannot be opened and `onFailure` is `stop`. */
export function createAuditFile(deps: AuditFileDeps): AuditStream {
  const { path, onFailure, clock, log, onHealth } = deps;
  let file: number | undefined;
  let head: AuditHead | undefined;
  let lost = 0;
  let reopening: NodeJS.Timeout | undefined;
  let flushing: NodeJS.Timeout | undefined;

  /** Goes on where the file ends, and says in it what was found. */
  function open(found: Facts): void {
    const opened = openSync(path, 'a+', 0o600);
    try {
      const tail = readTail(opened, path);
      // An empty file in our own lifetime is the one that follows a file that was moved away.
      const before = tail.head.seq === -1 && head !== undefined ? head : tail.head;
      // A torn line stays where it is. This line answers for it: its `prev` is the digest of what is torn.
      const after = tail.torn === '' ? before : { seq: before.seq, digest: digestOf(tail.torn) };
      const repaired = tail.torn === '' ? {} : { torn: Buffer.byteLength(tail.torn), after: before.digest };
      const facts = { ...found, ...repaired, ...(lost === 0 ? {} : { lost }) };
      const line = writeLine(after, { kind: OPENED, facts, now: clock.now() });
      append(opened, `${tail.isOpen ? '\n' : ''}${line.text}\n`);
      if (tail.torn !== '') log.warn('audit: a torn line was answered for', { path, ...repaired });
      [file, head, lost] = [opened, line.head, 0];
    } catch (cause) {
      closeSync(opened);
      throw cause;
    }
  }

  function fail(cause: unknown): void {
    close();
    const detail = Fault.from(cause).detail;
    log.error('audit cannot be written', { code: 'ISSUE_AUDIT', path, onFailure, detail });
    if (onFailure === 'stop') onHealth(false);
    reopenLater();
  }

  function reopenLater(): void {
    reopening = setTimeout(() => {
      try {
        open({ reason: 'recovered' });
        log.info('audit is written again', { path });
        onHealth(true);
      } catch (cause) {
        log.warn('audit still cannot be written', { path, detail: Fault.from(cause).detail });
        reopenLater();
      }
    }, REOPEN_AFTER_MS);
    reopening.unref();
  }

  function flushLater(): void {
    flushing ??= setTimeout(() => {
      flushing = undefined;
      const written = file;
      if (written === undefined) return;
      fsync(written, (cause) => (cause === null || file !== written ? undefined : fail(cause)));
      followMove(written);
    }, FLUSH_AFTER_MS).unref();
  }

  function followMove(written: number): void {
    if (isStillAt(path, written)) return;
    close();
    try {
      open({ reason: 'moved' });
      log.info('audit file was moved away; the chain goes on in a new one', { path });
    } catch (cause) {
      fail(cause);
    }
  }

  function close(): void {
    if (file !== undefined) closeSync(file);
    file = undefined;
  }

  function check(): Outcome<void> {
    if (file !== undefined || onFailure === 'warn') return admit(undefined);
    return refuse('ISSUE_AUDIT', `${path} cannot be written`);
  }

  return {
    name: 'audit',
    async start(signal) {
      signal.throwIfAborted();
      const remembered = await deps.remembered();
      try {
        open({ reason: 'started', remembered: remembered?.seq });
      } catch (cause) {
        if (onFailure === 'stop') throw new Fault('ISSUE_AUDIT', Fault.from(cause).detail, { cause });
        fail(cause);
      }
      // The line just written has the next number after the end that was found.
      if (remembered !== undefined && head !== undefined && remembered.seq >= head.seq)
        log.error('audit has lost lines', { path, ends: head.seq - 1, remembered: remembered.seq });
      onHealth(true);
    },
    check,
    head: () => head,
    record(kind, facts) {
      if (file === undefined || head === undefined) {
        lost += 1;
        return check();
      }
      const line = writeLine(head, { kind, facts, now: clock.now() });
      try {
        append(file, `${line.text}\n`);
      } catch (cause) {
        lost += 1;
        fail(cause);
        return check();
      }
      head = line.head;
      flushLater();
      return admit(undefined);
    },
    async drain() {
      clearTimeout(flushing);
      if (file !== undefined) await flush(file);
    },
    async [Symbol.asyncDispose]() {
      clearTimeout(reopening);
      clearTimeout(flushing);
      close();
    },
  };
}

/** All of the text, or nothing: what was written of a line that does not fit is taken back where that is possible. */
function append(file: number, text: string): void {
  const before = fstatSync(file).size;
  try {
    const bytes = Buffer.byteLength(text);
    const written = writeSync(file, text);
    if (written !== bytes) throw new Fault('ISSUE_AUDIT', `${written} of ${bytes} bytes were written`);
  } catch (cause) {
    takeBack(file, before);
    throw cause;
  }
}

/** Where it fails the line stays torn, and the next opening answers for it. */
function takeBack(file: number, size: number): void {
  try {
    ftruncateSync(file, size);
  } catch {
    // The cause of the failed write is what the caller hears.
  }
}

function isStillAt(path: string, file: number): boolean {
  try {
    const [there, here] = [statSync(path), fstatSync(file)];
    return there.ino === here.ino && there.dev === here.dev;
  } catch {
    return false;
  }
}

function flush(file: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fsync(file, (cause) => (cause === null ? resolve() : reject(cause)));
  });
}
