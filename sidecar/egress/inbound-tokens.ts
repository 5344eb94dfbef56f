/**
 * The tokens of inbound requests that are under way, so that the app can call others on behalf of who called it. A token
 * is found by the id of its request alone, which only the app was told, and is gone soon after the request has ended.
 * Bounded in entries and in bytes; what does not fit is not kept. Secret: it holds tokens.
 */
import { createHash } from 'node:crypto';

import type { Clock } from '../../core/time/clock.ts';
import type { Ticker } from '../io/ticker.ts';

export interface InboundToken {
  /** Secret. */
  readonly text: string;
  /** Tells one token from another: 32 hex digits of its SHA-256. */
  readonly digest: string;
}

export interface InboundTokens {
  /** Of a request that was admitted. Ids are never used twice. */
  keep(requestId: string, text: string): void;
  /** The request is answered: its token is dropped after the grace time, for calls that the app still makes. */
  end(requestId: string): void;
  /** Undefined where no request of this id is under way, or it had no token. */
  find(requestId: string): InboundToken | undefined;
  /** Entries held. */
  size(): number;
}

export interface InboundTokensDeps {
  readonly clock: Clock;
  readonly ticker: Ticker;
  readonly bounds?: Bounds;
}

export interface Bounds {
  readonly entries: number;
  readonly bytes: number;
}

/** Holds nothing yet, and watches the time only while something is about to go. */
export function createInboundTokens({ clock, ticker, bounds = BOUNDS }: InboundTokensDeps): InboundTokens {
  const held = new Map<string, InboundToken>();
  /** Ended requests with the monotonic time at which they go, in that order. */
  const leaving = new Map<string, number>();
  let bytes = 0;
  let watch: Disposable | undefined;

  function drop(requestId: string): void {
    bytes -= held.get(requestId)?.text.length ?? 0;
    held.delete(requestId);
    leaving.delete(requestId);
  }

  function sweep(): void {
    const now = clock.monotonic();
    for (const [requestId, goesAt] of leaving) {
      if (goesAt > now) break;
      drop(requestId);
    }
    if (leaving.size > 0) return;
    watch?.[Symbol.dispose]();
    watch = undefined;
  }

  /** Those whose request has ended make room; those under way are never dropped for another. */
  function makeRoom(length: number): boolean {
    const fits = (): boolean => held.size < bounds.entries && bytes + length <= bounds.bytes;
    for (const requestId of leaving.keys()) {
      if (fits()) return true;
      drop(requestId);
    }
    return fits();
  }

  return {
    keep(requestId, text) {
      sweep();
      if (!makeRoom(text.length)) return;
      // A slice would keep the whole request head in memory.
      const own = Buffer.from(text, 'latin1').toString('latin1');
      const digest = createHash('sha256').update(own, 'latin1').digest('hex').slice(0, 32);
      held.set(requestId, { text: own, digest });
      bytes += own.length;
    },
    end(requestId) {
      if (!held.has(requestId) || leaving.has(requestId)) return;
      leaving.set(requestId, clock.monotonic() + GRACE_MS);
      watch ??= ticker.watch(sweep);
    },
    find(requestId) {
      sweep();
      return held.get(requestId);
    },
    size: () => held.size,
  };
}

const GRACE_MS = 5000;
/** A token has at most 8 KiB, mostly under 1 KiB. */
const BOUNDS: Bounds = { entries: 16_384, bytes: 16 * 1024 * 1024 };
