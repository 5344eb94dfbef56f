/** The connections that a listener has accepted, so that they can be ended together. */
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

import type { Clock } from '../../core/time/clock.ts';
import type { Milliseconds } from '../../core/time/units.ts';
import { serveHttp1, type ExchangeOptions, type Http1Connection, type Lifetime } from '../forward/exchange.ts';
import type { ConnectionRooms } from '../forward/forwarding.ts';
import type { MakeStream } from '../io/port.ts';
import { publicStream } from '../io/public.ts';
import type { Ticker } from '../io/ticker.ts';

export interface ServingDeps {
  readonly http: ExchangeOptions;
  readonly clock: Clock;
  readonly ticker: Ticker;
  /** The backend of the I/O port; absent: the public one. */
  readonly streamOf?: MakeStream | undefined;
}

/** One connection. */
export interface Serving<Note> {
  readonly rooms: ConnectionRooms<Note>;
  readonly lifetime: Lifetime | undefined;
  /** By whom it is counted; undefined: not at all. */
  readonly name?: string | undefined;
  /** Absent: those of the listener. */
  readonly http?: ExchangeOptions | undefined;
}

export class OpenConnections {
  readonly #deps: ServingDeps;
  readonly #all = new Set<Http1Connection>();
  /** Oldest first. */
  readonly #byName = new Map<string, Set<Http1Connection>>();
  #isClosing = false;
  #onEmpty: (() => void) | undefined;

  constructor(deps: ServingDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Whether there is room for one more of this name, once its oldest idle one was ended. */
  makeRoom(name: string, most: number): boolean {
    const own = this.#byName.get(name);
    if (own === undefined || own.size < most) return true;
    for (const connection of own) {
      if (!connection.isIdle) continue;
      connection.endIdle();
      own.delete(connection);
      return true;
    }
    return false;
  }

  /** Takes the socket over and serves it until it is closed. */
  serve<Note>(socket: Socket, { rooms, lifetime, name, http = this.#deps.http }: Serving<Note>): void {
    const { clock, ticker } = this.#deps;
    const options = http;
    const onClosed = (): void => {
      this.#all.delete(connection);
      this.#forget(name, connection);
      if (this.#all.size === 0) this.#onEmpty?.();
    };
    const connection = serveHttp1((this.#deps.streamOf ?? publicStream)(socket), {
      rooms,
      options,
      clock,
      ticker,
      lifetime,
      onClosed,
    });
    this.#all.add(connection);
    this.#remember(name, connection);
    if (this.#isClosing) connection.close();
  }

  #remember(name: string | undefined, connection: Http1Connection): void {
    if (name === undefined) return;
    const own = this.#byName.get(name) ?? new Set();
    own.add(connection);
    this.#byName.set(name, own);
  }

  #forget(name: string | undefined, connection: Http1Connection): void {
    if (name === undefined) return;
    const own = this.#byName.get(name);
    own?.delete(connection);
    if (own?.size === 0) this.#byName.delete(name);
  }

  /** From now on each answer ends its connection, those that are still to come included. */
  close(): void {
    this.#isClosing = true;
    for (const connection of this.#all) connection.close();
  }

  /** Something was revoked: each connection that may not go on is cut. */
  recheck(): void {
    for (const connection of this.#all) connection.recheck();
  }

  /**
   * Goes on for `grace`, then calls `stopListening`, ends the idle ones, waits for the others, and cuts what is left when
   * the deadline is over. Both are spans from now.
   */
  async drain(waits: { readonly grace: Milliseconds; readonly deadline: Milliseconds }, stopListening: () => void) {
    this.close();
    const grace = Math.min(waits.grace, waits.deadline);
    if (grace > 0) await wait(grace);
    stopListening();
    for (const connection of this.#all) connection.endIdle();
    await this.#emptyWithin(waits.deadline - grace);
    this.destroy();
  }

  destroy(): void {
    this.#isClosing = true;
    for (const connection of this.#all) connection.destroy();
  }

  async #emptyWithin(span: number): Promise<void> {
    if (this.#all.size === 0) return;
    const timer = new AbortController();
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    await Promise.race([empty, wait(span, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
  }
}
