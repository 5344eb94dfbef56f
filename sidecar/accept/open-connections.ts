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

export class OpenConnections {
  readonly #deps: ServingDeps;
  readonly #all = new Set<Http1Connection>();
  #isClosing = false;
  #onEmpty: (() => void) | undefined;

  constructor(deps: ServingDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Takes the socket over and serves it until it is closed. */
  serve<Note>(socket: Socket, rooms: ConnectionRooms<Note>, lifetime: Lifetime | undefined): void {
    const { http: options, clock, ticker } = this.#deps;
    const onClosed = (): void => {
      this.#all.delete(connection);
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
    if (this.#isClosing) connection.close();
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
