/**
 * Bytes that were read and not yet used, in one contiguous buffer, so that a head is always whole. It holds memory only
 * while it holds bytes: an idle connection costs nothing.
 */
const FIRST_SIZE = 2_048;
const EMPTY = Buffer.alloc(0);

export class Inbox {
  #buffer: Buffer = EMPTY;
  #start = 0;
  #end = 0;

  /** What it holds, as a view that stays good after later calls. */
  get bytes(): Buffer {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  get length(): number {
    return this.#end - this.#start;
  }

  /** Copies `bytes` from offset `from` on. The caller bounds how much it appends. */
  append(bytes: Buffer, from: number): void {
    const more = bytes.length - from;
    if (more <= 0) return;
    if (this.#end + more > this.#buffer.length) this.#makeRoom(more);
    bytes.copy(this.#buffer, this.#end, from);
    this.#end += more;
  }

  /** The first `count` bytes were used. */
  consume(count: number): void {
    this.#start += count;
    if (this.#start < this.#end) return;
    this.#buffer = EMPTY;
    this.#start = 0;
    this.#end = 0;
  }

  /** A fresh buffer each time: slices of the old one may still wait in a socket's queue. */
  #makeRoom(more: number): void {
    let size = FIRST_SIZE;
    while (size < this.length + more) size *= 2;
    const next = Buffer.allocUnsafeSlow(size);
    this.#buffer.copy(next, 0, this.#start, this.#end);
    this.#end = this.length;
    this.#start = 0;
    this.#buffer = next;
  }
}
