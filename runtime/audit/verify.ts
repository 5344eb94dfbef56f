/**
 * Checks the chain of an audit stream, line by line, and names the first that breaks it. Pure.
 * What it finds by itself: lines that were edited, removed, inserted or put in another order. What it cannot: lines
 * missing at the end, and a file written anew from some line on. For those it takes the end of the chain as somebody
 * else remembers it.
 */
import { digestOf, GENESIS, OPENED, parseLine, type AuditHead, type AuditLine } from './line.ts';

export interface Break {
  /** Counted from 1, over all lines that were taken. */
  readonly line: number;
  readonly reason: string;
}

export interface AuditVerdict {
  readonly lines: number;
  /** Of the last line; undefined where there is none. */
  readonly head: AuditHead | undefined;
  /** Torn lines that a later line answers for. */
  readonly repaired: number;
  readonly broken: Break | undefined;
}

export interface Verification {
  /** Takes the next line, without its line end, which is LF alone. `isExact`: its bytes are the UTF-8 of the text. */
  take(text: string, isExact?: boolean): void;
  /** The verdict on all that was taken. */
  end(): AuditVerdict;
}

/** A verification of one chain from its first line. `expected`: an end of the chain, remembered elsewhere, that must be
 *  in it with just this digest. */
export function createVerification(expected: AuditHead | undefined): Verification {
  return new Chain(expected);
}

class Chain implements Verification {
  readonly #expected: AuditHead | undefined;
  #last = GENESIS;
  #before = GENESIS;
  #lines = 0;
  #repaired = 0;
  #torn: string[] = [];
  #broken: Break | undefined;
  #suspect: { readonly line: number; readonly digest: string } | undefined;
  #isExpectedSeen: boolean;

  constructor(expected: AuditHead | undefined) {
    this.#expected = expected;
    this.#isExpectedSeen = expected === undefined;
  }

  take(text: string, isExact = true): void {
    this.#lines += 1;
    if (this.#broken !== undefined) return;
    // JSON takes a CR for a space, and what is no UTF-8 is read as something else: nothing that was written has either.
    const line = isExact && !text.includes('\r') ? parseLine(text) : undefined;
    if (this.#suspect !== undefined) this.#convict(this.#suspect, line);
    else if (line === undefined) this.#torn.push(text);
    else if (this.#torn.length > 0) this.#answer(line, text);
    else this.#follow(line, text);
  }

  end(): AuditVerdict {
    const head = this.#last === GENESIS ? undefined : this.#last;
    return { lines: this.#lines, head, repaired: this.#repaired, broken: this.#broken ?? this.#missing() };
  }

  /** What only the end shows. */
  #missing(): Break | undefined {
    if (this.#suspect !== undefined) return { line: this.#suspect.line - 1, reason: CHANGED };
    if (this.#torn.length > 0)
      return {
        line: this.#lines - this.#torn.length + 1,
        reason: 'it is no audit line: torn, or the work of somebody else',
      };
    if (this.#isExpectedSeen) return undefined;
    return { line: this.#lines + 1, reason: `it is missing: line ${this.#expected?.seq} of the chain was written` };
  }

  /** The line after the suspect says which of the two before it was changed. */
  #convict(suspect: { readonly line: number; readonly digest: string }, next: AuditLine | undefined): void {
    this.#broken = { line: next?.prev === suspect.digest ? suspect.line - 1 : suspect.line, reason: CHANGED };
  }

  #answer(line: AuditLine, text: string): void {
    if (!isAnswer(line, this.#torn.join('\n'), this.#last)) {
      const at = this.#lines - this.#torn.length;
      this.#broken = { line: at, reason: 'it is no audit line, and no later line answers for it' };
      return;
    }
    this.#repaired += 1;
    this.#torn = [];
    this.#advance(line, text);
  }

  #follow(line: AuditLine, text: string): void {
    const [last, before, at] = [this.#last, this.#before, this.#lines];
    const digest = digestOf(text);
    const follows = line.prev === last.digest;
    if (!follows && line.prev === before.digest && line.seq === last.seq && digest !== last.digest)
      this.#broken = { line: at - 1, reason: 'it was put in: the line after it does not know it' };
    else if (line.seq !== last.seq + 1)
      this.#broken = { line: at, reason: `its number is ${line.seq}, ${last.seq + 1} comes next${olderThan(last)}` };
    else if (!follows && last === GENESIS)
      this.#broken = { line: at, reason: 'the first line of a chain names a line before it' };
    else if (!follows) this.#suspect = { line: at, digest };
    else this.#advance(line, text);
  }

  #advance({ seq }: AuditLine, text: string): void {
    this.#before = this.#last;
    this.#last = { seq, digest: digestOf(text) };
    if (this.#expected?.seq !== seq) return;
    this.#isExpectedSeen = true;
    if (this.#expected.digest !== this.#last.digest)
      this.#broken = { line: this.#lines, reason: `line ${seq} of the chain is not the one that is remembered` };
  }
}

/** Most who see this gave only the newest file of a stream that goes on from another. */
const olderThan = (last: AuditHead): string => (last === GENESIS ? '; if an older file has it, give that first' : '');

const CHANGED = 'it was changed: its neighbour in the chain names another';

/** Whether the line answers for what a crash left torn before it. */
function isAnswer({ kind, facts, prev, seq }: AuditLine, torn: string, last: AuditHead): boolean {
  return (
    kind === OPENED &&
    facts['torn'] === Buffer.byteLength(torn) &&
    facts['after'] === last.digest &&
    prev === digestOf(torn) &&
    seq === last.seq + 1
  );
}
