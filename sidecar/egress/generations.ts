/**
 * Keeps egress on one generation at a time. A new snapshot is made ready beside the traffic: its tokens are fetched over
 * its own channel, then one pointer is switched. While that fails, requests stay on the generation that works, until its
 * certificate ends. Decides nothing about a request.
 */
import type { Clock } from '../../core/time/clock.ts';
import { retryDelay } from '../../core/time/renewal.ts';
import { milliseconds, type Milliseconds, wholeSeconds } from '../../core/time/units.ts';
import type { Log } from '../../runtime/log.ts';
import type { Snapshot } from '../credentials/snapshot.ts';
import { createGeneration, type Generation, type GenerationDeps } from './generation.ts';
import { type Slot, switchGeneration } from './switch.ts';
import type { TokenWant } from './token-source.ts';

export interface GenerationsDeps extends GenerationDeps {
  readonly log: Log;
  /** Told at each switch. */
  onSwitch(generation: number): void;
}

export interface Generations {
  /** What requests use now: read it once a request. Undefined before the first snapshot. */
  current(): Generation | undefined;
  /** Makes the snapshot ready and switches to it. A newer one takes the place of one that is still being made ready. */
  adopt(snapshot: Snapshot): void;
  /** No switch any more; idle connections end. */
  close(): void;
}

/** Without a generation until the first `adopt`. */
export function createGenerations(deps: GenerationsDeps): Generations {
  const slot: Slot<Generation> = { current: undefined };
  let preparing = new AbortController();

  function put(next: Generation): void {
    const before = slot.current;
    switchGeneration(slot, next);
    before?.channels.retire();
    deps.onSwitch(next.snapshot.generation);
    deps.log.info('egress switched', { generation: next.snapshot.generation, serial: next.snapshot.leaf.serial });
  }

  async function prepare(next: Generation, signal: AbortSignal): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      const before = slot.current;
      if (before === undefined || lifeLeft(before, deps.clock) <= 0) break;
      const missing = await fetchTokens(before.tokens.inUse(), next);
      if (signal.aborted) return;
      if (missing === undefined) break;
      deps.log.warn('egress stays on its generation', { generation: before.snapshot.generation, detail: missing });
      await pause(retryDelay(attempt, lifeLeft(before, deps.clock), deps.jitter), signal);
      if (signal.aborted) return;
    }
    put(next);
  }

  return {
    current: () => slot.current,
    adopt(snapshot) {
      preparing.abort();
      preparing = new AbortController();
      const next = createGeneration(snapshot, deps);
      // Nothing in use before: no one waits, and the first request must not find an empty slot.
      if (slot.current === undefined) put(next);
      else void prepare(next, preparing.signal);
    },
    close() {
      preparing.abort();
      slot.current?.channels.retire();
    },
  };
}

/** Why the candidate is not ready; undefined once it holds a token for each purpose. */
async function fetchTokens(wants: readonly TokenWant[], next: Generation): Promise<string | undefined> {
  const outcomes = await Promise.all(wants.map(async (want) => next.tokens.get(want)));
  return outcomes.find((outcome) => !outcome.ok)?.refusal.detail;
}

function lifeLeft({ snapshot }: Generation, clock: Clock): Milliseconds {
  return milliseconds((snapshot.leaf.notAfter - wholeSeconds(clock.now())) * 1000);
}

/** Ends early when the signal aborts. */
function pause(span: Milliseconds, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, span);
    signal.addEventListener('abort', done, { once: true });
  });
}
