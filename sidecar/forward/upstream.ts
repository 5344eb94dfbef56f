/** Connections to one upstream: one request at a time on each, the last one used first, and dropped after any doubt. */
import type { Outcome } from '../../core/fault/refusal.ts';
import type { Clock } from '../../core/time/clock.ts';
import type { Milliseconds } from '../../core/time/units.ts';
import type { ByteSink, ByteStream } from '../io/port.ts';
import type { Ticker } from '../io/ticker.ts';

export interface UpstreamConnection {
  /** False for one that has served a request before: only then may a safe request be sent again. */
  readonly fresh: boolean;
  readonly stream: ByteStream;
  /** The connection is ours until one of the two below was called. */
  attach(sink: ByteSink): void;
  /** Gives it back for the next request: only after one whole exchange without a doubt. */
  release(): void;
  /** Drops it. Safe to call twice. */
  discard(): void;
}

export interface UpstreamPool {
  /** Whether an answer may be delimited by the end of the connection: never over TLS, where a cut looks the same. */
  readonly closeDelimited: boolean;
  /** An idle connection at once, else a new one. Refuses: UPSTREAM_UNREACHABLE | UPSTREAM_TIMEOUT | LIMIT_REQUESTS. */
  acquire(): Outcome<UpstreamConnection> | Promise<Outcome<UpstreamConnection>>;
  /** No new ones: idle connections end now, those in use when they are given back. */
  close(): void;
  /** Open connections, idle ones included. */
  readonly size: number;
}

export interface UpstreamLimits {
  /** Open at once; beyond that LIMIT_REQUESTS. */
  readonly connections: number;
  /** An idle connection older than this is closed. Keep it below the keep-alive time of the other side. */
  readonly idle: Milliseconds;
}

export interface UpstreamDeps {
  /** Opens a connection within its own deadline. Throws a `Fault`; UPSTREAM_TIMEOUT is passed on, all else is UPSTREAM_UNREACHABLE. */
  open(): Promise<ByteStream>;
  readonly closeDelimited: boolean;
  readonly limits: UpstreamLimits;
  readonly clock: Clock;
  readonly ticker: Ticker;
  /** An idle connection spoke without being asked, or said more than one answer. */
  onDesync(detail: string): void;
}
