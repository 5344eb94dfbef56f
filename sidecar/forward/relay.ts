/**
 * One admitted request on one upstream connection: its body goes up, the answer comes down, both framed anew and both
 * held back when the other side is slow. It judges nothing but framing; after any doubt the upstream connection is gone.
 * Spec: RFC 9112 sections 6 to 9; DESIGN section 6.
 * limit: both directions of one exchange, which share every doubt about its framing.
 */
import type { Code } from '../../core/fault/catalog.ts';
import type { Refusal } from '../../core/fault/refusal.ts';
import { createBodyReader, encodeBody, sizeOf } from '../http/body.ts';
import type { BodyReader } from '../http/body-reader.ts';
import type { HeadScanner } from '../http/head-scan.ts';
import { Inbox } from '../http/inbox.ts';
import type { HttpLimits, TimeLimits } from '../http/limits.ts';
import { isSafe } from '../http/parse-request.ts';
import { parseResponse } from '../http/parse-response.ts';
import type { NameTable } from '../http/protected-names.ts';
import type { RequestHead } from '../http/request.ts';
import { isEventStream, type ResponseFraming, type ResponseHead } from '../http/response.ts';
import { askedUpgrade } from '../http/upgrade.ts';
import type { ByteSink } from '../io/port.ts';
import type { Carrier } from './carrier.ts';
import type { RelayProgress } from './due.ts';
import type { Forwarding, SecondTry } from './forwarding.ts';
import { clientFraming, SWITCHING, writeResponseHead } from './response-writer.ts';
import type { UpstreamConnection } from './upstream.ts';

/** The client's side, as the relay sees it. */
export interface RelayClient {
  /** False: no more until `onClientDrain`. */
  send(bytes: Buffer): boolean;
  /** The same, of latin1 with bytes behind it. */
  sendText(text: string, body?: Buffer): boolean;
  /** Whether the answer must announce the end of the connection. */
  mustClose(): boolean;
  /** Something moved: the waits begin anew. */
  onProgress(): void;
  /** The head of the answer is about to be sent. */
  onHead(): void;
  /** `isUpstreamBlocked` changed: the flow of the request body has to stop, or may go on. */
  onFlow(): void;
  onAnswered(close: boolean): void;
  /** `canRetry`: the app had closed the pooled connection, and nothing can have happened there. */
  onFailed(refusal: Refusal, canRetry: boolean): void;
  /** Whether the request may be sent once more: it was sent once so far. */
  maySendAgain(): boolean;
  /** In the place of the answer, of which the client has seen nothing. */
  onSecondTry(again: SecondTry): void;
  /** The app has switched to the protocol that was asked for, and the client has been told. `rest` is what it has said in it. */
  onSwitched(rest: Buffer): void;
}

/** What the relays of one connection share, one after the other. */
export interface RelayTools {
  readonly limits: HttpLimits;
  /** For the heads of answers. */
  readonly scanner: HeadScanner;
  readonly names?: NameTable | undefined;
}

export class Relay implements ByteSink, Carrier, RelayProgress {
  /** Of the head that was sent to the client; 0 until then. */
  status = 0;
  bytesIn = 0;
  bytesOut = 0;
  isUpstreamBlocked = false;

  readonly #request: RequestHead;
  readonly #forwarding: Forwarding;
  readonly #upstream: UpstreamConnection;
  readonly #client: RelayClient;
  readonly #limits: HttpLimits;
  readonly #requestBody: BodyReader;
  readonly #scanner: HeadScanner;
  readonly #names: NameTable | undefined;
  readonly #inbox = new Inbox();
  #answer: ResponseHead | undefined;
  #answerBody: BodyReader | undefined;
  #answerKind: ResponseFraming['kind'] = 'none';
  #interim = 0;
  #close = false;
  /** All of the request had been read when the answer began. */
  #wasWhole = false;
  #isClientBlocked = false;
  #sawByte = false;
  /** Some of the request body is gone: nobody can send it again. */
  #hasBodyBegun = false;
  #isOver = false;

  constructor(
    request: RequestHead,
    to: { readonly forwarding: Forwarding; readonly connection: UpstreamConnection },
    client: RelayClient,
    { limits, scanner, names }: RelayTools,
  ) {
    this.#request = request;
    this.#forwarding = to.forwarding;
    this.#upstream = to.connection;
    this.#client = client;
    this.#limits = limits;
    this.#requestBody = createBodyReader(request.framing, limits);
    this.#scanner = scanner;
    this.#names = names;
    scanner.reset();
  }

