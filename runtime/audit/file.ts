/**
 * The audit stream in a file. After a failure the file is opened anew until it can be written; whoever moves it away (log
 * rotation) finds the chain going on in the new one.
 */
import { Fault } from '../../core/fault/fault.ts';
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { Clock } from '../../core/time/clock.ts';
import type { Log } from '../log.ts';
import { openAppendFile, type AppendFile } from './append-file.ts';
import type { AuditStream, OnFailure } from './audit.ts';
import type { AuditHead, Facts } from './line.ts';

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
  return new FileStream(deps);
}

class FileStream implements AuditStream {
  readonly name = 'audit';
  readonly #deps: AuditFileDeps;
  #file: AppendFile | undefined;
  #head: AuditHead | undefined;
  #lost = 0;
  #reopening: NodeJS.Timeout | undefined;
  #flushing: NodeJS.Timeout | undefined;

  constructor(deps: AuditFileDeps) {
    this.#deps = deps;
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { path, onFailure, log, onHealth } = this.#deps;
    const remembered = await this.#deps.remembered();
    try {
      const { head } = this.#open({ reason: 'started', remembered: remembered?.seq });
      // The line just written has the next number after the end that was found.
      if (remembered !== undefined && remembered.seq >= head.seq)
        log.error('audit has lost lines', { path, ends: head.seq - 1, remembered: remembered.seq });
    } catch (cause) {
      if (onFailure === 'stop') throw new Fault('ISSUE_AUDIT', Fault.from(cause).detail, { cause });
      this.#fail(cause);
    }
    onHealth(true);
  }

  check(): Outcome<void> {
    const { path, onFailure } = this.#deps;
    if (this.#file !== undefined || onFailure === 'warn') return admit(undefined);
    return refuse('ISSUE_AUDIT', `${path} cannot be written`);
  }

  head(): AuditHead | undefined {
    return this.#head;
  }

  record(kind: string, facts: Facts): Outcome<void> {
    const file = this.#file;
    if (file === undefined) {
      this.#lost += 1;
      return this.check();
    }
    try {
      file.append(kind, facts, this.#deps.clock.now());
    } catch (cause) {
      this.#lost += 1;
      this.#fail(cause);
      return this.check();
    }
    this.#head = file.head;
    this.#flushLater();
    return admit(undefined);
  }

  async drain(): Promise<void> {
    clearTimeout(this.#flushing);
    await this.#file?.flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#reopening);
    clearTimeout(this.#flushing);
    this.#close();
  }

  #open(found: Facts): AppendFile {
    const { path, clock, log } = this.#deps;
    const facts = { ...found, ...(this.#lost === 0 ? {} : { lost: this.#lost }) };
    const file = openAppendFile(path, { after: this.#head, facts, now: clock.now() });
    if (file.torn > 0) log.warn('audit: a torn line was answered for', { path, bytes: file.torn });
    this.#file = file;
    this.#head = file.head;
    this.#lost = 0;
    return file;
  }

  #close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #fail(cause: unknown): void {
    const { path, onFailure, log, onHealth } = this.#deps;
    this.#close();
    log.error('audit cannot be written', { code: 'ISSUE_AUDIT', path, onFailure, detail: Fault.from(cause).detail });
    if (onFailure === 'stop') onHealth(false);
    this.#reopenLater();
  }

  #reopenLater(): void {
    const { path, log, onHealth } = this.#deps;
    this.#reopening = setTimeout(() => {
      try {
        this.#open({ reason: 'recovered' });
        log.info('audit is written again', { path });
        onHealth(true);
      } catch (cause) {
        log.warn('audit still cannot be written', { path, detail: Fault.from(cause).detail });
        this.#reopenLater();
      }
    }, REOPEN_AFTER_MS).unref();
  }

  #flushLater(): void {
    this.#flushing ??= setTimeout(() => {
      this.#flushing = undefined;
      const file = this.#file;
      if (file === undefined) return;
      file.flush().catch((cause: unknown) => {
        if (this.#file === file) this.#fail(cause);
      });
      if (!file.isThere()) this.#followMove();
    }, FLUSH_AFTER_MS).unref();
  }

  #followMove(): void {
    const { path, log } = this.#deps;
    this.#close();
    try {
      this.#open({ reason: 'moved' });
      log.info('audit file was moved away; the chain goes on in a new one', { path });
    } catch (cause) {
      this.#fail(cause);
    }
  }
}
