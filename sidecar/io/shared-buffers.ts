/** Memory that all raw streams of one loop share: what it holds is used up within the call, or copied. */

/** A usual large piece of a body, four records of TLS, with the head before it in one read. */
const READ_SIZE = 81_920;
/** Text with a body from this size on is worth a write of its own, before the turn ends. */
const JOINED_LEAST = 8_192;
/** Longer views are made anew: they are few, for each is a lot of bytes. */
const VIEW_MOST = 4096;

export class SharedBuffers {
  /** What every handle reads into. */
  readonly read: Buffer = Buffer.allocUnsafeSlow(READ_SIZE);
  readonly #joined: Buffer = Buffer.allocUnsafeSlow(READ_SIZE + JOINED_LEAST);
  /** Views of the beginning of `read`, by their length: messages are often as long as the one before. */
  readonly #views: Buffer[] = [];

  /** The first `length` bytes that were read. */
  view(length: number): Buffer {
    if (length > VIEW_MOST) return this.read.subarray(0, length);
    return (this.#views[length] ??= this.read.subarray(0, length));
  }

  /** Whether these bytes are gone with the next read. */
  isRead(bytes: Buffer): boolean {
    return bytes.buffer === this.read.buffer;
  }

  /** Text (latin1) and body in one piece, for a write that is over within the call; undefined where that does not pay, or does not fit. */
  join(text: string, body: Buffer | undefined): Buffer | undefined {
    const size = text.length + (body?.length ?? 0);
    if (size < JOINED_LEAST || size > this.#joined.length) return undefined;
    this.#joined.write(text, 0, 'latin1');
    body?.copy(this.#joined, text.length);
    return this.#joined.subarray(0, size);
  }
}
