/**
 * One request's turn on a connection, from its head to its record: it is judged, relayed or refused, and told to those
 * who keep records exactly once. It decides nothing but whether the connection can go on afterwards.
 * limit: the hallway of one request; each of its methods is a line or two, and none could go without its neighbours.
 */
import { rowOf } from '../../core/fault/catalog.ts';
import { Fault } from '../../core/fault/fault.ts';
import type { Refusal } from '../../core/fault/refusal.ts';
import type { Peer } from '../../core/identity/peer.ts';
import type { Clock } from '../../core/time/clock.ts';
import type { Milliseconds } from '../../core/time/units.ts';
import { checkDeclaredBody } from '../http/body.ts';
import type { TimeLimits } from '../http/limits.ts';
import type { RequestHead } from '../http/request.ts';
import { WEBSOCKET } from '../http/upgrade.ts';
import { CONTINUE, endsConnection, writeAnswer, writeDocument } from './answer.ts';
import type { Carrier } from './carrier.ts';
import { Chronicle } from './chronicle.ts';
import { dueOf } from './due.ts';
import type { ConnectionRooms, Decision, Forwarding, LocalDocument, SecondTry, UnderWay } from './forwarding.ts';
import { Relay, type RelayClient, type RelayTools } from './relay.ts';
import { Tunnel, type TunnelClient } from './tunnel.ts';
import type { UpstreamConnection } from './upstream.ts';

export interface TurnDeps<Note> extends RelayTools {
  readonly rooms: ConnectionRooms<Note>;
  readonly times: TimeLimits;
  readonly clock: Clock;
}

/** The connection that the turn is taken on. */
export interface TurnHost {
  /** False: no more until `onClientDrain`. */
  send(bytes: Buffer): boolean;
  sendText(text: string, body?: Buffer): boolean;
  /** Whether the connection itself is about to end. */
  mustClose(): boolean;
  /** Whether the client is read may have changed. */
  onFlow(): void;
  /** What the client sent next may now be used. */
  onReady(): void;
  /** Ends our half towards the client and goes on reading. */
  endDown(): void;
  /** The last word: `cut` where only a cut can tell the client that the answer is not whole. */
  onOver(next: 'keep' | 'end' | 'cut'): void;
}

export class Turn<Note> implements RelayClient, TunnelClient {
  readonly #head: RequestHead | undefined;
  readonly #deps: TurnDeps<Note>;
  readonly #host: TurnHost;
  readonly #chronicle: Chronicle;
  #note: Note | undefined;
  #forwarding: Forwarding | undefined;
  #relay: Relay | undefined;
  #tunnel: Tunnel | undefined;
  #upstreamPeer: Peer | undefined;
  /** The one that the present try uses. */
  #connection: UpstreamConnection | undefined;
  #isRetried = false;
  #isOver = false;
  /** Monotonic time at which the present wait began. */
  #since: Milliseconds;

  /** `head` is undefined where it was refused before it could be read: then only `refuse` follows. */
  constructor(head: RequestHead | undefined, deps: TurnDeps<Note>, host: TurnHost) {
    this.#head = head;
    this.#deps = deps;
    this.#host = host;
    this.#chronicle = new Chronicle(deps.clock);
    this.#since = deps.clock.monotonic();
  }

  /** The body may be fed: there is a decision, a connection, and more to come. */
  get wantsBody(): boolean {
    return this.#carrier?.wantsBody === true;
  }

