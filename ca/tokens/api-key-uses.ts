/**
 * How far each API key was used: counted in memory, written to the journal every ten seconds and at drain. A crash takes
 * at most what was counted since: so much more a key may be used on that day. Decides the daily quota, and nothing else.
 */
import { Fault } from '../../core/fault/fault.ts';
import { admit, refuseFor, type Outcome } from '../../core/fault/refusal.ts';
import type { Clock } from '../../core/time/clock.ts';
import { epochSeconds, milliseconds, wholeSeconds, type EpochMilliseconds } from '../../core/time/units.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Log } from '../../runtime/log.ts';
import type { Journal } from '../journal/journal.ts';
import type { ApiKeyRecord, ApiKeyUse } from '../journal/record.ts';

export interface ApiKeyUses extends Service {
  /** Counts one use. Refuses: LIMIT_ISSUES with the time until the next day of UTC; then nothing is counted. */
  count(key: ApiKeyRecord, now: EpochMilliseconds): Outcome<void>;
  /** Undefined: never used. */
  of(id: string): ApiKeyUse | undefined;
}

export interface ApiKeyUsesDeps {
  readonly journal: Pick<Journal, 'readRegistrations' | 'addApiKeyUses'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

const FLUSH_MS = 10_000;
/** Rows of one batch: others wait for it. */
const BATCH_MOST = 1000;
const DAY_MS = 86_400_000;
/** Until an unused key is forgotten; longer than any key lives. */
const FORGET_SECONDS = 91 * 86_400;

/** Needs the journal started. `start` throws what the journal refuses. */
export function createApiKeyUses({ journal, clock, log }: ApiKeyUsesDeps): ApiKeyUses {
  const uses = new Map<string, ApiKeyUse>();
  let changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  async function flush(): Promise<void> {
    const ids = [...changed];
    changed = new Set();
    for (let at = 0; at < ids.length; at += BATCH_MOST) {
      const batch = ids.slice(at, at + BATCH_MOST);
      const kept = await journal.addApiKeyUses(batch.flatMap((id) => uses.get(id) ?? []));
      if (kept.ok) continue;
      for (const id of ids.slice(at)) changed.add(id);
      log.warn('uses of API keys not written, tried again', { ...kept.refusal });
      return;
    }
  }

  function forgetOld(): void {
    const before = wholeSeconds(clock.now()) - FORGET_SECONDS;
    for (const use of uses.values()) if (use.lastUsedAt < before) uses.delete(use.id);
  }

  const close = async (): Promise<void> => {
    if (timer === undefined) return;
    clearInterval(timer);
    timer = undefined;
    await flush();
  };

  return {
    name: 'api-key-uses',
    of: (id) => uses.get(id),
    count({ id, perDay }, now) {
      const day = Math.floor(now / DAY_MS);
      const known = uses.get(id);
      // A clock that was set back must not give the day's quota again.
      const sameDay = known !== undefined && known.day >= day;
      const count = sameDay ? known.count : 0;
      if (count >= perDay)
        return refuseFor(
          milliseconds((day + 1) * DAY_MS - now),
          'LIMIT_ISSUES',
          `API key ${id} was used ${count} times today, its quota`,
        );
      uses.set(id, { id, lastUsedAt: epochSeconds(now / 1000), day: sameDay ? known.day : day, count: count + 1 });
      changed.add(id);
      return admit(undefined);
    },
    async start(signal) {
      signal.throwIfAborted();
      const read = await journal.readRegistrations();
      if (!read.ok) throw new Fault(read.refusal.code, read.refusal.detail);
      for (const use of read.value.uses) uses.set(use.id, use);
      timer = setInterval(() => {
        forgetOld();
        void flush();
      }, FLUSH_MS);
      timer.unref();
    },
    drain: close,
    [Symbol.asyncDispose]: close,
  };
}
