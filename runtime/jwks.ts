/**
 * Keeps the keys of one issuer fresh. A failed load keeps the last good set; a new set is checked whole and replaces the
 * old one in one assignment. One issuer's trouble never delays another: each has a source of its own. Decides nothing
 * about keys: `core/token/key-set.ts` does.
 * limit: one closure owns the whole state of one issuer's keys, and its verbs are short.
 */
import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { demand, Fault } from '../core/fault/fault.ts';
import { admit, type Outcome, refuse } from '../core/fault/refusal.ts';
import type { Clock, Jitter } from '../core/time/clock.ts';
import { type EpochMilliseconds, milliseconds, type Milliseconds } from '../core/time/units.ts';
import { type KeySet, type KeyUse, parseKeySet } from '../core/token/key-set.ts';
import { type KeySetOrigin, loadKeySet } from './jwks-load.ts';
import { nextLoad } from './jwks-schedule.ts';
import { createSeekers } from './jwks-seekers.ts';
import type { Service } from './lifecycle.ts';
import { faultFields, type Log } from './log.ts';
import type { Counter, Gauge, Metrics } from './metrics.ts';
import { watchFolder } from './watch.ts';

export interface KeySource extends Service {
  /** The last good set. Refuses: TOKEN_KEYS_UNAVAILABLE before the first one and past the stale limit. */
  keys(): Outcome<KeySet>;
  /** The set after one more load, for a key that is not in it. Calls share one load. `asker` is who showed the token: each
   *  has a cool-down of its own, so that whoever invents keys spends nobody else's; all together have a bound too. Within
   *  either there is no load, and the answer is that of `keys`. */
  seek(asker: string): Promise<Outcome<KeySet>>;
  /** Calls after each adoption of a set that differs from the one before. */
  subscribe(tell: () => void): Disposable;
}

export interface KeySourceDeps extends KeySetOrigin {
  /** Name of the issuer entry. */
  readonly issuer: string;
  /** Which keys of the set count; default `sig`. */
  readonly use?: KeyUse;
  readonly clock: Clock;
  readonly jitter: Jitter;
  readonly log: Log;
  readonly measures: KeyMeasures;
  readonly spans?: Partial<KeySpans>;
}

export interface KeySpans {
  /** Between loads: default 10 min where the server does not say. A file is watched. */
  readonly refresh: Milliseconds;
  /** For one load, default 5 s. */
  readonly timeout: Milliseconds;
  /** Between loads for unknown keys that one asker showed, default 30 s. All askers together have four loads at once, and
   *  one more each sixth of it. */
  readonly cooldown: Milliseconds;
  /** Age of a fetched set past which it is no longer used, default 24 h. A file does not get stale. */
  readonly stale: Milliseconds;
}

export interface KeyMeasures {
  readonly loads: Counter;
  readonly loadedAt: Gauge;
}

/** Declared once a process, shared by all sources. */
export function createKeyMeasures(metrics: Metrics): KeyMeasures {
  return {
    loads: metrics.counter('cleat_issuer_key_loads_total', 'Loads of issuer key sets.', ['issuer', 'result']),
    loadedAt: metrics.gauge('cleat_issuer_keys_timestamp_seconds', 'Time of the last good load.', ['issuer']),
  };
}

/** A source that has no keys yet. `start` resolves after the first attempt, or after a second of it: an issuer that cannot
 *  be reached keeps no process from starting, its tokens are answered 503 until it can. A file that is missing or wrong does:
 *  `start` throws CONFIG_FILE. */
