import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { createAuditFile, type AuditFileDeps } from '../../../../runtime/audit/file.ts';
import { digestOf, parseLine, type AuditHead } from '../../../../runtime/audit/line.ts';
import { createVerification } from '../../../../runtime/audit/verify.ts';
import { milliseconds } from '../../../../core/time/units.ts';
import { makeFifo } from '../../../kit/fifo.ts';
import { collectLog } from '../../../kit/log-lines.ts';
import { codeOf, tempFolder, testClock, thrownBy } from '../../ca/small-ca.ts';

const never = new AbortController().signal;

function rig(path: string, more: Partial<AuditFileDeps> = {}) {
  const said = collectLog();
  const health: boolean[] = [];
  const stream = createAuditFile({
    path,
    onFailure: 'stop',
    remembered: async () => undefined,
    clock: testClock(),
    log: said.log,
    onHealth: (sound) => health.push(sound),
    ...more,
  });
  return { stream, health, said: (message: string) => said.line((line) => line.message === message) };
}

const linesOf = (path: string): readonly string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1);

function verify(path: string, expected?: AuditHead) {
  const verification = createVerification(expected);
  for (const line of linesOf(path)) verification.take(line);
  return verification.end();
}

/** Writes `count` lines in one life of a stream. */
async function write(path: string, count: number): Promise<AuditHead | undefined> {
  await using life = rig(path).stream;
  await life.start(never);
  for (let line = 0; line < count; line += 1) expect(codeOf(life.record('issuance', { serial: line }))).to.equal('ok');
  await life.drain(milliseconds(100));
  return life.head();
}

