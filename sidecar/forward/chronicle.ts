/** The times of one request, and the record that is made of them at its end. It tells nobody: whoever has it does. */
import type { Refusal } from '../../core/fault/refusal.ts';
import type { Peer } from '../../core/identity/peer.ts';
import type { Clock } from '../../core/time/clock.ts';
import { type EpochMilliseconds, milliseconds, type Milliseconds } from '../../core/time/units.ts';
import type { RequestHead } from '../http/request.ts';
import type { ExchangeRecord } from './forwarding.ts';

/** How the request ended. */
export interface Ending<Note> {
  readonly status: number;
  readonly refusal: Refusal | undefined;
  readonly complete: boolean;
  readonly retried: boolean;
  readonly note: Note | undefined;
  readonly upstreamPeer: Peer | undefined;
  /** Bytes both ways; undefined where nothing was relayed. */
  readonly moved: { readonly bytesIn: number; readonly bytesOut: number } | undefined;
}

export class Chronicle {
  readonly #clock: Clock;
  readonly #startedAt: EpochMilliseconds;
  readonly #start: number;
  #decidedAfter: Milliseconds | undefined;
  #firstByteAfter: Milliseconds | undefined;

  /** The request begins now. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#start = clock.monotonic();
  }

  /** Since its beginning. */
  get elapsed(): Milliseconds {
    return milliseconds(this.#clock.monotonic() - this.#start);
  }

  noteDecision(): void {
    this.#decidedAfter = this.elapsed;
  }

  noteFirstByte(): void {
    this.#firstByteAfter = this.elapsed;
  }

  recordOf<Note>(head: RequestHead | undefined, ending: Ending<Note>): ExchangeRecord<Note> {
    const duration = this.elapsed;
    return {
      method: head?.method,
      path: head?.path,
      status: ending.status,
      refusal: ending.refusal,
      complete: ending.complete,
      retried: ending.retried,
      bytesIn: ending.moved?.bytesIn ?? 0,
      bytesOut: ending.moved?.bytesOut ?? 0,
      startedAt: this.#startedAt,
      decided: this.#decidedAfter ?? duration,
      firstByte: this.#firstByteAfter,
      duration,
      upstreamPeer: ending.upstreamPeer,
      note: ending.note,
    };
  }
}
