/**
 * A strict reader of DER (X.690 section 10 and 11). What has two spellings is refused in all but one: definite minimal
 * lengths, minimal INTEGERs, BOOLEAN 00 or FF, padding bits zero, canonical OIDs, SET OF in order, no byte left over.
 * Never decides what a structure means, never forgives, never goes deeper than 16.
 */
import type { Code } from '../fault/catalog.ts';
import { refuse, type Outcome } from '../fault/refusal.ts';
import { asciiOf, bitsOf, booleanOf, checkOid, DerError, integerOf, utf8Of } from './der-value.ts';

/** The tags that X.509 and PKCS#10 need. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One element. The buffers are views of the input, made when they are asked for: most elements are only stepped over. */
export class DerElement {
  readonly tag: number;
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #body: number;
  readonly #end: number;

  constructor(bytes: Buffer, place: { readonly start: number; readonly body: number; readonly end: number }) {
    this.tag = bytes[place.start] ?? 0;
    this.#bytes = bytes;
    this.#start = place.start;
    this.#body = place.body;
    this.#end = place.end;
  }

  get content(): Buffer {
    return this.#bytes.subarray(this.#body, this.#end);
  }

  /** Tag and length included. */
  get der(): Buffer {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  /** A reader of what is inside. */
  inside(): DerReader {
    return new DerReader(this.#bytes, this.#body, this.#end);
  }
}

const MOST_DEPTH = 16;

/** Gives what `read` makes of the one element in `bytes`, of which it gets a copy: network buffers are used again. Refuses with `code`: more than `most` bytes, anything that is not
 *  strict DER down to the last leaf, and what `read` throws a `DerError` for. Cost: one walk of all bytes before `read`. */
export function readDer<T>(
  bytes: Buffer,
  limits: { readonly code: Code; readonly most: number },
  read: (top: DerReader, der: Buffer) => Outcome<T>,
): Outcome<T> {
  if (bytes.length > limits.most) return refuse(limits.code, `${bytes.length} bytes, at most ${limits.most}`);
  const der = Buffer.from(bytes);
  try {
    return read(openDer(der), der);
  } catch (thrown) {
    if (thrown instanceof DerError) return refuse(limits.code, thrown.message);
    throw thrown;
  }
}

/** Gives a reader before the one element in `bytes`, once all of it is strict DER. Throws a `DerError`: call it inside of `readDer`. */
export function openDer(bytes: Buffer): DerReader {
  const walk = new DerReader(bytes);
  check(walk.next(), 1);
  walk.end();
  return new DerReader(bytes);
}

/** Reads elements one after another. Each method throws a `DerError` when the bytes are not what it wants. */
export class DerReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  /** True if the next element has this tag. */
  has(tag: number): boolean {
    return this.#at < this.#end && this.#bytes[this.#at] === tag;
  }

  hasMore(): boolean {
    return this.#at < this.#end;
  }

  /** Gives the next element; with a tag, only one of that tag. */
  next(tag?: number): DerElement {
    const start = this.#at;
    const found = this.#byte();
    if (tag !== undefined && found !== tag) throw new DerError(`tag ${hex(found)} where ${hex(tag)} belongs`);
    // Tag number 31 announces a longer tag, 00 an end of contents: neither occurs in X.509.
    if ((found & 0x1f) === 0x1f || found === 0) throw new DerError(`tag ${hex(found)} is not supported`);
    const length = this.#length();
    if (length > this.#end - this.#at) throw new DerError('length reaches past the end');
    const body = this.#at;
    this.#at += length;
    return new DerElement(this.#bytes, { start, body, end: this.#at });
  }

  /** Gives a reader of what is inside the next element. */
  enter(tag: number): DerReader {
    return this.next(tag).inside();
  }

  /** Throws if anything is left. */
  end(): void {
    if (this.hasMore()) throw new DerError('bytes left over');
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined || this.#at >= this.#end) throw new DerError('ends too early');
    this.#at += 1;
    return byte;
  }

  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    // Three bytes of length are 16 MiB, over every limit of ours; 80 is the indefinite form.
    if (first === 0x80 || first > 0x83) throw new DerError('length is indefinite or too long');
    let length = 0;
    for (let count = first & 0x7f; count > 0; count -= 1) length = length * 256 + this.#byte();
    if (length < 0x80 || length < 256 ** ((first & 0x7f) - 1)) throw new DerError('length is not minimal');
    return length;
  }
}

const CONSTRUCTED = 0x20;
const UNIVERSAL_END = 0x40;

/** Throws unless the element and all inside of it is strict DER. */
function check(element: DerElement, depth: number): void {
  const { tag } = element;
  if (depth > MOST_DEPTH) throw new DerError(`nested deeper than ${MOST_DEPTH}`);
  if ((tag & CONSTRUCTED) !== 0) {
    if (tag < UNIVERSAL_END && tag !== TAG.sequence && tag !== TAG.set)
      throw new DerError(`tag ${hex(tag)} in constructed form`);
    checkChildren(element, depth);
    return;
  }
  if ((tag | CONSTRUCTED) === TAG.sequence || (tag | CONSTRUCTED) === TAG.set)
    throw new DerError('SEQUENCE or SET in primitive form');
  PRIMITIVES.get(tag)?.(element.content);
}

function checkChildren(parent: DerElement, depth: number): void {
  const reader = parent.inside();
  let before: DerElement | undefined;
  while (reader.hasMore()) {
    const child = reader.next();
    check(child, depth + 1);
    if (parent.tag === TAG.set && before !== undefined && Buffer.compare(before.der, child.der) > 0)
      throw new DerError('SET OF out of order');
    before = child;
  }
}

const PRIMITIVES: ReadonlyMap<number, (content: Buffer) => unknown> = new Map<number, (content: Buffer) => unknown>([
  [TAG.boolean, booleanOf],
  [TAG.integer, integerOf],
  [TAG.bitString, bitsOf],
  [TAG.null, nullOf],
  [TAG.oid, checkOid],
  [TAG.utf8String, utf8Of],
  [TAG.printableString, asciiOf],
  [TAG.ia5String, asciiOf],
]);

function nullOf(content: Buffer): void {
  if (content.length > 0) throw new DerError('NULL with content');
}

function hex(tag: number): string {
  return tag.toString(16).padStart(2, '0');
}
