/**
 * What follows a status 101: bytes of a protocol that is not ours, in both directions, held back when the other side is
 * slow. It reads none of them, but for the lengths of WebSocket frames: a tunnel that has to end says so between two.
 * Spec: RFC 9110 section 7.8, RFC 6455 sections 5.2 and 7.4.1.
 */
import type { Refusal } from '../../core/fault/refusal.ts';
import { FrameCounter, GOING_AWAY, GOING_AWAY_MASKED } from '../http/websocket-frames.ts';
import type { ByteSink } from '../io/port.ts';
import type { Carrier } from './carrier.ts';
import type { UpstreamConnection } from './upstream.ts';

/** The client's side, as the tunnel sees it. */
export interface TunnelClient {
  /** False: no more until `onClientDrain`. */
  send(bytes: Buffer): boolean;
  /** The app has ended its half: the client is told, and may go on. */
  endDown(): void;
  onProgress(): void;
  /** `isUpstreamBlocked` changed. */
  onFlow(): void;
  /** Both directions are done with. `refusal`: why it was ended, undefined where the two ended it themselves. */
  onTunnelOver(refusal: Refusal | undefined): void;
}

export class Tunnel implements ByteSink, Carrier {
  readonly wantsBody = true;
  bytesIn = 0;
  bytesOut = 0;
  isUpstreamBlocked = false;
  readonly #upstream: UpstreamConnection;
  readonly #client: TunnelClient;
  /** Of each direction; undefined where it is no WebSocket. */
  readonly #up: FrameCounter | undefined;
  readonly #down: FrameCounter | undefined;
  #hasClientEnded = false;
  #hasUpstreamEnded = false;
  #isEnding = false;
  #reason: Refusal | undefined;
  #isOver = false;

  constructor(upstream: UpstreamConnection, isWebSocket: boolean, client: TunnelClient) {
    this.#upstream = upstream;
    this.#client = client;
    this.#up = isWebSocket ? new FrameCounter() : undefined;
    this.#down = isWebSocket ? new FrameCounter() : undefined;
  }

  /** It has been told to end, and waits for the end of a frame. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** `rest`: what the app has said already. */
  start(rest: Buffer): void {
    this.#upstream.stream.attach(this);
    if (rest.length > 0) this.onBytes(rest);
  }

  feed(bytes: Buffer, from: number): number {
    if (this.#isOver || this.#isEnding) return bytes.length;
    const part = from === 0 ? bytes : bytes.subarray(from);
    this.bytesIn += part.length;
    this.#up?.count(part, 0);
    this.#client.onProgress();
    this.#sendUp(part);
    return bytes.length;
  }

  onClientDrain(): void {
    if (!this.#isOver) this.#upstream.stream.resume();
  }

  onClientEnd(): void {
    if (this.#hasClientEnded || this.#isOver) return;
    this.#hasClientEnded = true;
    if (this.#hasUpstreamEnded) this.#over(this.#reason);
    else this.#upstream.stream.end();
  }

  /** Ends it: a WebSocket as soon as a frame of ours can go to the client, anything else at once. */
  end(reason: Refusal | undefined): void {
    if (this.#isOver || this.#isEnding) return;
    this.#reason = reason;
    this.#isEnding = true;
    if (this.#down?.isBetween !== false) this.#goAway();
  }

  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#upstream.discard();
  }

  onBytes(bytes: Buffer): void {
    if (this.#isOver) return;
    this.#client.onProgress();
    const end = this.#down?.count(bytes, 0) ?? bytes.length;
    const isLast = this.#isEnding && end > 0;
    this.#sendDown(isLast ? bytes.subarray(0, end) : bytes);
    if (isLast) this.#goAway();
  }

  onDrain(): void {
    if (this.#isOver) return;
    this.isUpstreamBlocked = false;
    this.#client.onProgress();
    this.#client.onFlow();
  }

  onEnd(): void {
    if (this.#isOver) return;
    this.#hasUpstreamEnded = true;
    if (this.#hasClientEnded || this.#isEnding) this.#over(this.#reason);
    else this.#client.endDown();
  }

  onClose(): void {
    this.#over(this.#reason);
  }

  #goAway(): void {
    if (this.#down !== undefined) this.#client.send(GOING_AWAY);
    if (this.#up?.isBetween === true && !this.#hasClientEnded) this.#upstream.stream.write(GOING_AWAY_MASKED);
    this.#over(this.#reason);
  }

  #over(reason: Refusal | undefined): void {
    if (this.#isOver) return;
    this.abort();
    this.#client.onTunnelOver(reason);
  }

  #sendUp(bytes: Buffer): void {
    if (this.#upstream.stream.write(bytes)) return;
    this.isUpstreamBlocked = true;
    this.#client.onFlow();
  }

  #sendDown(bytes: Buffer): void {
    this.bytesOut += bytes.length;
    if (!this.#client.send(bytes)) this.#upstream.stream.pause();
  }
}
