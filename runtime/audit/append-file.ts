/**
 * One open audit file: appended to, never rewritten, readable by its owner alone. A line is in it whole, or the file is as
 * it was before.
 */
import { closeSync, constants, fstatSync, fsync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';

import { Fault } from '../../core/fault/fault.ts';
import type { EpochMilliseconds } from '../../core/time/units.ts';
import { digestOf, OPENED, writeLine, type AuditHead, type Facts } from './line.ts';
import { readTail } from './tail.ts';

export interface AppendFile {
  /** The end of the chain in it. */
  readonly head: AuditHead;
  /** Bytes that a crash had left torn, for which the first line written now answers. */
  readonly torn: number;
  /** Throws whatever the file system says, and ISSUE_AUDIT where a part was written. */
  append(kind: string, facts: Facts, now: EpochMilliseconds): void;
  /** Resolves when all that was appended is on the disk. */
  flush(): Promise<void>;
  /** Whether the path still leads to this file. */
  isThere(): boolean;
  close(): void;
}

export interface OpeningLine {
  /** The end of a chain that an empty file goes on with; undefined: it begins one. */
  readonly after: AuditHead | undefined;
  readonly facts: Facts;
  readonly now: EpochMilliseconds;
}

/** Opens the file, goes on where it ends, and says in it what was found. Throws ISSUE_AUDIT where the path is no
 *  regular file or its end no audit line, and whatever the file system says. */
export function openAppendFile(path: string, line: OpeningLine): AppendFile {
  const file = openSync(path, APPEND, 0o600);
  try {
    if (!fstatSync(file).isFile()) throw new Fault('ISSUE_AUDIT', `${path} is not a file`);
    return begin(file, path, line);
  } catch (cause) {
    closeSync(file);
    throw cause;
  }
}

/** A FIFO in the place of the file must not make anybody wait. */
const APPEND = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

function begin(file: number, path: string, { after, facts, now }: OpeningLine): AppendFile {
  const tail = readTail(file, path);
  const torn = Buffer.byteLength(tail.torn);
  const before = tail.head.seq === -1 && after !== undefined ? after : tail.head;
  // A torn line stays where it is. The next one answers for it: its `prev` is the digest of what is torn.
  let head = torn === 0 ? before : { seq: before.seq, digest: digestOf(tail.torn) };
  const append: AppendFile['append'] = (kind, said, at) => write(kind, said, at);

  function write(kind: string, said: Facts, at: EpochMilliseconds, start = ''): void {
    const next = writeLine(head, { kind, facts: said, now: at });
    appendText(file, `${start}${next.text}\n`);
    ({ head } = next);
  }

  write(OPENED, torn === 0 ? facts : { ...facts, torn, after: before.digest }, now, tail.isOpen ? '\n' : '');
  return {
    get head() {
      return head;
    },
    torn,
    append,
    flush: () =>
      new Promise((resolve, reject) => {
        fsync(file, (cause) => (cause === null ? resolve() : reject(cause)));
      }),
    isThere: () => isStillAt(path, file),
    close: () => closeSync(file),
  };
}

/** All of the text, or nothing: what was written of a line that does not fit is taken back where that is possible. */
function appendText(file: number, text: string): void {
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
