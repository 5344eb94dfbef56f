/** Connections to the app: a pool for each peer, so that what one does to the framing of a connection meets no other. */
import { Fault } from '../core/fault/fault.ts';
import type { Clock, Jitter } from '../core/time/clock.ts';
import { milliseconds, type Milliseconds } from '../core/time/units.ts';
import type { AppAddress } from '../runtime/config/address.ts';
import type { Log } from '../runtime/log.ts';
import { type BreakerTerms, createBreaker } from './forward/breaker.ts';
import { createUpstreamPool, type UpstreamPool } from './forward/upstream.ts';
import { type LocalAddress, openTcp } from './io/connect.ts';
import type { ByteStream, MakeStream } from './io/port.ts';
import type { Ticker } from './io/ticker.ts';
import type { Measures } from './measures.ts';

export interface AppPoolsDeps {
  readonly limits: { readonly connections: number };
  readonly connectTimeout: Milliseconds;
  readonly streamOf?: MakeStream | undefined;
  readonly circuit: BreakerTerms;
  readonly jitter: Jitter;
  readonly measures: Pick<Measures, 'desync' | 'circuit'>;
  readonly clock: Clock;
  readonly ticker: Ticker;
  readonly log: Log;
}

export interface AppPools {
  /** The pool of this peer. */
  of(peer: string): UpstreamPool;
  /** Connections to the app that are idle end now, those in use with their exchange: an open one keeps the process alive. */
  close(): void;
}

/** Where the app is. */
export const placeOf = (app: AppAddress): LocalAddress =>
  app.kind === 'unix' ? { path: app.path } : { host: app.host, port: app.port };

const describe = (address: LocalAddress): string =>
  'path' in address ? address.path : `${address.host}:${address.port}`;

/** Below the 5 s after which a Node app closes an idle connection. */
const APP_IDLE = milliseconds(4000);
const POOLS_BEFORE_SWEEP = 256;

/** A pool for each peer: what one peer could do to the framing of a connection never meets the request of another. */
export function createAppPools(app: AppAddress, deps: AppPoolsDeps): AppPools {
  const { clock, ticker, measures, log } = deps;
  const address = placeOf(app);
  const pools = new Map<string, UpstreamPool>();
  const limits: { readonly connections: number; readonly idle: Milliseconds } = {
    connections: deps.limits.connections,
    idle: APP_IDLE,
  };

  // One for all peers: the app is dead for all of them.
  const breaker = createBreaker({
    ...deps,
    terms: deps.circuit,
    onChange(isOpen) {
      measures.circuit(isOpen);
      log.warn(isOpen ? 'the app takes no connection' : 'the app takes connections again', { app: describe(address) });
    },
  });

  async function open(): Promise<ByteStream> {
    if (breaker.wait() > 0) throw new Fault('UPSTREAM_DOWN', 'the app has refused the last connections');
    try {
      const stream = await openTcp(address, deps.connectTimeout, deps.streamOf);
      breaker.succeeded();
      return stream;
    } catch (thrown) {
      breaker.failed();
      throw thrown;
    }
  }

  function create(): UpstreamPool {
    return createUpstreamPool({
      open,
      closeDelimited: true,
      limits,
      clock,
      ticker,
      onDesync(detail) {
        measures.desync();
        log.warn('the app spoke out of turn', { detail });
      },
    });
  }

  return {
    of(peer) {
      const known = pools.get(peer);
      if (known !== undefined) return known;
      if (pools.size >= POOLS_BEFORE_SWEEP) for (const [name, { size }] of pools) if (size === 0) pools.delete(name);
      const pool = create();
      pools.set(peer, pool);
      return pool;
    },
    close() {
      for (const pool of pools.values()) pool.close();
    },
  };
}
