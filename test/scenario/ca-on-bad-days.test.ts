/**
 * A full disk, a store that cannot be written, a clock that jumps: the CA issues nothing, says why, and is well again by
 * itself. What it delivered before and after is in a sound journal.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { openOffline } from '../../ca/journal/offline-file.ts';
import { judgeSoundness } from '../../ca/journal/soundness.ts';
import { demand } from '../../core/fault/fault.ts';
import type { Outcome } from '../../core/fault/refusal.ts';
import { wholeSeconds } from '../../core/time/units.ts';
import { writeCsr } from '../../core/x509/csr-write.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { IssuedCertificate, IssueRequest } from '../../runtime/grpc/messages.ts';
import { createVerification } from '../../runtime/audit/verify.ts';
import { type FakeClock, findFakeClock } from '../kit/faketime.ts';
import { testKey } from '../kit/x509.ts';
import { canTrace, skipUnless } from '../kit/skip.ts';
import { detach, failCalls } from './journal-strace.ts';
import { makePlace, runToTheEnd, serialOf, startCa, type CaPlace, type RunningCa } from './journal-ca.ts';

const NAME = 'ca-on-bad-days';
/** Requests made while all is well: on a bad day there are no join tokens either. */
async function requests(ca: RunningCa, count: number): Promise<readonly IssueRequest[]> {
  const evidence = await Promise.all(Array.from({ length: count }, () => ca.evidence()));
  return evidence.map((each) => ({ csr: writeCsr(testKey()), evidence: each, ttl: undefined }));
}

/** Asks on a connection of its own. */
async function ask(ca: RunningCa, request: IssueRequest): Promise<Outcome<IssuedCertificate>> {
  const client = ca.reopen();
  try {
    return await client.issue(request);
  } finally {
    client.close();
  }
}

const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'ok' : outcome.refusal.code);

/** The journal is sound and knows these serials; the audit stream holds. */
function checkLeft({ dataDir }: CaPlace, serials: readonly string[]): void {
  const database = openOffline(join(dataDir, 'journal.sqlite'));
  try {
    expect(judgeSoundness(database, wholeSeconds(systemClock().now())).fault).to.equal(undefined);
    const known = database
      .prepare('SELECT serial FROM certificate')
      .all()
      .map((row) => row['serial']);
    expect(known).to.include.members([...serials]);
  } finally {
    database.close();
  }
  const verification = createVerification(undefined);
  for (const line of readFileSync(join(dataDir, 'audit.jsonl'), 'utf8').split('\n').slice(0, -1))
    verification.take(line);
  expect(verification.end().broken).to.equal(undefined);
}

/** A file system of its own under the data of a place; undefined where this process may not mount. */
function mountSmall({ dataDir }: CaPlace): Disposable | undefined {
  mkdirSync(dataDir, { mode: 0o700 });
  const options = ['-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'tmpfs', dataDir];
  if (spawnSync('mount', options).status !== 0) return undefined;
  return { [Symbol.dispose]: () => void spawnSync('umount', ['-l', dataDir]) };
}

/** Takes what is left of a file system. */
function fill(file: string): void {
  const filler = openSync(file, 'w');
  try {
    for (const size of [64 * 1024, 512]) while (fits(filler, size));
  } finally {
    closeSync(filler);
  }
}

function fits(file: number, size: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(size)) === size;
  } catch {
    return false;
  }
}

