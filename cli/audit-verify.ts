/** `cleat audit verify`: checks the chain of an audit stream and names the first line that breaks it. */
import { createReadStream } from 'node:fs';

import { openOffline } from '../ca/journal/offline-file.ts';
import { Fault } from '../core/fault/fault.ts';
import type { AuditHead } from '../runtime/audit/line.ts';
import { createVerification, type AuditVerdict, type Verification } from '../runtime/audit/verify.ts';
import { EXIT } from './io.ts';
import { UsageMistake, type Verb } from './verb.ts';

export const auditVerify: Verb = {
  name: 'audit verify',
  summary: 'check the hash chain of an audit stream',
  about: [
    'Several files are one chain, the oldest first. Lines that were edited, removed, inserted or put in another order are',
    'found from the file alone. Lines that are missing at its end, and a file that was written anew, show only against an',
    'end of the chain that is remembered elsewhere: give it with --expect, or the journal (or a backup of it) of a CA that',
    'does not run with --journal. The end that was found is printed: keep it.',
    'Exit code 1: the chain is broken; the first bad line is named.',
  ].join('\n'),
  rest: 'FILE...',
  options: {
    expect: { value: 'SEQ:DIGEST', doc: 'A line that must be in the chain, as an earlier run printed its end.' },
    journal: { value: 'FILE', doc: 'The journal that remembers the end.' },
    json: { doc: 'Print one JSON object.' },
  },
  example: 'cleat audit verify /var/lib/cleat/audit.jsonl',
  async run(invocation, io) {
    if (invocation.rest.length === 0) throw new UsageMistake('name the file');
    const expected = expectation(invocation.text('expect'), invocation.text('journal'));
    const verification = createVerification(expected);
    const counts: number[] = [];
    for (const file of invocation.rest) counts.push(await take(file, verification));
    const verdict = verification.end();
    io.out(
      invocation.has('json')
        ? `${JSON.stringify(verdict)}\n`
        : render(verdict, placeOf(verdict, invocation.rest, counts)),
    );
    return verdict.broken === undefined ? EXIT.ok : EXIT.failed;
  },
};

function expectation(text: string | undefined, journal: string | undefined): AuditHead | undefined {
  if (text !== undefined && journal !== undefined) throw new UsageMistake('--expect or --journal, not both');
  if (journal !== undefined) return remembered(journal);
  if (text === undefined) return undefined;
  const found = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text);
  if (found === null) throw new UsageMistake('--expect: a number, a colon, 64 digits of lower-case hex');
  return { seq: Number(found[1]), digest: found[2] ?? '' };
}

function remembered(journal: string): AuditHead | undefined {
  const database = openOffline(journal);
  try {
    const row = database.prepare('SELECT seq, digest FROM audit_head').get();
    return row === undefined ? undefined : { seq: Number(row['seq']), digest: String(row['digest']) };
  } finally {
    database.close();
  }
}

/** Gives the number of lines. Throws CONFIG_FILE. */
async function take(file: string, verification: Verification): Promise<number> {
  let lines = 0;
  try {
    for await (const line of linesOf(createReadStream(file))) {
      const text = line.toString('utf8');
      verification.take(text, Buffer.from(text, 'utf8').equals(line));
      lines += 1;
    }
    return lines;
  } catch (cause) {
    throw new Fault('CONFIG_FILE', `${file} cannot be read: ${cause instanceof Error ? cause.message : ''}`, { cause });
  }
}

/** Longer than any that a CA writes. */
const LINE_MOST = 1024 * 1024;
const LF = 0x0a;

/** As they were written: LF ends a line, and nothing else does. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = rest.indexOf(LF); end !== -1; end = rest.indexOf(LF, start)) {
      yield rest.subarray(start, end);
      start = end + 1;
    }
    rest = rest.subarray(start);
    if (rest.length > LINE_MOST) throw new Error(`a line is longer than ${LINE_MOST} bytes`);
  }
  if (rest.length > 0) yield rest;
}

/** `FILE:LINE` of the first bad line. */
function placeOf({ broken }: AuditVerdict, files: readonly string[], counts: readonly number[]): string {
  let line = broken?.line ?? 0;
  for (const [place, file] of files.entries()) {
    const count = counts[place] ?? 0;
    if (line <= count || place === files.length - 1) return `${file}:${line}`;
    line -= count;
  }
  return '';
}

function render({ lines, head, repaired, broken }: AuditVerdict, place: string): string {
  if (broken !== undefined) return `broken at ${place}: ${broken.reason}\n`;
  const torn = repaired === 0 ? '' : `, ${repaired} torn by a crash and answered for`;
  const end = head === undefined ? '' : `; it ends with ${head.seq}:${head.digest}`;
  return `${lines} lines${torn}: the chain holds${end}\n`;
}
