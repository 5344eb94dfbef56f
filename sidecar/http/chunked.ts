/**
 * Decodes a chunked body: one to eight hex digits, CRLF, data, CRLF. Extensions refuse, however they are quoted: two
 * parsers end them in two places. Trailers are checked, bounded and dropped: a trailer never becomes a field
 * . Spec: RFC 9112 section 7.1.
 */
import type { BodyReader, BodyState } from './body-reader.ts';
import { CLASSES, CR, HEX, LF } from './bytes.ts';
import { readFields, type FieldRules } from './fields.ts';
import { HeadScanner } from './head-scan.ts';
import { Inbox } from './inbox.ts';

export interface TrailerLimits {
  readonly trailerBytes: number;
  readonly fields: number;
}

const MOST_DIGITS = 8;

const SIZE = 0;
const SIZE_LF = 1;
const DATA = 2;
const DATA_CR = 3;
const DATA_LF = 4;
const TRAILERS = 5;

const TRAILER_RULES: FieldRules = { guards: () => true, guarded: () => 'REQUEST_BODY', field: 'REQUEST_BODY' };

export class ChunkedReader implements BodyReader {
  state: BodyState = 'open';
  problem = '';

  #step = SIZE;
  #digits = 0;
  /** Size of the chunk while it is read, then what is left of its data. */
  #size = 0;
  readonly #limits: TrailerLimits;
  #trailers: { readonly scanner: HeadScanner; readonly inbox: Inbox } | undefined;

  constructor(limits: TrailerLimits) {
    this.#limits = limits;
  }

  read(bytes: Buffer, from: number, into: Buffer[]): number {
    let at = from;
    while (at < bytes.length && this.state === 'open') at = this.#take(bytes, at, into);
    return at;
  }

  #take(bytes: Buffer, at: number, into: Buffer[]): number {
    const byte = bytes[at] ?? 0;
    switch (this.#step) {
      case SIZE:
        return this.#takeSize(byte, at);
      case SIZE_LF:
        if (byte !== LF) return this.#break('a chunk size that does not end in CRLF', at);
        this.#step = this.#size === 0 ? TRAILERS : DATA;
        return at + 1;
      case DATA:
        return this.#takeData(bytes, at, into);
      case DATA_CR:
        if (byte !== CR) return this.#break('a chunk longer or shorter than its size', at);
        this.#step = DATA_LF;
        return at + 1;
      case DATA_LF:
        if (byte !== LF) return this.#break('a chunk that does not end in CRLF', at);
        this.#step = SIZE;
        this.#digits = 0;
        this.#size = 0;
        return at + 1;
      default:
        return this.#takeTrailers(bytes, at);
    }
  }

  #takeSize(byte: number, at: number): number {
    if (byte === CR && this.#digits > 0) {
      this.#step = SIZE_LF;
      return at + 1;
    }
    if (((CLASSES[byte] ?? 0) & HEX) === 0) return this.#break('a chunk size that is not plain hex', at);
    this.#digits += 1;
    if (this.#digits > MOST_DIGITS) return this.#break(`a chunk size of more than ${MOST_DIGITS} digits`, at);
    // Eight digits pass 2^31, so no bit operators here.
    this.#size = this.#size * 16 + Number.parseInt(String.fromCharCode(byte), 16);
    return at + 1;
  }

  #takeData(bytes: Buffer, at: number, into: Buffer[]): number {
    const end = Math.min(bytes.length, at + this.#size);
    into.push(bytes.subarray(at, end));
    this.#size -= end - at;
    if (this.#size === 0) this.#step = DATA_CR;
    return end;
  }

  #takeTrailers(bytes: Buffer, at: number): number {
    this.#trailers ??= {
      scanner: new HeadScanner({ headBytes: this.#limits.trailerBytes, fields: this.#limits.fields }, 'fields'),
      inbox: new Inbox(),
    };
    const { scanner, inbox } = this.#trailers;
    const before = inbox.length;
    // The last bytes of a body may be followed by a whole pipelined request: copy no more than a trailer may have.
    inbox.append(bytes.subarray(0, at + this.#limits.trailerBytes), at);
    const whole = inbox.bytes;
    const result = scanner.scan(whole, 0, whole.length);
    if (result === 'more') return bytes.length;
    if (result === 'refused') return this.#break(`in the trailers: ${scanner.detail}`, at);
    const read = readFields(whole.toString('latin1', 0, scanner.length), scanner.marks, TRAILER_RULES);
    if (!read.ok) return this.#break(`in the trailers: ${read.refusal.detail}`, at);
    this.state = 'done';
    return at + scanner.length - before;
  }

  #break(problem: string, at: number): number {
    this.state = 'broken';
    this.problem = problem;
    return at;
  }
}
