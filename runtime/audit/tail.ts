/**
 * Finds the end of an existing audit file: the last whole line, what a crash left torn behind it, and what was written
 * since some line. Reads only.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

import { Fault } from '../../core/fault/fault.ts';
import { READ_AT_ONCE } from '../regular-file.ts';
import { digestOf, GENESIS, parseLine, type AuditHead, type AuditLine } from './line.ts';

export interface Tail {
  /** Of the last whole line. */
  readonly head: AuditHead;
  /** What stands behind that line without being one, and ends without a line end: the work of a crash. Empty: nothing. */
  readonly torn: string;
  /** Whether the file ends in the middle of a line, so that the next must begin with a line end. */
  readonly isOpen: boolean;
}

/** No line is longer than this, so the last one is always within. */
const READ_MOST = 256 * 1024;

/** The end of an open file. Throws ISSUE_AUDIT where its last finished line is no audit line: no crash leaves that. */
export function readTail(file: number, path: string): Tail {
  const { text, length, size } = readEnd(file, READ_MOST);
  const isOpen = text !== '' && !text.endsWith('\n');
  const lines = (isOpen ? text : text.slice(0, -1)).split('\n');
  if (text === '') return { head: GENESIS, torn: '', isOpen };
  const last = lines.findLastIndex((line) => parseLine(line) !== undefined);
  const torn = lines.slice(last + 1).join('\n');
  if (torn !== '' && !isOpen) throw foreign(path, 'its last line is no audit line');
  if (last === -1 && size > length) throw foreign(path, `there is no audit line in its last ${READ_MOST} bytes`);
  return { head: headOf(lines[last]), torn, isOpen };
}

/** More than a CA writes between two writes of its journal, by far. */
const SINCE_MOST = 16 * 1024 * 1024;

/** The lines after the one with this number, the newest 16 MiB at most, in their order; none where there is no such file,
 *  or it cannot be read: whoever goes on with it says so. */
export function readLinesAfter(path: string, seq: number): readonly AuditLine[] {
  let file: number | undefined;
  try {
    file = openSync(path, READ_AT_ONCE);
    if (!fstatSync(file).isFile()) return [];
    const near = linesOf(readEnd(file, READ_MOST).text);
    const isAll = near.some((line) => line.seq <= seq);
    const lines = isAll ? near : linesOf(readEnd(file, SINCE_MOST).text);
    return lines.filter((line) => line.seq > seq);
  } catch {
    return [];
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

const linesOf = (text: string): readonly AuditLine[] => text.split('\n').flatMap((line) => parseLine(line) ?? []);

function readEnd(
  file: number,
  most: number,
): { readonly text: string; readonly length: number; readonly size: number } {
  const { size } = fstatSync(file);
  const bytes = Buffer.alloc(Math.min(size, most));
  const length = readSync(file, bytes, 0, bytes.length, size - bytes.length);
  return { text: bytes.toString('utf8', 0, length), length, size };
}

function headOf(text: string | undefined): AuditHead {
  const line = text === undefined ? undefined : parseLine(text);
  return text === undefined || line === undefined ? GENESIS : { seq: line.seq, digest: digestOf(text) };
}

function foreign(path: string, reason: string): Fault {
  return new Fault('ISSUE_AUDIT', `${path} cannot be gone on with: ${reason}; see \`cleat audit verify ${path}\``);
}
