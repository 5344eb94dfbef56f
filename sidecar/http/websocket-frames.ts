/**
 * Where one WebSocket frame ends and the next begins, in one direction of a tunnel: the only place where a frame of ours
 * can go between. It reads the lengths and nothing else; what the frames say is between the two ends.
 * Spec: RFC 6455 section 5.2.
 */

/** 1001 `going away` (RFC 6455 section 7.4.1), as a server sends it. */
export const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9]);
/** The same as a client sends it; the mask hides nothing here, and is zero. */
export const GOING_AWAY_MASKED = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9]);

export class FrameCounter {
  /** Bytes of the payload that are still to come. */
  #payload = 0;
  /** Bytes of the header that were seen; its length is known from the second on. */
  #seen = 0;
  #header = 2;
  #length = 0;
  /** Where the extended length ends in the header. */
  #extension = 2;

  /** Whether the last byte was the end of a frame, or nothing has come yet. */
  get isBetween(): boolean {
    return this.#payload === 0 && this.#seen === 0;
  }

  /** Gives the offset behind the last frame that ends in `bytes`, or `from` where none does. */
  count(bytes: Buffer, from: number): number {
    let end = from;
    for (let at = from; at < bytes.length; ) {
      if (this.#payload > 0) {
        const step = Math.min(this.#payload, bytes.length - at);
        this.#payload -= step;
        at += step;
      } else {
        this.#takeHeader(bytes[at] ?? 0);
        at += 1;
      }
      if (this.isBetween) end = at;
    }
    return end;
  }

  #takeHeader(byte: number): void {
    this.#seen += 1;
    if (this.#seen === 2) {
      const short = byte & 0x7f;
      const extension = EXTENSIONS.get(short) ?? 0;
      this.#header = 2 + extension + (byte >= 0x80 ? 4 : 0);
      this.#length = extension === 0 ? short : 0;
      this.#extension = 2 + extension;
    } else if (this.#seen > 2 && this.#seen <= this.#extension) {
      // Up to 2^63: too large for a double is still too large to end.
      this.#length = this.#length * 256 + byte;
    }
    if (this.#seen < 2 || this.#seen < this.#header) return;
    this.#payload = this.#length;
    this.#seen = 0;
    this.#header = 2;
  }
}

const EXTENSIONS: ReadonlyMap<number, number> = new Map([
  [126, 2],
  [127, 8],
]);
