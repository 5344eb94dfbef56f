/**
 * Finds the end of a head, byte by byte, and marks where its parts are. It goes on where it stopped: no byte is looked
 * at twice, however the head is cut into packets. It knows line ends and byte classes, and judges no meaning.
 * Spec: RFC 9112 sections 2.2 and 5, without folding, bare CR or LF, and without white space where none is due.
 */
import { CLASSES, COLON, CR, LF, SPACE, TAB, TCHAR, VALUE } from './bytes.ts';

export interface ScanLimits {
  /** The whole head, final CRLF included. */
  readonly headBytes: number;
  /** The start line with its CRLF; without one the limit of the head holds. */
  readonly startLineBytes?: number;
  readonly fields: number;
}

/** Why a head is refused; `target` is a bad byte behind the first space of the start line. */
export type ScanProblem = 'malformed' | 'target' | 'line-too-long' | 'too-large' | 'too-many-fields';

/** A whole head with its start line, or only fields, as in the trailer section of a chunked body. */
export type ScanKind = 'head' | 'fields';

const START = 0;
const START_LF = 1;
const LINE_FIRST = 2;
const LINE = 3;
const LINE_LF = 4;
const FIELD_FIRST = 5;
const NAME = 6;
const VALUE_FIRST = 7;
const VALUE_REST = 8;
const VALUE_LF = 9;
const END_LF = 10;
const DONE = 11;
const BROKEN = 12;

export class HeadScanner {
  /** Offsets from the start of the head, four a field: name start, name end, value start, value end. */
  readonly marks: number[] = [];
  lineStart = 0;
  lineEnd = 0;
  /** Length of the head once it is complete; bytes looked at until then. */
  length = 0;
  problem: ScanProblem = 'malformed';
  /** What broke the rule, for the log. */
  detail = '';

  #state: number;
  #sawSpace = false;
  readonly #first: number;
  readonly #limits: ScanLimits;

  constructor(limits: ScanLimits, kind: ScanKind) {
    this.#limits = limits;
    this.#first = kind === 'head' ? START : FIELD_FIRST;
    this.#state = this.#first;
  }

  /** Ready for the next head. */
  reset(): void {
    this.marks.length = 0;
    this.lineStart = 0;
    this.lineEnd = 0;
    this.length = 0;
    this.#state = this.#first;
    this.#sawSpace = false;
  }

  /** Whether a byte of a head was seen that is not complete. */
  get isInside(): boolean {
    return this.length > 0 && this.#state !== DONE;
  }

