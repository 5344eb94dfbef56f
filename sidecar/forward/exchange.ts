/**
 * Serves HTTP/1.1 on one stream, inbound and egress alike: heads are read one after the other, each is judged, and the
 * admitted ones are relayed. It never reads a byte of a body before the decision, never starts a request before the last
 * one is answered, and reads nothing more after an error. Time limits are kept to within one tick.
 */
import { Fault } from '../../core/fault/fault.ts';
import type { Refusal } from '../../core/fault/refusal.ts';
import type { Clock } from '../../core/time/clock.ts';
import type { EpochMilliseconds } from '../../core/time/units.ts';
import { HeadScanner } from '../http/head-scan.ts';
import type { HttpLimits, TimeLimits } from '../http/limits.ts';
import { parseRequest, refuseScan, type RequestRules } from '../http/parse-request.ts';
import type { ByteSink, ByteStream } from '../io/port.ts';
import type { Ticker } from '../io/ticker.ts';
import { ClientSide } from './client-side.ts';
import type { ConnectionRooms } from './forwarding.ts';
import { Turn, type TurnDeps, type TurnHost } from './turn.ts';

export interface ExchangeOptions {
  readonly rules: RequestRules;
  readonly limits: HttpLimits;
  readonly times: TimeLimits;
}

/** How long a connection may live, by the wall clock. */
export interface Lifetime {
  /** From then on answers announce the end. */
  readonly closeAt: EpochMilliseconds;
  /** Then it is cut, whatever it is doing. */
  readonly cutAt: EpochMilliseconds;
  /** Why it is cut then. */
  readonly reason: Refusal;
}

export interface Http1Deps<Note> {
  readonly rooms: ConnectionRooms<Note>;
  readonly options: ExchangeOptions;
  readonly clock: Clock;
  readonly ticker: Ticker;
  readonly lifetime: Lifetime | undefined;
  /** Called once, after the last record. */
  onClosed(): void;
}

export interface Http1Connection {
  /** It waits for a request, and holds no byte of one. */
  readonly isIdle: boolean;
  /** From now on each answer ends the connection. */
  close(): void;
  /** Ends it now if it is idle, else after the answer. */
  endIdle(): void;
  /** Cuts it, with whatever it is doing, if its rooms do not let it go on. */
  recheck(): void;
  /** Cuts it. */
  destroy(): void;
}

/** Takes the stream over until it is closed. */
export function serveHttp1<Note>(stream: ByteStream, deps: Http1Deps<Note>): Http1Connection {
  const exchange = new Exchange(stream, deps);
  stream.attach(exchange);
  return exchange;
}

/** Waits for a head, or is in the middle of one. */
const HEAD = 0;
/** A request has its turn. */
const BUSY = 1;
/** The last answer was sent; what still comes is thrown away. */
const LINGERING = 2;
const CLOSED = 3;

const NOTHING = { head: undefined, note: undefined, upstreamPeer: undefined } as const;

class Exchange<Note> implements ByteSink, TurnHost, Http1Connection {
  readonly #client: ClientSide;
  readonly #deps: Http1Deps<Note>;
  readonly #turnDeps: TurnDeps<Note>;
  readonly #scanner: HeadScanner;
  readonly #watch: Disposable;
  #state = HEAD;
  #turn: Turn<Note> | undefined;
  /** Monotonic time at which the present wait between two turns began. */
  #since: number;
  #isPumping = false;
  #requests = 0;
  #isClosing = false;

  constructor(stream: ByteStream, deps: Http1Deps<Note>) {
    const { limits, times, rules } = deps.options;
    this.#client = new ClientSide(stream, limits);
    this.#deps = deps;
    const scanner = new HeadScanner(limits, 'head');
    this.#turnDeps = { rooms: deps.rooms, clock: deps.clock, limits, times, names: rules.names, scanner };
    this.#scanner = new HeadScanner({ ...limits, startLineBytes: limits.requestLineBytes }, 'head');
    this.#since = deps.clock.monotonic();
    this.#watch = deps.ticker.watch(() => this.#tick());
  }

  close(): void {
    this.#isClosing = true;
  }

  endIdle(): void {
    this.#isClosing = true;
    if (this.isIdle) this.#linger();
    else this.#turn?.endTunnel();
  }

