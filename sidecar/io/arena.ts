/**
 * Memory for what is written in one turn of the loop and handed over at its end: one buffer, filled from the front and
 * used again. A buffer of its own for each small message would be what the garbage collector is busy with.
 */
const SIZE = 65_536;
/** Larger pieces get memory of their own. */
const PIECE_MOST = 16_384;

export class Arena {
  #buffer = Buffer.allocUnsafeSlow(SIZE);
  #used = 0;

  /** Room for `size` bytes, as a view. */
  take(size: number): Buffer {
    if (size > PIECE_MOST) return Buffer.allocUnsafeSlow(size);
    if (this.#used + size > SIZE) this.renew();
    const start = this.#used;
    this.#used += size;
    return this.#buffer.subarray(start, this.#used);
  }

  /** Everything was handed over: the memory can be used again. */
  reset(): void {
    this.#used = 0;
  }

  /** Some of it is still looked at by others: from now on there is another buffer. */
  renew(): void {
    this.#buffer = Buffer.allocUnsafeSlow(SIZE);
    this.#used = 0;
  }
}