  /**
   * Looks at what came since the last call. `start` is where the head begins in `bytes`, which holds all of it up to
   * `end`; buffer and start may differ from call to call. After `done` or `refused` only `reset` may follow.
   */
  scan(bytes: Buffer, start: number, end: number): 'more' | 'done' | 'refused' {
    // Cut at the limit first: the verdict must not depend on how many bytes came at once.
    const most = Math.min(end, start + this.#limits.headBytes);
    let at = start + this.length;
    while (at < most && this.#state < DONE) at = this.#step(bytes, start, at, most);
    this.length = at - start;
    if (this.#state === DONE) return 'done';
    if (this.#state === BROKEN) return 'refused';
    if (this.length < this.#limits.headBytes) return 'more';
    this.#break('too-large', `more than ${this.#limits.headBytes} bytes`);
    return 'refused';
  }

  /** Takes one byte, or a run of bytes of one class; gives the offset behind it. */
  #step(bytes: Buffer, start: number, from: number, most: number): number {
    const byte = bytes[from] ?? 0;
    switch (this.#state) {
      case START:
        // RFC 9112 section 2.2: one empty line before the request line is forgiven, a second one is not.
        if (byte === CR) return this.#go(START_LF, from);
        this.lineStart = from - start;
        return this.#startLine(bytes, start, from, most);
      case START_LF:
        if (byte !== LF) return this.#bad(from, 'CR without LF');
        return this.#go(LINE_FIRST, from);
      case LINE_FIRST:
        this.lineStart = from - start;
        return this.#startLine(bytes, start, from, most);
      case LINE:
        return this.#startLine(bytes, start, from, most);
      case LINE_LF:
        if (byte !== LF) return this.#bad(from, 'CR without LF');
        return this.#go(FIELD_FIRST, from);
      case FIELD_FIRST:
        if (byte === CR) return this.#go(END_LF, from);
        return this.#fieldStart(start, from, byte);
      case NAME:
        return this.#name(bytes, start, from, most);
      case VALUE_FIRST:
        if (byte === SPACE || byte === TAB) return from + 1;
        this.marks.push(from - start);
        return this.#go(VALUE_REST, from - 1);
      case VALUE_REST:
        return this.#value(bytes, start, from, most);
      case VALUE_LF:
        if (byte !== LF) return this.#bad(from, 'CR without LF');
        return this.#go(FIELD_FIRST, from);
      default:
        if (byte !== LF) return this.#bad(from, 'CR without LF');
        return this.#go(DONE, from);
    }
  }

  #startLine(bytes: Buffer, start: number, from: number, most: number): number {
    const lineMost = start + this.lineStart + (this.#limits.startLineBytes ?? this.#limits.headBytes);
    const stop = Math.min(most, lineMost);
    this.#state = LINE;
    let at = from;
    for (; at < stop; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === SPACE) {
        this.#sawSpace = true;
      } else if (byte === CR) {
        this.lineEnd = at - start;
        if (this.lineEnd === this.lineStart) return this.#bad(at, 'empty start line');
        if (at + 1 < lineMost) return this.#go(LINE_LF, at);
        return this.#tooLong(at);
      } else if (byte === TAB || ((CLASSES[byte] ?? 0) & VALUE) === 0) {
        return this.#badLineByte(at, byte);
      }
    }
    return at === lineMost ? this.#tooLong(at) : at;
  }

  #fieldStart(start: number, from: number, byte: number): number {
    if (this.marks.length >= this.#limits.fields * 4) {
      return this.#break('too-many-fields', `more than ${this.#limits.fields} fields`, from);
    }
    // White space here would be a folded line, or a field hidden behind the request line.
    if (((CLASSES[byte] ?? 0) & TCHAR) === 0) return this.#bad(from, 'a line that begins with no name', byte);
    this.marks.push(from - start);
    return this.#go(NAME, from);
  }

  #name(bytes: Buffer, start: number, from: number, most: number): number {
    let at = from;
    while (at < most && ((CLASSES[bytes[at] ?? 0] ?? 0) & TCHAR) !== 0) at += 1;
    if (at === most) return at;
    const byte = bytes[at] ?? 0;
    if (byte !== COLON) return this.#bad(at, 'a field name', byte);
    this.marks.push(at - start);
    return this.#go(VALUE_FIRST, at);
  }

  #value(bytes: Buffer, start: number, from: number, most: number): number {
    let at = from;
    while (at < most && ((CLASSES[bytes[at] ?? 0] ?? 0) & VALUE) !== 0) at += 1;
    if (at === most) return at;
    const byte = bytes[at] ?? 0;
    if (byte !== CR) return this.#bad(at, 'a field value', byte);
    const first = start + (this.marks.at(-1) ?? 0);
    let last = at;
    while (last > first && (bytes[last - 1] === SPACE || bytes[last - 1] === TAB)) last -= 1;
    this.marks.push(last - start);
    return this.#go(VALUE_LF, at);
  }

  #go(state: number, at: number): number {
    this.#state = state;
    return at + 1;
  }

  #tooLong(at: number): number {
    return this.#break('line-too-long', `more than ${this.#limits.startLineBytes ?? this.#limits.headBytes} bytes`, at);
  }

  #badLineByte(at: number, byte: number): number {
    const problem = this.#sawSpace && byte !== LF && byte !== CR ? 'target' : 'malformed';
    return this.#break(problem, `byte 0x${byte.toString(16).padStart(2, '0')} in the start line`, at);
  }

  #bad(at: number, where: string, byte?: number): number {
    const found = byte === undefined ? where : `byte 0x${byte.toString(16).padStart(2, '0')} in ${where}`;
    return this.#break('malformed', found, at);
  }

  #break(problem: ScanProblem, detail: string, at = 0): number {
    this.#state = BROKEN;
    this.problem = problem;
    this.detail = detail;
    return at;
  }
}
