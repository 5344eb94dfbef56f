/**
 * One request's turn on a connection, from its head to its record: it is judged, relayed or refused, and told to those
 * who keep records exactly once. It decides nothing but whether the connection can go on afterwards.
 */
import { rowOf } from '../../core/fault/catalog.ts';
import { Fault } from '../../core/fault/fault.ts';
import type { Refusal } from '../../core/fault/refusal.ts';
import type { Peer } from '../../core/identity/peer.ts';
import type { Clock } from '../../core/time/clock.ts';
import { milliseconds, type EpochMilliseconds, type Milliseconds } from '../../core/time/units.ts';
import type { HttpLimits, TimeLimits } from '../http/limits.ts';
import type { RequestHead } from '../http/request.ts';
import { CONTINUE, endsConnection, writeAnswer, writeDocument } from './answer.ts';
import type { ConnectionRooms, Decision, Forwarding, LocalDocument, SecondTry, UnderWay } from './forwarding.ts';
import { Relay, type RelayClient } from './relay.ts';
import type { UpstreamConnection } from './upstream.ts';

export interface TurnDeps<Note> {
  readonly rooms: ConnectionRooms<Note>;
  readonly limits: HttpLimits;
  readonly times: TimeLimits;
  readonly clock: Clock;
}

/** The connection that the turn is taken on. */
export interface TurnHost {
  /** False: no more until `onClientDrain`. */
  send(bytes: Buffer): boolean;
  /** Whether the connection itself is about to end. */
  mustClose(): boolean;
  /** Whether the client is read may have changed. */
  onFlow(): void;
  /** What the client sent next may now be used. */
  onReady(): void;
  /** The last word: `cut` where only a cut can tell the client that the answer is not whole. */
  onOver(next: 'keep' | 'end' | 'cut'): void;
}

export class Turn<Note> implements RelayClient {
  readonly #head: RequestHead | undefined;
  readonly #deps: TurnDeps<Note>;
  readonly #host: TurnHost;
  readonly #startedAt: EpochMilliseconds;
  readonly #start: Milliseconds;
  #decidedAfter: Milliseconds | undefined;
  #firstByteAfter: Milliseconds | undefined;
  #note: Note | undefined;
  #forwarding: Forwarding | undefined;
  #relay: Relay | undefined;
  #upstreamPeer: Peer | undefined;
  #isRetried = false;
  #isOver = false;
  /** Monotonic time at which the present wait began. */
  #since: Milliseconds;

  /** `head` is undefined where it was refused before it could be read: then only `refuse` follows. */
  constructor(head: RequestHead | undefined, deps: TurnDeps<Note>, host: TurnHost) {
    this.#head = head;
    this.#deps = deps;
    this.#host = host;
    this.#startedAt = deps.clock.now();
    this.#start = deps.clock.monotonic();
    this.#since = this.#start;
  }

  /** The body may be fed: there is a decision, a connection, and more to come. */
  get wantsBody(): boolean {
    return this.#relay?.isRequestDone === false;
  }

  /** The app does not take what the client sends. */
  get isHeldUp(): boolean {
    return this.wantsBody && this.#relay?.isUpstreamBlocked === true;
  }