export function createKeySource(deps: KeySourceDeps): KeySource {
  const { issuer, place, clock, jitter, log, measures } = deps;
  const isFile = place.kind === 'file';
  const spans: KeySpans = { ...DEFAULTS, ...deps.spans };
  const seekers = createSeekers(spans.cooldown);
  const watch = place.kind === 'file' ? watchFile(place.path, loadOnce, log) : undefined;
  const stopping = new AbortController();
  const subscribers = new Set<() => void>();
  let adopted: Adopted | undefined;
  let cacheControl: string | undefined;
  let failures = 0;
  let running: Promise<Fault | undefined> | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function attempt(): Promise<Fault | undefined> {
    try {
      const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(spans.timeout)]);
      const loaded = await loadKeySet(deps, signal);
      adopt(loaded.body, demand(parseKeySet(loaded.body, deps.use)));
      ({ cacheControl } = loaded);
      failures = 0;
      return undefined;
    } catch (thrown) {
      const fault = Fault.from(thrown);
      if (stopping.signal.aborted) return fault;
      failures += 1;
      measures.loads.add([issuer, 'failed']);
      const message = adopted === undefined ? 'issuer keys not loaded' : 'issuer keys not loaded, last good set kept';
      log.warn(message, { issuer, ...faultFields(fault) });
      return fault;
    }
  }

  function adopt(body: Buffer, set: KeySet): void {
    const digest = createHash('sha256').update(body).digest('hex');
    const before = adopted;
    const at = clock.now();
    measures.loads.add([issuer, 'loaded']);
    measures.loadedAt.set(at / 1000, [issuer]);
    // The same bytes keep the same key objects, so that nobody has to forget what they verified.
    adopted = before?.digest === digest ? { ...before, at } : { digest, set, at };
    if (before?.digest === digest) return;
    log.info('issuer keys adopted', { issuer, keys: set.keys.length, skipped: set.skipped });
    for (const tell of subscribers) tell();
  }

  /** Single flight. Never rejects; plans the next one itself. */
  function loadOnce(): Promise<Fault | undefined> {
    clearTimeout(timer);
    running ??= attempt().finally(() => {
      running = undefined;
      if (stopping.signal.aborted || isFile) return;
      plan(nextLoad({ failures, cacheControl, refresh: spans.refresh }, jitter));
    });
    return running;
  }

  /** Timers stand still while the host sleeps, and keys age by the wall clock: whichever of the two says so first. */
  function plan(span: Milliseconds): void {
    const due = clock.monotonic() + span;
    const dueByWall = clock.now() + span;
    const look = (): void => {
      const left = Math.min(due - clock.monotonic(), dueByWall - clock.now());
      if (left <= 0) return void loadOnce();
      timer = setTimeout(look, Math.min(left, LOOK_AGAIN_MS));
      timer.unref();
    };
    look();
  }

  function keys(): Outcome<KeySet> {
    if (adopted === undefined) return refuse('TOKEN_KEYS_UNAVAILABLE', `keys of issuer ${issuer} were never loaded`);
    const age = clock.now() - adopted.at;
    if (isFile || age <= spans.stale) return admit(adopted.set);
    return refuse('TOKEN_KEYS_UNAVAILABLE', `keys of issuer ${issuer} are ${Math.floor(age / 1000)} s old`);
  }

  return {
    name: `keys of issuer ${issuer}`,
    keys,
    async seek(asker) {
      if (running !== undefined || seekers.mayLoad(asker, clock.monotonic())) await loadOnce();
      return keys();
    },
    subscribe(tell) {
      subscribers.add(tell);
      return { [Symbol.dispose]: () => void subscribers.delete(tell) };
    },
    async start(signal) {
      const stop = (): void => stopping.abort();
      signal.addEventListener('abort', stop, { once: true });
      await watch?.start(signal);
      const first = loadOnce();
      const fault = await (isFile ? first : Promise.race([first, sleep(PATIENCE_MS, undefined, { ref: false })]));
      signal.removeEventListener('abort', stop);
      if (signal.aborted) throw new Fault('LIFE_DRAINING', `the start of the keys of issuer ${issuer} was ended`);
      if (isFile && fault !== undefined) throw new Fault('CONFIG_FILE', fault.detail, { cause: fault });
    },
    async drain() {
      await this[Symbol.asyncDispose]();
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      clearTimeout(timer);
      await watch?.[Symbol.asyncDispose]();
      await running;
    },
  };
}

interface Adopted {
  readonly digest: string;
  readonly set: KeySet;
  /** Wall clock: a host that slept for a day has keys that are a day old. */
  readonly at: EpochMilliseconds;
}

const PATIENCE_MS = 1000;
const LOOK_AGAIN_MS = 5000;
const DEFAULTS: KeySpans = {
  refresh: milliseconds(600_000),
  timeout: milliseconds(5000),
  cooldown: milliseconds(30_000),
  stale: milliseconds(86_400_000),
};

function watchFile(path: string, onChange: () => Promise<unknown>, log: Log): Service {
  return watchFolder({
    folder: dirname(path),
    names: [basename(path)],
    onChange: async () => void (await onChange()),
    log,
  });
}
