/**
 * The revocations of this CA in memory: read from the journal at start and after each change, replaced whole, told to
 * everyone who watches. Adds none (see `ca/rpc/revocation-desk.ts`), and forgets none that the journal holds.
 */
import { Fault } from '../../core/fault/fault.ts';
import { admit, type Outcome } from '../../core/fault/refusal.ts';
import { indexRevocations, NO_REVOCATIONS, type RevocationIndex } from '../../core/identity/revocation.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Log } from '../../runtime/log.ts';
import type { Journal } from '../journal/journal.ts';

export interface RevocationSource extends Service {
  /** Nothing is revoked before `start`. */
  current(): RevocationIndex;
  /** Calls `tell` with each state that comes after now. */
  subscribe(tell: (index: RevocationIndex) => void): Disposable;
  /** Reads the journal again, and tells what is new there; whoever asks while that waits for another one to end shares it. Refuses as the journal does; then the last state stays, and it
   *  is tried again until it goes well. */
  reload(): Promise<Outcome<void>>;
}

export interface RevocationSourceDeps {
  readonly journal: Pick<Journal, 'listRevocations'>;
  readonly log: Log;
}

/** After the journal's own time to open again. */
const RETRY_MS = 2500;

/** Needs the journal started. `start` throws what the journal refuses: a CA that does not know whom to refuse must not
 *  serve. */
export function createRevocationSource({ journal, log }: RevocationSourceDeps): RevocationSource {
  const watchers = new Set<(index: RevocationIndex) => void>();
  let index = NO_REVOCATIONS;
  let retry: NodeJS.Timeout | undefined;
  let running: Promise<unknown> | undefined;
  let next: Promise<Outcome<void>> | undefined;

  /** One at a time: what was recorded before a reload began is in what it reads, so those who wait need one more together. */
  function reload(): Promise<Outcome<void>> {
    next ??= readNext(running);
    return next;
  }

  async function readNext(before: Promise<unknown> | undefined): Promise<Outcome<void>> {
    await before?.catch(() => undefined);
    const reading = read();
    [running, next] = [reading, undefined];
    return reading;
  }

  async function read(): Promise<Outcome<void>> {
    const listed = await journal.listRevocations();
    if (!listed.ok) {
      log.error('revocations not read, last state kept', { ...listed.refusal });
      clearTimeout(retry);
      retry = setTimeout(() => void reload(), RETRY_MS);
      retry.unref();
      return listed;
    }
    const { generation, entries } = listed.value;
    // A state that saw less must not win.
    if (generation <= index.generation) return admit(undefined);
    index = indexRevocations(generation, entries);
    log.info('revocations read', { generation, entries: entries.length });
    for (const tell of watchers) tell(index);
    return admit(undefined);
  }

  return {
    name: 'revocations',
    current: () => index,
    subscribe(tell) {
      watchers.add(tell);
      return { [Symbol.dispose]: () => void watchers.delete(tell) };
    },
    reload,
    async start(signal) {
      signal.throwIfAborted();
      const read = await reload();
      if (!read.ok) throw new Fault(read.refusal.code, read.refusal.detail);
    },
    drain: async () => clearTimeout(retry),
    [Symbol.asyncDispose]: async () => clearTimeout(retry),
  };
}
