/**
 * Connections to one upstream: one request at a time on each, the one used last first, and dropped after any doubt.
 * A connection that ends or speaks while it is idle is gone before anyone can write to it.
 */
import { Fault } from '../../core/fault/fault.ts';
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { Peer } from '../../core/identity/peer.ts';
import type { Clock } from '../../core/time/clock.ts';
import type { Milliseconds } from '../../core/time/units.ts';
import type { PeerStream } from '../io/connect.ts';
import type { ByteSink, ByteStream } from '../io/port.ts';
import type { Ticker } from '../io/ticker.ts';

export interface UpstreamConnection {
  /** False for one that has served a request before: only then may a safe request be sent again. */
  readonly isFresh: boolean;
  readonly stream: ByteStream;
  /** Who proved to be on the other side; undefined on plain streams. */
  readonly peer: Peer | undefined;
  /** Gives it back for the next request: only after one whole exchange without a doubt. */
  release(): void;
  /** Drops it. Safe to call twice. */
  discard(): void;
}

export interface UpstreamPool {
  /** Whether an answer may be delimited by the end of the connection: never over TLS, where a cut looks the same. */
  readonly closeDelimited: boolean;
  /** The idle connection that was used last. Whoever takes it attaches its sink, and ends with `release` or `discard`. */
  takeIdle(): UpstreamConnection | undefined;
  /** A new one. Refuses: UPSTREAM_UNREACHABLE | UPSTREAM_TIMEOUT | UPSTREAM_DOWN | LIMIT_REQUESTS. */
  open(): Promise<Outcome<UpstreamConnection>>;
  /** Bytes came behind the end of an answer: the exchange has dropped the connection and tells it here. */
  noteDesync(detail: string): void;
  /** Idle connections to peers that are not wanted any more end now. */
  dropIdle(isUnwanted: (peer: Peer) => boolean): void;
  /** Idle connections end now, those in use when they are given back. New ones can still be had. */
  close(): void;
  /** Open connections, idle ones and those being opened included. */
  readonly size: number;
}

export interface UpstreamLimits {
  /** Open at once; beyond that LIMIT_REQUESTS. */
  readonly connections: number;
  /** An idle connection older than this is closed. Keep it below the keep-alive time of the other side: Node apps have 5 s. */
  readonly idle: Milliseconds;
}

export interface UpstreamDeps {
  /** Opens a connection within its own deadline. Throws a `Fault`; UPSTREAM_TIMEOUT and UPSTREAM_DOWN are passed on, all else is UPSTREAM_UNREACHABLE. */
  open(): Promise<ByteStream | PeerStream>;
  readonly closeDelimited: boolean;
  readonly limits: UpstreamLimits;
  readonly clock: Clock;
  readonly ticker: Ticker;
  /** An idle connection spoke without being asked, or an answer had bytes behind its end. */
  onDesync(detail: string): void;
}

/** An empty pool: the first request opens the first connection. */
export function createUpstreamPool(deps: UpstreamDeps): UpstreamPool {
  return new Pool(deps);
}

class Pool implements UpstreamPool {
  readonly closeDelimited: boolean;
  readonly #deps: UpstreamDeps;
  /** Oldest first. */
  readonly #idle: PooledConnection[] = [];
  #size = 0;
  #isClosed = false;
  /** Runs only while something is idle, so a pool that is done with needs no one to stop it. */
  #watch: Disposable | undefined;

  constructor(deps: UpstreamDeps) {
    this.closeDelimited = deps.closeDelimited;
    this.#deps = deps;
  }

  get size(): number {
    return this.#size;
  }

  takeIdle(): UpstreamConnection | undefined {
    const connection = this.#idle.pop();
    if (connection === undefined) return undefined;
    if (!this.#isStale(connection)) return connection;
    // The others are older still.
    connection.discard();
    this.#sweep();
    return undefined;
  }

  async open(): Promise<Outcome<UpstreamConnection>> {
    if (this.#size >= this.#deps.limits.connections) {
      return refuse('LIMIT_REQUESTS', `${this.#size} connections to the upstream are open`);
    }
    this.#size += 1;
    try {
      return admit(new PooledConnection(await this.#deps.open(), this));
    } catch (thrown) {
      this.#size -= 1;
      const { code, detail } = Fault.from(thrown);
      if (code === 'UPSTREAM_TIMEOUT' || code === 'UPSTREAM_DOWN') return refuse(code, detail);
      return refuse('UPSTREAM_UNREACHABLE', code === 'UPSTREAM_UNREACHABLE' ? detail : `${code}: ${detail}`);
    }
  }

  noteDesync(detail: string): void {
    this.#deps.onDesync(detail);
  }

  dropIdle(isUnwanted: (peer: Peer) => boolean): void {
    const unwanted = this.#idle.filter(({ peer }) => peer !== undefined && isUnwanted(peer));
    for (const connection of unwanted) connection.discard();
  }

  close(): void {
    this.#isClosed = true;
    for (const connection of this.#idle.splice(0)) connection.discard();
    this.#watchIdle();
  }

  /** Called by a connection that was given back. */
  keep(connection: PooledConnection): void {
    if (this.#isClosed) {
      connection.discard();
      return;
    }
    connection.idleSince = this.#deps.clock.monotonic();
    this.#idle.push(connection);
    this.#watchIdle();
  }

  /** Called by a connection that is gone. */
  forget(connection: PooledConnection): void {
    this.#size -= 1;
    const at = this.#idle.indexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
    this.#watchIdle();
  }

  #isStale(connection: PooledConnection): boolean {
    return this.#deps.clock.monotonic() - connection.idleSince > this.#deps.limits.idle;
  }

  #sweep(): void {
    for (const connection of this.#idle.filter((candidate) => this.#isStale(candidate))) connection.discard();
    // Not as soon as the last one is taken: it comes back with nearly every answer.
    this.#watchIdle();
  }

  #watchIdle(): void {
    if (this.#idle.length > 0) {
      this.#watch ??= this.#deps.ticker.watch(() => this.#sweep());
      return;
    }
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
  }
}

/** It is its own sink while it is idle: then every event is the end of it. */
class PooledConnection implements UpstreamConnection, ByteSink {
  readonly stream: ByteStream;
  readonly peer: Peer | undefined;
  isFresh = true;
  /** Monotonic. */
  idleSince = 0;
  readonly #pool: Pool;
  #isGone = false;

  constructor(opened: ByteStream | PeerStream, pool: Pool) {
    this.stream = 'stream' in opened ? opened.stream : opened;
    this.peer = 'stream' in opened ? opened.peer : undefined;
    this.#pool = pool;
  }

  release(): void {
    if (this.#isGone) return;
    this.isFresh = false;
    this.stream.attach(this);
    this.stream.resume();
    this.#pool.keep(this);
  }

  discard(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#pool.forget(this);
    this.stream.destroy();
  }

  onBytes(bytes: Buffer): void {
    if (!this.#isGone) this.#pool.noteDesync(`${bytes.length} bytes on an idle connection`);
    this.discard();
  }

  onDrain(): void {}

  onEnd(): void {
    this.discard();
  }

  onClose(): void {
    this.discard();
  }
}