  recheck(): void {
    const turn = this.#turn;
    const refusal = this.#deps.rooms.recheck(turn?.underWay ?? NOTHING);
    if (refusal === undefined || this.#state === CLOSED) return;
    if (turn === undefined) this.#client.cut();
    else turn.end(refusal);
  }

  destroy(): void {
    this.#client.cut();
  }

  onBytes(bytes: Buffer): void {
    if (this.#state < LINGERING) this.#pump(bytes);
    else this.#client.swallow(bytes.length);
  }

  onDrain(): void {
    this.#client.isBlocked = false;
    this.#noteProgress();
    this.#turn?.onClientDrain();
    this.#pump(undefined);
  }

  onEnd(): void {
    this.#client.hasEnded = true;
    this.#checkEnd();
  }

  onClose(failure: Error | undefined): void {
    const turn = this.#turn;
    this.#state = CLOSED;
    this.#watch[Symbol.dispose]();
    turn?.cut(failure instanceof Fault ? { code: failure.code, detail: failure.detail } : undefined);
    this.#deps.onClosed();
  }

  send(bytes: Buffer): boolean {
    return this.#client.send(bytes);
  }

  sendText(text: string, body?: Buffer): boolean {
    return this.#client.sendText(text, body);
  }

  mustClose(): boolean {
    if (this.#isClosing || this.#requests >= this.#deps.options.limits.requests) return true;
    if (this.#client.hasEnded && this.#client.inbox.length === 0) return true;
    return this.#isOld;
  }

  endDown(): void {
    this.#client.endDown();
  }

  onFlow(): void {
    this.#client.flow(this.#turn?.isHeldUp === true);
  }

  onReady(): void {
    this.#pump(undefined);
  }

  onOver(next: 'keep' | 'end' | 'cut'): void {
    this.#turn = undefined;
    if (this.#state === CLOSED) return;
    if (next === 'cut') {
      this.#state = CLOSED;
      this.#client.cut();
    } else if (next === 'end') {
      this.#linger();
    } else {
      this.#state = HEAD;
      this.#noteProgress();
      this.#pump(undefined);
    }
  }

  /** Answers announce the end from now on. */
  get #isOld(): boolean {
    const { lifetime, clock } = this.#deps;
    return lifetime !== undefined && clock.now() >= lifetime.closeAt;
  }

  get isIdle(): boolean {
    return this.#state === HEAD && !this.#scanner.isInside && this.#client.inbox.length === 0;
  }

  /** Works off what has come. The flag keeps it to one run at a time: an answer within it asks for the next request. */
  #pump(fresh: Buffer | undefined): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    const { inbox } = this.#client;
    if (fresh !== undefined && inbox.length === 0) {
      inbox.append(fresh, this.#advance(fresh));
    } else {
      if (fresh !== undefined) inbox.append(fresh, 0);
      inbox.consume(this.#advance(inbox.bytes));
    }
    this.#isPumping = false;
    this.onFlow();
    this.#checkEnd();
  }

  /** Gives the offset behind what could be used in the present state. */
  #advance(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state >= LINGERING) return bytes.length;
      if (this.#turn?.wantsBody === true) {
        at = this.#turn.feed(bytes, at);
      } else if (this.#state === HEAD && !this.#client.isBlocked) {
        const isFirst = !this.#scanner.isInside;
        const result = this.#scanner.scan(bytes, at, bytes.length);
        if (result === 'more') {
          if (isFirst) this.#noteProgress();
          return at;
        }
        at = this.#takeHead(bytes, at, result);
      } else {
        return at;
      }
    }
    return at;
  }

  #takeHead(bytes: Buffer, start: number, result: 'done' | 'refused'): number {
    const { rules } = this.#deps.options;
    const head = result === 'done' ? parseRequest(bytes, start, this.#scanner, rules) : refuseScan(this.#scanner);
    const end = start + this.#scanner.length;
    this.#scanner.reset();
    if (!head.ok) {
      this.#refuseHead(head.refusal);
      return end;
    }
    this.#state = BUSY;
    this.#requests += 1;
    this.#turn = new Turn<Note>(head.value, this.#turnDeps, this);
    this.#turn.judge();
    return end;
  }

  #refuseHead(refusal: Refusal): void {
    this.#state = BUSY;
    this.#turn = new Turn<Note>(undefined, this.#turnDeps, this);
    this.#turn.refuse(refusal);
  }

  #linger(): void {
    this.#state = LINGERING;
    this.#noteProgress();
    this.#client.linger();
  }

  #checkEnd(): void {
    if (!this.#client.hasEnded || this.#isPumping) return;
    if (this.isIdle) this.#linger();
    else if (this.#state === BUSY) this.#turn?.onClientEnd();
    else if (this.#state === HEAD && !this.#client.isBlocked) {
      this.#refuseHead({ code: 'REQUEST_HEAD', detail: 'the client ended inside the head' });
    }
  }

  #noteProgress(): void {
    this.#since = this.#deps.clock.monotonic();
  }

  #tick(): void {
    const { clock, lifetime, options } = this.#deps;
    const idle = clock.monotonic() - this.#since;
    if (this.#state === LINGERING) {
      if (idle > options.times.linger) this.#client.cut();
    } else if (lifetime !== undefined && clock.now() >= lifetime.cutAt) {
      if (this.#state === HEAD) this.#linger();
      else this.#turn?.end(lifetime.reason);
    } else if (this.#state === BUSY) {
      if (this.#isOld) this.#turn?.endTunnel();
      this.#turn?.checkTime();
    } else if (this.#state === HEAD) {
      this.#tickHead(idle, options.times);
    }
  }

  #tickHead(idle: number, times: TimeLimits): void {
    if (this.#client.isBlocked) {
      if (idle > times.bodyIdle) this.#client.cut();
    } else if (this.#scanner.isInside) {
      if (idle > times.head) this.#refuseHead({ code: 'LIMIT_TIMEOUT', detail: 'the head is not complete' });
    } else if (idle > times.keepAlive || this.#isOld) {
      this.#linger();
    }
  }
}