describe('createAuditFile()', () => {
  it('A-126 refuses to go on after a last line that is no audit line, and leaves the file as it is', async () => {
    using folder = tempFolder();
    const path = join(folder.path, 'audit.jsonl');
    await write(path, 3);
    appendFileSync(path, 'forged\n');
    const before = readFileSync(path, 'utf8');
    await using life = rig(path).stream;
    expect(await thrownBy(() => life.start(never))).to.equal('ISSUE_AUDIT');
    expect(readFileSync(path, 'utf8')).to.equal(before);
  });

  it('A-126 refuses a FIFO or a device in the place of the file without waiting: ISSUE_AUDIT', async () => {
    using folder = tempFolder();
    const path = join(folder.path, 'audit.jsonl');
    await using life = rig(path).stream;
    makeFifo(path);
    expect(await thrownBy(() => life.start(never))).to.equal('ISSUE_AUDIT');
    await using other = rig('/dev/zero').stream;
    expect(await thrownBy(() => other.start(never))).to.equal('ISSUE_AUDIT');
  });

  it('A-126 refuses every line once a FIFO was swapped in under it: ISSUE_AUDIT', async () => {
    using folder = tempFolder();
    const path = join(folder.path, 'audit.jsonl');
    const unsound = Promise.withResolvers<void>();
    await using life = rig(path, { onHealth: (sound) => (sound ? undefined : unsound.resolve()) }).stream;
    await life.start(never);
    renameSync(path, `${path}.away`);
    makeFifo(path);
    expect(codeOf(life.record('issuance', { serial: 1 }))).to.equal('ok');
    await unsound.promise;
    expect(codeOf(life.record('issuance', { serial: 2 }))).to.equal('ISSUE_AUDIT');
  });

  it('refuses to start, and every line, where the file cannot be opened: ISSUE_AUDIT', async () => {
    using folder = tempFolder();
    await using life = rig(folder.path).stream;
    expect(await thrownBy(() => life.start(never))).to.equal('ISSUE_AUDIT');
    expect(codeOf(life.check())).to.equal('ISSUE_AUDIT');
    expect(codeOf(life.record('issuance', {}))).to.equal('ISSUE_AUDIT');
  });

  it('goes on without lines where onFailure is warn, and says in the file how many were lost', async () => {
    using folder = tempFolder();
    const path = join(folder.path, 'audit.jsonl');
    mkdirSync(path);
    const { stream, health, said } = rig(path, { onFailure: 'warn' });
    await using life = stream;
    await life.start(never);
    expect([codeOf(life.check()), codeOf(life.record('issuance', {}))]).to.deep.equal(['ok', 'ok']);
    rmdirSync(path);
    await said('audit is written again');
    expect(parseLine(linesOf(path)[0] ?? '')?.facts).to.deep.equal({ reason: 'recovered', lost: 1 });
    expect(health).not.to.include(false);
  });

  it('writes 0600, one line each, and continues the chain after a restart', async () => {
    using folder = tempFolder();
    const path = join(folder.path, 'audit.jsonl');
    await write(path, 3);
    await write(path, 2);
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    expect(linesOf(path).map((line) => parseLine(line)?.kind)).to.deep.equal([
      'audit-opened',
      'issuance',
      'issuance',
      'issuance',
      'audit-opened',
      'issuance',
      'issuance',
    ]);
    expect(verify(path)).to.deep.include({ broken: undefined, lines: 7 });
  });

  for (const [what, left] of [
    ['half a line', 60],
    ['one byte of a line', 1],
  ] as const)
    it(`A-126 answers for ${what} that a crash left, in a line of its own`, async () => {
      using folder = tempFolder();
      const path = join(folder.path, 'audit.jsonl');
      await write(path, 3);
      const lines = linesOf(path);
      truncateSync(path, Buffer.byteLength(lines.slice(0, 3).join('\n')) + 1 + left);
      await write(path, 1);
      expect(verify(path)).to.deep.include({ broken: undefined, repaired: 1 });
      const repair = parseLine(linesOf(path)[4] ?? '');
      expect(repair?.facts).to.deep.include({ torn: left, after: digestOf(lines[2] ?? '') });
    });

  it('A-126 answers for a first line that a crash left torn', async () => {
    using folder = tempFolder();
    const path = join(folder.path, 'audit.jsonl');
    writeFileSync(path, '{"seq":0,"ti');
    await write(path, 1);
    expect(verify(path)).to.deep.include({ broken: undefined, repaired: 1 });
  });

  it('takes a whole line without its line end for a whole line', async () => {
    using folder = tempFolder();
    const path = join(folder.path, 'audit.jsonl');
    await write(path, 2);
    truncateSync(path, statSync(path).size - 1);
    await write(path, 1);
    expect(verify(path)).to.deep.include({ broken: undefined, repaired: 0, lines: 5 });
  });

  it('A-126 says at start that the end is missing, where it is remembered', async () => {
    using folder = tempFolder();
    const path = join(folder.path, 'audit.jsonl');
    const head = await write(path, 3);
    writeFileSync(path, `${linesOf(path).slice(0, 2).join('\n')}\n`);
    const { stream, said } = rig(path, { remembered: async () => head });
    await using life = stream;
    await life.start(never);
    expect((await said('audit has lost lines')).fields).to.deep.include({ ends: 1, remembered: 3 });
    expect(verify(path, head).broken).not.to.equal(undefined);
  });

  it('goes on in a new file when the old one was moved away: both are one chain', async () => {
    using folder = tempFolder();
    const path = join(folder.path, 'audit.jsonl');
    const { stream, said } = rig(path);
    await using life = stream;
    await life.start(never);
    life.record('issuance', { serial: 1 });
    renameSync(path, `${path}.1`);
    life.record('issuance', { serial: 2 });
    await said('audit file was moved away; the chain goes on in a new one');
    life.record('issuance', { serial: 3 });
    const verification = createVerification(life.head());
    for (const line of [...linesOf(`${path}.1`), ...linesOf(path)]) verification.take(line);
    expect(verification.end()).to.deep.include({ broken: undefined, lines: 5 });
  });

  it('cuts a value that is too long for a line, and escapes what a terminal obeys', async () => {
    using folder = tempFolder();
    const path = join(folder.path, 'audit.jsonl');
    await using life = rig(path).stream;
    await life.start(never);
    life.record('issuance', { long: 'x'.repeat(100_000), sly: 'a\u001b[31m\nb\u202e' });
    const line = linesOf(path)[1] ?? '';
    expect(line.length).to.be.below(2000);
    expect(line).not.to.match(/[\u001b\u202e]/);
    expect(parseLine(line)?.facts['sly']).to.equal('a\u001b[31m\nb\u202e');
  });
});