  get isEventStream(): boolean {
    return this.#answer !== undefined && isEventStream(this.#answer);
  }

  get wantsBody(): boolean {
    return !this.isRequestDone;
  }

  /** All of the request has been read. */
  get isRequestDone(): boolean {
    return this.#requestBody.state === 'done';
  }

  /** Sends the head; the body follows by `feed`. */
  start(): void {
    this.#upstream.stream.attach(this);
    this.#heldUp(this.#upstream.stream.writeText(this.#forwarding.head));
  }

  feed(bytes: Buffer, from: number): number {
    const data: Buffer[] = [];
    this.#hasBodyBegun = true;
    const end = this.#requestBody.read(bytes, from, data);
    if (this.#requestBody.state === 'broken') {
      this.fail('REQUEST_BODY', this.#requestBody.problem);
      return end;
    }
    this.bytesIn += sizeOf(data);
    if (this.bytesIn > (this.#limits.bodyBytes ?? Number.POSITIVE_INFINITY)) {
      this.fail('REQUEST_BODY_TOO_LARGE', `more than ${this.#limits.bodyBytes} bytes`);
      return end;
    }
    const encoded = encodeBody(this.#request.framing.kind, data, this.isRequestDone);
    if (encoded !== undefined) this.#sendUp(encoded);
    this.#client.onProgress();
    return end;
  }

  onClientDrain(): void {
    this.#isClientBlocked = false;
    if (!this.#isOver) this.#upstream.stream.resume();
  }

  onClientEnd(): void {
    if (this.wantsBody) this.fail('REQUEST_BODY', 'the client ended inside the body');
  }

  /** Whose fault it is that nothing moved for `idle` milliseconds; undefined while that is still in order. */
  overdue(idle: number, times: TimeLimits): Code | undefined {
    if (this.#isClientBlocked) return idle > times.bodyIdle ? 'LIMIT_TIMEOUT' : undefined;
    if (this.#answer !== undefined) return idle > times.responseIdle ? 'UPSTREAM_TIMEOUT' : undefined;
    if (this.isRequestDone || this.isUpstreamBlocked) return idle > times.firstByte ? 'UPSTREAM_TIMEOUT' : undefined;
    return idle > times.bodyIdle ? 'LIMIT_TIMEOUT' : undefined;
  }

  /** Gives up: the upstream connection is dropped, and the client's side decides what the client hears. */
  fail(code: Code, detail: string): void {
    if (this.#isOver) return;
    const { isFresh } = this.#upstream;
    this.abort();
    const isHarmless = isSafe(this.#request.method) && this.#request.framing.kind === 'none';
    const canRetry = code === 'UPSTREAM_RESPONSE' && !isFresh && !this.#sawByte && isHarmless;
    this.#client.onFailed({ code, detail }, canRetry);
  }

  /** The client is gone: so is the upstream connection, whatever it was about to say. */
  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#upstream.discard();
  }

  onBytes(bytes: Buffer): void {
    if (this.#isOver) return;
    this.#sawByte = true;
    this.#client.onProgress();
    if (this.#answerBody !== undefined) {
      this.#passDown(bytes, 0, undefined);
      return;
    }
    let all = bytes;
    if (this.#inbox.length > 0) {
      this.#inbox.append(bytes, 0);
      all = this.#inbox.bytes;
      this.#inbox.consume(all.length);
    }
    const used = this.#readHeads(all);
    if (!this.#isOver && this.#answerBody === undefined) this.#inbox.append(all, used);
  }

  onDrain(): void {
    if (this.#isOver) return;
    this.isUpstreamBlocked = false;
    this.#client.onProgress();
    this.#client.onFlow();
  }

  onEnd(): void {
    if (this.#isOver) return;
    if (this.#answer?.framing.kind !== 'close') {
      this.fail('UPSTREAM_RESPONSE', this.#answer === undefined ? 'ended without an answer' : 'ended inside the body');
      return;
    }
    const last = encodeBody(this.#answerKind, [], true);
    if (last !== undefined) this.#client.send(last);
    this.#finish(false);
  }

  onClose(failure: Error | undefined): void {
    this.fail('UPSTREAM_RESPONSE', failure === undefined ? 'closed' : failure.message);
  }

  /** Gives the offset behind the heads that were complete; the final one takes all that follows it. */
  #readHeads(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length && !this.#isOver && this.#answerBody === undefined) {
      const result = this.#scanner.scan(bytes, at, bytes.length);
      if (result === 'more') return at;
      if (result === 'refused') {
        this.fail('UPSTREAM_RESPONSE', this.#scanner.detail);
        return at;
      }
      const { method } = this.#request;
      const { closeDelimited } = this.#forwarding.upstream;
      const upgrade = askedUpgrade(this.#request);
      const head = parseResponse(bytes, at, this.#scanner, { method, closeDelimited, upgrade, names: this.#names });
      at += this.#scanner.length;
      this.#scanner.reset();
      if (!head.ok) this.fail(head.refusal.code, head.refusal.detail);
      else if (head.value.status === SWITCHING) this.#switch(head.value, bytes.subarray(at));
      else if (head.value.status < 200) this.#passInterim(head.value);
      else if (!this.#isSentAgain(head.value)) this.#begin(head.value, bytes, at);
    }
    return at;
  }

  #passInterim(head: ResponseHead): void {
    this.#interim += 1;
    if (this.#interim > this.#limits.interimResponses) {
      this.fail('UPSTREAM_RESPONSE', `more than ${this.#limits.interimResponses} interim responses`);
      return;
    }
    // The client that waited for 100 has had it from us, after the permit.
    if (head.status !== 100) this.#heldDown(this.#client.sendText(writeResponseHead(head, false)));
  }

  #switch(head: ResponseHead, rest: Buffer): void {
    this.#isOver = true;
    this.#answer = head;
    this.#noteHead();
    this.#client.sendText(writeResponseHead(head, false));
    this.#client.onSwitched(rest);
  }

  /** The answer is thrown away, and its connection with it, where a second try can do better (A-606: never after a byte
   *  that the client has seen, never with half a body). */
  #isSentAgain(head: ResponseHead): boolean {
    const again = this.#forwarding.review?.(head);
    if (again === undefined || this.#hasBodyBegun || this.#interim > 0 || !this.#client.maySendAgain()) return false;
    this.abort();
    this.#client.onSecondTry(again);
    return true;
  }

  #begin(head: ResponseHead, bytes: Buffer, from: number): void {
    this.#answer = head;
    this.#answerBody = createBodyReader(head.framing, this.#limits);
    this.#answerKind = clientFraming(head).kind;
    // An answer before the end of the request leaves it open how much of the rest the app reads: nothing follows it, on
    // either side.
    this.#wasWhole = this.isRequestDone;
    this.#close = this.#client.mustClose() || !this.#wasWhole;
    this.#passDown(bytes, from, writeResponseHead(head, this.#close, this.#forwarding.answerFields));
  }

  /** Head and first part of the body leave in one write. */
  #passDown(bytes: Buffer, from: number, head: string | undefined): void {
    const body = this.#answerBody;
    if (body === undefined) return;
    const data: Buffer[] = [];
    const end = body.read(bytes, from, data);
    if (body.state !== 'broken') {
      this.bytesOut += sizeOf(data);
      if (head !== undefined) this.#noteHead();
      this.#sendDown(data, body.state === 'done', head);
    }
    if (body.state === 'broken') this.fail('UPSTREAM_RESPONSE', body.problem);
    else if (body.state === 'done') this.#finish(end < bytes.length);
  }

  #noteHead(): void {
    this.status = this.#answer?.status ?? 0;
    this.#client.onHead();
  }

  #finish(hasSurplus: boolean): void {
    this.#isOver = true;
    if (hasSurplus) this.#forwarding.upstream.noteDesync('bytes behind the end of an answer');
    const isClean = !hasSurplus && this.#wasWhole && this.#upstream.stream.buffered === 0;
    if (isClean && this.#answer?.keepAlive === true) this.#upstream.release();
    else this.#upstream.discard();
    this.#client.onAnswered(this.#close);
  }

  #sendUp(bytes: Buffer): void {
    this.#heldUp(this.#upstream.stream.write(bytes));
  }

  #heldUp(mayGoOn: boolean): void {
    if (mayGoOn) return;
    this.isUpstreamBlocked = true;
    this.#client.onFlow();
  }

  #sendDown(data: readonly Buffer[], isLast: boolean, head: string | undefined): void {
    const isPlain = this.#answerKind !== 'chunked' && data.length <= 1;
    if (head !== undefined && isPlain) {
      this.#heldDown(this.#client.sendText(head, data[0]));
      return;
    }
    const bytes = encodeBody(this.#answerKind, data, isLast, head);
    if (bytes !== undefined) this.#heldDown(this.#client.send(bytes));
  }

  #heldDown(mayGoOn: boolean): void {
    if (mayGoOn) return;
    this.#isClientBlocked = true;
    this.#upstream.stream.pause();
  }
}
