/**
 * A secret in memory: a password, the text of a key. It cannot be logged, serialised or shown by mistake, and is compared
 * in constant time only (a house test allows no other compare). It never outlives the call that needs it: nothing keeps one.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { inspect } from 'node:util';

export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself, for whoever hashes it or hands it to its owner. */
  reveal(): string {
    return this.#text;
  }

  /** SHA-256 of its UTF-8 bytes. */
  digest(): Buffer {
    return createHash('sha256').update(this.#text, 'utf8').digest();
  }

  /** Takes the same time for any two secrets of the same lengths. */
  equals(other: Secret): boolean {
    return timingSafeEqual(this.digest(), other.digest());
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}

const SHOWN = '<secret>';
