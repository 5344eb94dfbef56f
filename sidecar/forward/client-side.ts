/**
 * The client's stream as an exchange needs it: what was read and not yet used, whether it takes and gives bytes, and how
 * it ends. It knows nothing of requests.
 */
import { Inbox } from '../http/inbox.ts';
import type { ByteStream } from '../io/port.ts';

export interface ClientLimits {
  /** Unused bytes from which on the client is not read. */
  readonly pipelinedBytes: number;
  /** Bytes thrown away while the last answer is on its way. */
  readonly lingerBytes: number;
}

export class ClientSide {
  readonly inbox = new Inbox();
  /** It takes no more for now. */
  isBlocked = false;
  /** It ended its half: no byte follows. */
  hasEnded = false;
  readonly #stream: ByteStream;
  readonly #limits: ClientLimits;
  #isPaused = false;
  #isLingering = false;
  #swallowed = 0;

  constructor(stream: ByteStream, limits: ClientLimits) {
    this.#stream = stream;
    this.#limits = limits;
  }

  send(bytes: Buffer): boolean {
    return this.#isTaken(this.#stream.write(bytes));
  }

  sendText(text: string, body?: Buffer): boolean {
    return this.#isTaken(this.#stream.writeText(text, body));
  }

  #isTaken(mayGoOn: boolean): boolean {
    if (!mayGoOn) this.isBlocked = true;
    return mayGoOn;
  }

  /** Stops or resumes reading. `isHeldUp`: the app does not take what the client sends. */
  flow(isHeldUp: boolean): void {
    const mustPause = !this.#isLingering && (isHeldUp || this.inbox.length >= this.#limits.pipelinedBytes);
    if (mustPause === this.#isPaused) return;
    this.#isPaused = mustPause;
    if (mustPause) this.#stream.pause();
    else this.#stream.resume();
  }

  /** Ends our half, and goes on reading as before. */
  endDown(): void {
    this.#stream.end();
  }

  /** Ends our half and goes on reading a little: a reset would take the answer from the client (RFC 9112 section 9.6). */
  linger(): void {
    this.#isLingering = true;
    this.inbox.consume(this.inbox.length);
    this.#stream.end();
    this.flow(false);
  }

  /** Throws away what comes while it lingers. */
  swallow(count: number): void {
    this.#swallowed += count;
    if (this.#swallowed > this.#limits.lingerBytes) this.cut();
  }

  cut(): void {
    this.#stream.destroy();
  }
}
