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
  /** Takes the next line, without its line end. */
  take(text: string): void;
  /** The verdict on all that was taken. */
  end(): AuditVerdict;
}

/** A verification of one chain from its first line. `expected`: an end of the chain, remembered elsewhere, that must be
 *  in it with just this digest. */
export function createVerification(expected: AuditHead | undefined): Verification {
  let heads = { last: GENESIS, before: GENESIS };
  let lines = 0;
  let repaired = 0;
  let torn: string[] = [];
  let broken: Break | undefined;
  let suspect: { readonly line: number; readonly head: AuditHead } | undefined;
  let isExpectedSeen = expected === undefined;

  function judge(text: string): void {
    const line = parseLine(text);
    if (suspect !== undefined) {
      // The line after the suspect says which of the two was changed.
      broken = { line: line?.prev === suspect.head.digest ? suspect.line - 1 : suspect.line, reason: CHANGED };
    } else if (line === undefined) torn.push(text);
    else if (torn.length > 0) answer(line, text);
    else follow(line, text);
  }

  function answer(line: AuditLine, text: string): void {
    if (!isAnswer(line, torn.join('\n'), heads.last)) {
      broken = { line: lines - torn.length, reason: 'it is no audit line, and no later line answers for it' };
      return;
    }
    repaired += 1;
    torn = [];
    advance(line, text);
  }

  function follow(line: AuditLine, text: string): void {
    const { last, before } = heads;
    if (
      line.prev !== last.digest &&
      line.prev === before.digest &&
      line.seq === last.seq &&
      digestOf(text) !== last.digest
    )
      broken = { line: lines - 1, reason: 'it was put in: the line after it does not know it' };
    else if (line.seq !== last.seq + 1)
      broken = { line: lines, reason: `its number is ${line.seq}, ${last.seq + 1} comes next` };
    else if (line.prev !== last.digest && last === GENESIS)
      broken = { line: lines, reason: 'the first line of a chain names a line before it' };
    else if (line.prev !== last.digest) suspect = { line: lines, head: { seq: line.seq, digest: digestOf(text) } };
    else advance(line, text);
  }

  function advance({ seq }: AuditLine, text: string): void {
    heads = { last: { seq, digest: digestOf(text) }, before: heads.last };
    if (expected?.seq !== seq) return;
    isExpectedSeen = true;
    if (expected.digest !== heads.last.digest)
      broken = { line: lines, reason: `line ${seq} of the chain is not the one that is remembered` };
  }

  return {
    take(text) {
      lines += 1;
      if (broken === undefined) judge(text);
    },
    end() {
      const { last } = heads;
      if (suspect !== undefined) broken ??= { line: suspect.line - 1, reason: CHANGED };
      if (torn.length > 0)
        broken ??= { line: lines - torn.length + 1, reason: 'it is no audit line: torn, or the work of somebody else' };
      if (!isExpectedSeen)
        broken ??= { line: lines + 1, reason: `it is missing: line ${String(expected?.seq)} of the chain was written` };
      return { lines, head: last === GENESIS ? undefined : last, repaired, broken };
    },
  };
}

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