describe('scenario: a CA on bad days', function () {
  this.timeout(60_000);

  it('issues nothing while the disk is full, says so, and goes on when there is room', async function () {
    using place = makePlace();
    using small = mountSmall(place);
    skipUnless(this, small !== undefined, 'this user may not mount a file system');
    await using ca = await startCa(place, NAME);
    const [first, second, ...more] = await requests(ca, 12);
    if (first === undefined || second === undefined) throw new Error('no requests');
    const delivered = [serialOf(demand(await ask(ca, first)))];
    const filler = join(place.dataDir, 'filler');
    fill(filler);
    const answers: string[] = [];
    for (const request of more) {
      const outcome = await ask(ca, request);
      answers.push(codeOf(outcome));
      if (outcome.ok) delivered.push(serialOf(outcome.value));
    }
    // What had its pages in the log already may still get through; then it is full.
    const refused = answers.filter((code) => code !== 'ok');
    expect(refused.length).to.be.at.least(1);
    for (const code of refused) expect(code).to.be.oneOf(['JOURNAL_FAILED', 'ISSUE_AUDIT']);
    const { status, body } = await ca.ready();
    expect(status).to.equal(503);
    expect(body).to.match(/journal|audit/);
    rmSync(filler);
    delivered.push(serialOf(await untilIssued(ca, second)));
    await untilReady(ca);
    await ca.end('SIGTERM');
    checkLeft(place, delivered);
  });

  it('refuses to start on a store that is read-only, in one line, and starts when it is not', async function () {
    using place = makePlace();
    using small = mountSmall(place);
    skipUnless(this, small !== undefined, 'this user may not mount a file system');
    {
      await using ca = await startCa(place, NAME);
      await ca.end('SIGTERM');
    }
    spawnSync('mount', ['-o', 'remount,ro', place.dataDir]);
    const { code, output } = await runToTheEnd(place, NAME);
    expect(code).to.equal(1);
    expect(output.split('\n').filter((line) => line.includes('JOURNAL_FAILED'))).to.have.length(1);
    spawnSync('mount', ['-o', 'remount,rw', place.dataDir]);
    await using again = await startCa(place, NAME);
    expect(codeOf((await again.issue()).outcome)).to.equal('ok');
  });

  it('issues nothing while its store turns read-only under it, and goes on when it does not', async function () {
    skipUnless(this, canTrace(), 'strace is missing, or may not trace here');
    using place = makePlace();
    await using ca = await startCa(place, NAME);
    const [first, ...more] = await requests(ca, 4);
    if (first === undefined) throw new Error('no requests');
    const delivered = [serialOf(demand(await ask(ca, first)))];
    const strace = await failCalls(ca.pid, 'pwrite64,ftruncate', 'EROFS').catch((cause: unknown) => String(cause));
    if (typeof strace === 'string') {
      skipUnless(this, false, `strace may not attach to a process here (${strace})`);
      return;
    }
    for (const request of more) expect(codeOf(await ask(ca, request))).to.equal('JOURNAL_FAILED');
    const { status, body } = await ca.ready();
    expect(status).to.equal(503);
    expect(body).to.include('journal');
    await detach(strace);
    for (const request of more) delivered.push(serialOf(await untilIssued(ca, request)));
    await untilReady(ca);
    await ca.end('SIGTERM');
    checkLeft(place, delivered);
  });

  it('A-126 issues nothing while the audit file cannot be written: ISSUE_AUDIT, and goes on by itself', async () => {
    using place = makePlace();
    const audit = join(place.folder, 'audit', 'audit.jsonl');
    mkdirSync(join(place.folder, 'audit'));
    const config = JSON.parse(readFileSync(place.configFile, 'utf8')) as object;
    writeFileSync(place.configFile, JSON.stringify({ ...config, audit: { file: audit } }));
    await using ca = await startCa(place, NAME);
    const [first, second] = await requests(ca, 2);
    if (first === undefined || second === undefined) throw new Error('no requests');
    // Moved away with its folder: the next file cannot be made.
    spawnSync('mv', [join(place.folder, 'audit'), join(place.folder, 'gone')]);
    expect(codeOf(await ask(ca, first))).to.equal('ok');
    await ca.said('audit cannot be written');
    expect(codeOf(await ask(ca, second))).to.equal('ISSUE_AUDIT');
    const { status, body } = await ca.ready();
    expect(status).to.equal(503);
    expect(body).to.include('audit');
    mkdirSync(join(place.folder, 'audit'));
    await ca.said('audit is written again');
    expect(codeOf(await ask(ca, second))).to.equal('ok');
    await untilReady(ca);
    await ca.end('SIGTERM');
    const verification = createVerification(undefined);
    for (const file of [join(place.folder, 'gone', 'audit.jsonl'), audit])
      for (const line of readFileSync(file, 'utf8').split('\n').slice(0, -1)) verification.take(line);
    expect(verification.end().broken).to.equal(undefined);
  });

  it('issues nothing while its clock is an hour behind: ISSUE_CLOCK, and goes on when it is right again', async function () {
    using clock = findFakeClock();
    skipUnless(this, clock !== undefined, 'faketime is not installed');
    if (clock === undefined) return;
    using place = makePlace();
    await using ca = await startCa(place, NAME, under(clock));
    const [first, second, third] = await requests(ca, 3);
    if (first === undefined || second === undefined || third === undefined) throw new Error('no requests');
    const delivered = [serialOf(demand(await ask(ca, first)))];
    clock.set(-3600);
    const told = await ca.said(
      'the clock was set back; nothing is issued until it has caught up, or the CA is started again',
    );
    expect(told).to.include({ level: 'error', code: 'ISSUE_CLOCK' });
    expect(codeOf(await ask(ca, second))).to.equal('ISSUE_CLOCK');
    const { status, body } = await ca.ready();
    expect(status).to.equal(503);
    expect(body).to.include('clock');
    clock.set(0);
    await ca.said('the clock has caught up');
    for (const request of [second, third]) delivered.push(serialOf(demand(await ask(ca, request))));
    await untilReady(ca);
    await ca.end('SIGTERM');
    checkLeft(place, delivered);
  });

  it('has a valid certificate of its own after its clock went forward a day, and after it came back', async function () {
    using clock = findFakeClock();
    skipUnless(this, clock !== undefined, 'faketime is not installed');
    if (clock === undefined) return;
    using place = makePlace();
    await using ca = await startCa(place, NAME, under(clock));
    const [first, second] = await requests(ca, 2);
    if (first === undefined || second === undefined) throw new Error('no requests');
    const delivered = [serialOf(demand(await ask(ca, first)))];
    clock.set(86_400);
    expect(await ca.said('the clock jumped')).to.include({ jump: 'forward' });
    const renewed = await ca.said('own certificate renewed');
    expect(Number(renewed['notAfter'])).to.be.above(wholeSeconds(systemClock().now()) + 86_400);
    expect((await ca.ready()).status).to.equal(200);
    clock.set(0);
    expect(await ca.said('the clock jumped', 2)).to.include({ jump: 'returned' });
    await ca.said('own certificate renewed', 2);
    // Retention by the wrong clock has taken nothing that still lives, and callers believe the CA again.
    delivered.push(serialOf(demand(await ask(ca, second))));
    await untilReady(ca);
    await ca.end('SIGTERM');
    checkLeft(place, delivered);
  });
});

/** Asks until the answer is no refusal by the store; it may be broken for some seconds yet. */
async function untilIssued(ca: RunningCa, request: IssueRequest): Promise<IssuedCertificate> {
  for (;;) {
    const outcome = await ask(ca, request);
    if (outcome.ok) return outcome.value;
    expect(outcome.refusal.code).to.be.oneOf(['JOURNAL_FAILED', 'ISSUE_AUDIT']);
  }
}

async function untilReady(ca: RunningCa): Promise<void> {
  while ((await ca.ready()).status !== 200);
}

/** Goes before the command of a process that lives by this clock. */
function under({ environment }: FakeClock): readonly string[] {
  return ['env', ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)];
}
