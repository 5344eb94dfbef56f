/**
 * No certificate leaves the process before the disk has its row: seen from outside by strace, call by call. And with
 * fsync failing, none leaves at all.
 */
import { existsSync, readFileSync, watch } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';

import { expect } from 'chai';

import { demand } from '../../core/fault/fault.ts';
import { writeCsr } from '../../core/x509/csr-write.ts';
import type { IssuedCertificate, IssueRequest } from '../../runtime/grpc/messages.ts';
import { testKey } from '../kit/x509.ts';
import { canTrace, skipUnless } from '../kit/skip.ts';
import { makePlace, serialOf, startCa, type RunningCa } from './journal-ca.ts';
import { detach, failCalls, readTrace, type TracedCall } from './journal-strace.ts';

const CALLS = 8;
/** The reply holds a certificate and the root; frames that only keep the connection going are far smaller. */
const REPLY_LEAST_BYTES = 900;

const isJournal = ({ target }: TracedCall): boolean => /\/journal\.sqlite(-wal)?$/.test(target);
const isAudit = ({ target }: TracedCall): boolean => target.endsWith('/audit.jsonl');
const isWrite = ({ name }: TracedCall): boolean => /^p?write(v|64|v2)?$|^send(to|msg)$/.test(name);
const isSync = ({ name }: TracedCall): boolean => name === 'fsync' || name === 'fdatasync';

/** Asks again for as long as the journal is broken; anything else it answers is the end. */
async function untilIssued(ca: RunningCa, request: IssueRequest): Promise<IssuedCertificate> {
  for (;;) {
    const outcome = await ca.bootstrap.issue(request);
    if (outcome.ok) return outcome.value;
    expect(outcome.refusal.code).to.equal('JOURNAL_FAILED');
  }
}

/** strace ends after the process that it traces; its file is whole when it says so. */
function untilWritten(file: string, pid: number): Promise<string> {
  const end = new RegExp(`^${pid} +\\+\\+\\+ (exited|killed)`, 'm');
  return new Promise((resolve) => {
    const look = (): boolean => {
      const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
      if (!end.test(text)) return false;
      watcher.close();
      resolve(text);
      return true;
    };
    const watcher = watch(file, look);
    look();
  });
}

function statusOf(ca: RunningCa): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(`http://${ca.adminAddress}/readyz`, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
}

describe('scenario: journal durable', function () {
  this.timeout(90_000);

  it('A-125 the row is written and flushed, and the audit line written, before the reply is, call by call', async function () {
    skipUnless(this, canTrace(), 'strace is missing, or may not trace here');
    using place = makePlace();
    const trace = join(place.folder, 'trace');
    const serials: string[] = [];
    let pid: number;
    let address: string;
    {
      // -D: the tracer is a grandchild, so that the process that we started, and signal, is the CA itself.
      const calls = 'trace=write,writev,pwrite64,pwritev,sendto,sendmsg,fsync,fdatasync';
      await using ca = await startCa(place, 'journal-durable', [
        'strace',
        '-D',
        '-f',
        '-yy',
        '-s',
        '65536',
        '-o',
        trace,
        '-e',
        calls,
      ]);
      [pid, address] = [ca.pid, ca.bootstrapAddress];
      for (let call = 0; call < CALLS; call += 1) serials.push(serialOf(demand((await ca.issue()).outcome)));
      await ca.end('SIGTERM');
    }
    const calls = readTrace(await untilWritten(trace, pid));
    const replies = calls.filter(
      (call) => isWrite(call) && call.target.includes(`[${address}->`) && call.result >= REPLY_LEAST_BYTES,
    );
    // The first is the server's side of the handshake: one connection carries all calls.
    const [handshake, ...answers] = replies;
    expect(answers, 'large writes to the caller').to.have.length(CALLS);
    let previous = handshake?.returned ?? 0;
    for (const [call, serial] of serials.entries()) {
      const reply = answers[call]?.began ?? 0;
      const between = calls.filter(({ began }) => began > previous && began < reply);
      const rows = between.filter((each) => isJournal(each) && isWrite(each) && each.text.includes(serial));
      expect(rows, `writes of row ${serial}`).not.to.deep.equal([]);
      const written = Math.max(...rows.map(({ returned }) => returned));
      const durable = between.filter(
        (each) => isJournal(each) && isSync(each) && each.began > written && each.result === 0,
      );
      expect(
        durable.some(({ returned }) => returned < reply),
        `fsync between row ${serial} and its reply`,
      ).to.equal(true);
      const told = between.filter((each) => isAudit(each) && isWrite(each) && each.text.includes(serial));
      expect(told, `audit lines of ${serial} before its reply`).to.have.length(1);
      previous = answers[call]?.returned ?? 0;
    }
  });

  it('A-125 with fsync failing nothing is delivered: JOURNAL_FAILED, not ready, and well again with the disk', async function () {
    skipUnless(this, canTrace(), 'strace is missing, or may not trace here');
    using place = makePlace();
    const delivered: string[] = [];
    {
      await using ca = await startCa(place, 'journal-durable');
      delivered.push(serialOf(demand((await ca.issue()).outcome)));
      const requests = (await Promise.all(Array.from({ length: 4 }, () => ca.evidence()))).map((evidence) => ({
        csr: writeCsr(testKey()),
        evidence,
        ttl: undefined,
      }));
      const strace = await failCalls(ca.pid, 'fsync,fdatasync', 'EIO').catch((cause: unknown) => String(cause));
      if (typeof strace === 'string') {
        skipUnless(this, false, `strace may not attach to a process here (${strace})`);
        return;
      }
      for (const request of requests) {
        const outcome = await ca.bootstrap.issue(request);
        expect(outcome).to.have.nested.property('refusal.code', 'JOURNAL_FAILED');
      }
      expect(await statusOf(ca)).to.equal(503);
      await detach(strace);
      // The journal looks at its file again by itself; a caller only asks again, with the key that he asked with.
      for (const request of requests) delivered.push(serialOf(await untilIssued(ca, request)));
      expect(await statusOf(ca)).to.equal(200);
      await ca.end('SIGKILL');
    }
    await using ca = await startCa(place, 'journal-durable');
    for (const serial of delivered) expect(await ca.issuance(serial), serial).to.include({ serial });
  });
});