  get underWay(): UnderWay<Note> {
    return { note: this.#note, upstreamPeer: this.#upstreamPeer };
  }

  judge(): void {
    if (this.#head === undefined) return;
    try {
      const here = this.#deps.rooms.answerHere?.(this.#head);
      if (here !== undefined) {
        this.#decidedAfter = this.#elapsed();
        this.#note = here.note;
        if (here.ok) this.#answer(here.value);
        else this.refuse(here.refusal);
        return;
      }
      const decision = this.#deps.rooms.decide(this.#head);
      if (decision instanceof Promise) this.#wait(decision, (value) => this.#decided(value));
      else this.#decided(decision);
    } catch (thrown) {
      this.#defect(thrown);
    }
  }

  /** Gives the offset behind what belongs to the body. */
  feed(bytes: Buffer, from: number): number {
    return this.#relay?.feed(bytes, from) ?? from;
  }

  /** One minimal answer. */
  refuse(refusal: Refusal): void {
    if (this.#isOver) return;
    const { rooms, clock } = this.#deps;
    const close = endsConnection(refusal.code) || this.mustClose() || !this.#isBodyRead;
    const fields = rooms.challenge(refusal, this.#note);
    const method = this.#head?.method;
    this.send(writeAnswer({ code: refusal.code, method, fields, close, now: clock.now() }));
    this.#record(rowOf(refusal.code).http, refusal, true);
    this.#host.onOver(close ? 'end' : 'keep');
  }

  #answer(document: LocalDocument): void {
    const close = this.mustClose() || !this.#isBodyRead;
    const method = this.#head?.method;
    this.send(writeDocument(document, { method, close, now: this.#deps.clock.now() }));
    this.#record(200, undefined, true);
    this.#host.onOver(close ? 'end' : 'keep');
  }

  /** The answer is broken off: nothing that is still sent could mend it. */
  cut(refusal: Refusal | undefined): void {
    if (this.#isOver) return;
    this.#record(this.#relay?.status ?? 0, refusal, false);
    this.#relay?.abort();
    this.#host.onOver('cut');
  }

  onClientDrain(): void {
    this.onProgress();
    this.#relay?.onClientDrain();
  }

  onClientEnd(): void {
    if (this.wantsBody) this.#relay?.fail('REQUEST_BODY', 'the client ended inside the body');
  }

  /** Called at each tick: ends what waits too long. */
  checkTime(): void {
    const { clock, times } = this.#deps;
    const idle = clock.monotonic() - this.#since;
    if (this.#relay === undefined) {
      if (idle > times.firstByte)
        this.refuse({ code: 'UPSTREAM_TIMEOUT', detail: 'no decision or connection in time' });
      return;
    }
    const code = this.#relay.overdue(idle, times);
    if (code !== undefined) this.#relay.fail(code, `nothing moved for ${Math.round(idle)} ms`);
  }

  send(bytes: Buffer): boolean {
    return this.#host.send(bytes);
  }

  mustClose(): boolean {
    return this.#head?.keepAlive !== true || this.#host.mustClose();
  }

  onProgress(): void {
    this.#since = this.#deps.clock.monotonic();
  }

  onHead(): void {
    this.#firstByteAfter = this.#elapsed();
  }

  onFlow(): void {
    this.#host.onFlow();
  }

  onAnswered(close: boolean): void {
    this.#record(this.#relay?.status ?? 0, undefined, true);
    this.#host.onOver(close ? 'end' : 'keep');
  }

  onFailed(refusal: Refusal, canRetry: boolean): void {
    if (canRetry && !this.#isRetried && this.#forwarding !== undefined) {
      this.#isRetried = true;
      this.#relay = undefined;
      this.#open(this.#forwarding);
    } else if ((this.#relay?.status ?? 0) === 0) {
      this.refuse(refusal);
    } else {
      this.cut(refusal);
    }
  }

  maySendAgain(): boolean {
    return !this.#isRetried;
  }

  onSecondTry(again: SecondTry): void {
    this.#isRetried = true;
    this.#relay = undefined;
    this.onProgress();
    this.#wait(again(), (next) => {
      if (this.#isOver) return;
      if (!next.ok) return this.refuse(next.refusal);
      this.#forwarding = next.value;
      this.#open(next.value);
    });
  }

  #decided(decision: Decision<Note>): void {
    if (this.#isOver) return;
    this.#decidedAfter = this.#elapsed();
    this.#note = decision.note;
    if (!decision.ok) {
      this.refuse(decision.refusal);
      return;
    }
    this.#forwarding = decision.value;
    const idle = decision.value.upstream.takeIdle();
    if (idle === undefined) this.#open(decision.value);
    else this.#startRelay(decision.value, idle);
  }

  #open(forwarding: Forwarding): void {
    this.#wait(forwarding.upstream.open(), (opened) => {
      if (this.#isOver) {
        // Nothing was written on it: it is as good as new for the next one.
        if (opened.ok) opened.value.release();
      } else if (opened.ok) {
        this.#startRelay(forwarding, opened.value);
      } else {
        this.refuse(opened.refusal);
      }
    });
  }

  #startRelay(forwarding: Forwarding, connection: UpstreamConnection): void {
    if (this.#head === undefined) return;
    this.onProgress();
    this.#upstreamPeer = connection.peer;
    this.#relay = new Relay(this.#head, { forwarding, connection }, this, this.#deps.limits);
    this.#relay.start();
    if (this.#head.expectsContinue && !this.#isRetried) this.send(CONTINUE);
    this.#host.onReady();
  }

  /** Whether the next byte of the client is the first one of another request. */
  get #isBodyRead(): boolean {
    if (this.#head === undefined || this.#relay?.isRequestDone === true) return true;
    const { framing } = this.#head;
    return framing.kind === 'none' || (framing.kind === 'length' && framing.length === 0);
  }

  #record(status: number, refusal: Refusal | undefined, complete: boolean): void {
    this.#isOver = true;
    const duration = this.#elapsed();
    this.#deps.rooms.onDone({
      method: this.#head?.method,
      path: this.#head?.path,
      status,
      refusal,
      complete,
      retried: this.#isRetried,
      bytesIn: this.#relay?.bytesIn ?? 0,
      bytesOut: this.#relay?.bytesOut ?? 0,
      startedAt: this.#startedAt,
      decided: this.#decidedAfter ?? duration,
      firstByte: this.#firstByteAfter,
      duration,
      upstreamPeer: this.#upstreamPeer,
      note: this.#note,
    });
  }

  #elapsed(): Milliseconds {
    return milliseconds(this.#deps.clock.monotonic() - this.#start);
  }

  #wait<T>(promise: Promise<T>, go: (value: T) => void): void {
    promise.then(go).catch((thrown: unknown) => this.#defect(thrown));
  }

  /** Something that was called threw: the request is answered if it still can be, and the process lives. */
  #defect(thrown: unknown): void {
    const refusal = { code: 'BUG_UNEXPECTED', detail: Fault.from(thrown).detail } as const;
    try {
      this.refuse(refusal);
    } catch {
      this.cut(refusal);
    }
  }
}