  /** Of the head that was sent to the client; 0 until then. */
  get #status(): number {
    return this.#relay?.status ?? 0;
  }

  get #carrier(): Carrier | undefined {
    return this.#tunnel ?? this.#relay;
  }

  /** The app does not take what the client sends. */
  get isHeldUp(): boolean {
    return this.wantsBody && this.#carrier?.isUpstreamBlocked === true;
  }

  get underWay(): UnderWay<Note> {
    return { head: this.#head, note: this.#note, upstreamPeer: this.#upstreamPeer };
  }

  judge(): void {
    const head = this.#head;
    if (head === undefined) return;
    const { rooms, limits } = this.#deps;
    const tooLarge = checkDeclaredBody(head.framing, limits);
    if (!tooLarge.ok) return this.refuse(tooLarge.refusal);
    try {
      const here = rooms.answerHere?.(head);
      if (here !== undefined) {
        this.#chronicle.noteDecision();
        this.#note = here.note;
        if (here.ok) this.#answer(here.value);
        else this.refuse(here.refusal);
        return;
      }
      const decision = rooms.decide(head);
      if (decision instanceof Promise) this.#wait(decision, (value) => this.#decided(value));
      else this.#decided(decision);
    } catch (thrown) {
      this.#defect(thrown);
    }
  }

  /** Gives the offset behind what belongs to the body. */
  feed(bytes: Buffer, from: number): number {
    return this.#carrier?.feed(bytes, from) ?? from;
  }

  /** One minimal answer. */
  refuse(refusal: Refusal): void {
    if (this.#isOver) return;
    const { rooms, clock } = this.#deps;
    const close = endsConnection(refusal.code) || this.mustClose() || !this.#isBodyRead;
    const fields = rooms.challenge(refusal, this.#note);
    const method = this.#head?.method;
    this.send(writeAnswer({ code: refusal.code, method, fields, close, now: clock.now() }));
    this.#over(rowOf(refusal.code).http, refusal, close);
  }

  #answer(document: LocalDocument): void {
    const close = this.mustClose() || !this.#isBodyRead;
    const method = this.#head?.method;
    this.send(writeDocument(document, { method, close, now: this.#deps.clock.now() }));
    this.#over(200, undefined, close);
  }

  /** The client has all of its answer. */
  #over(status: number, refusal: Refusal | undefined, close: boolean): void {
    this.#record(status, refusal, true);
    this.#host.onOver(close ? 'end' : 'keep');
  }

  /** It may not go on: a tunnel is ended in order, all else is cut. */
  end(refusal: Refusal): void {
    if (this.#tunnel === undefined) this.cut(refusal);
    else this.#tunnel.end(refusal);
  }

  /** A tunnel has no end of its own: it ends now, for no fault of anyone. */
  endTunnel(): void {
    this.#tunnel?.end(undefined);
  }

  /** The answer is broken off: nothing that is still sent could mend it. */
  cut(refusal: Refusal | undefined): void {
    if (this.#isOver) return;
    this.#record(this.#status, refusal, false);
    this.#carrier?.abort();
    this.#host.onOver('cut');
  }

  onClientDrain(): void {
    this.onProgress();
    this.#carrier?.onClientDrain();
  }

  onClientEnd(): void {
    this.#carrier?.onClientEnd();
  }

  /** Called at each tick: ends what waits too long. */
  checkTime(): void {
    const { clock, times } = this.#deps;
    const due = dueOf(
      {
        now: clock.now(),
        idle: clock.monotonic() - this.#since,
        elapsed: this.#chronicle.elapsed,
        expiry: this.#forwarding?.expiry,
        relay: this.#relay,
        tunnel: this.#tunnel,
      },
      times,
    );
    if (due === undefined) return;
    if (due.how === 'cut') this.cut(undefined);
    else if (due.how === 'end') this.end(due.refusal);
    else if (this.#relay === undefined) this.refuse(due.refusal);
    else this.#relay.fail(due.refusal.code, due.refusal.detail);
  }

  send(bytes: Buffer): boolean {
    return this.#host.send(bytes);
  }

  sendText(text: string, body?: Buffer): boolean {
    return this.#host.sendText(text, body);
  }

  mustClose(): boolean {
    return this.#head?.keepAlive !== true || this.#host.mustClose();
  }

  onProgress(): void {
    this.#since = this.#deps.clock.monotonic();
  }

  onHead(): void {
    this.#chronicle.noteFirstByte();
  }

  onFlow(): void {
    this.#host.onFlow();
  }

  onAnswered(close: boolean): void {
    this.#over(this.#status, undefined, close);
  }

  onFailed(refusal: Refusal, canRetry: boolean): void {
    if (canRetry && !this.#isRetried && this.#forwarding !== undefined) {
      this.#isRetried = true;
      this.#relay = undefined;
      this.#open(this.#forwarding);
    } else if (this.#status === 0) {
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

  onSwitched(rest: Buffer): void {
    if (this.#connection === undefined) return;
    this.#tunnel = new Tunnel(this.#connection, this.#head?.upgrade === WEBSOCKET, this);
    this.onProgress();
    this.#tunnel.start(rest);
    this.#host.onReady();
  }

  endDown(): void {
    this.#host.endDown();
  }

  onTunnelOver(refusal: Refusal | undefined): void {
    if (!this.#isOver) this.#over(this.#status, refusal, true);
  }

  #decided(decision: Decision<Note>): void {
    if (this.#isOver) return;
    this.#chronicle.noteDecision();
    this.#note = decision.note;
    if (!decision.ok) return this.refuse(decision.refusal);
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
    this.#connection = connection;
    this.#relay = new Relay(this.#head, { forwarding, connection }, this, this.#deps);
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
    this.#deps.rooms.onDone(
      this.#chronicle.recordOf(this.#head, {
        status,
        refusal,
        complete,
        retried: this.#isRetried,
        note: this.#note,
        upstreamPeer: this.#upstreamPeer,
        moved: this.#carrier,
      }),
    );
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
