/** Properties of attacks.md section 2 over inputs that are nearly right; `npm run fuzz` is the long run of P1. */
import { expect } from 'chai';

import { encodeBody } from '../../sidecar/http/body.ts';
import { headForApp } from '../../sidecar/forward/identity-headers.ts';
import { writeRequestHead } from '../../sidecar/forward/head-writer.ts';
import { demand } from '../../core/fault/fault.ts';
import { protectionOf } from '../../sidecar/http/protected-names.ts';
import type { RequestHead } from '../../sidecar/http/request.ts';
import { Permit } from '../../sidecar/policy/permit.ts';
import { callerOf, headOf } from '../unit/sidecar/callers.ts';
import { codeOf, readRequest, requestInParts } from '../unit/sidecar/http/heads.ts';
import { createComparison, fuzz } from './differential.ts';
import { Llhttp, type Read } from './llhttp.ts';
import { createDice, makeMessage, mutate } from './mutate.ts';
import { createOurs } from './ours.ts';

const SEED = 20_260_101;

/** Requests that are accepted, with their bytes. */
function* accepted(
  count: number,
): Generator<{ readonly text: string; readonly head: RequestHead; readonly read: Read }> {
  const dice = createDice(SEED);
  const ours = createOurs('request');
  for (let found = 0; found < count; ) {
    const text = mutate(makeMessage('request', dice), dice);
    const read = ours(Buffer.from(text, 'latin1'));
    const head = readRequest(text, { scheme: 'http', ambiguousPaths: true });
    if (typeof read === 'string' || head === 'more' || !head.ok) continue;
    found += 1;
    yield { text, head: head.value, read };
  }
}

/** What goes to the app. */
function forwarded(head: RequestHead, body: string): string {
  const bytes = encodeBody(head.framing.kind, body === '' ? [] : [Buffer.from(body, 'latin1')], true);
  return `${writeRequestHead(head)}${bytes?.toString('latin1') ?? ''}`;
}

const GOES_ON = /^(?!host|content-length|transfer-encoding|connection|keep-alive|proxy|te:|trailer|upgrade|expect)/;

describe('the HTTP/1.1 engine, fuzzed', () => {
  it('P1 accepts only what strict llhttp accepts, and reads it alike', () => {
    const { accepted: both, disagreements } = fuzz(400_000, SEED);
    expect(disagreements).to.deep.equal([]);
    expect(both).to.be.greaterThan(10_000);
  });

  it('P1 would notice a reading that differs', () => {
    const theirs = new Llhttp('request');
    for (const text of ['GET / HTTP/1.1\r\nTransfer-Encoding : chunked\r\n\r\n', 'GET / HTTP/1.1\nHost: a\n\n'])
      expect(theirs.read(Buffer.from(text, 'latin1')), text).to.equal('refused');
    const compare = createComparison('request');
    expect(compare('GET / HTTP/1.1\r\nHost: a\r\n\r\n')).to.deep.equal({ accepted: true });
  });

  it('P2 forwards one message that means the same to llhttp', () => {
    const theirs = new Llhttp('request');
    for (const { text, head, read } of accepted(5_000)) {
      const sent = forwarded(head, read.body);
      const got = theirs.read(Buffer.from(sent, 'latin1'));
      if (typeof got === 'string') throw new Error(`${JSON.stringify(text)} became ${JSON.stringify(sent)}: ${got}`);
      expect(got.end, sent).to.equal(sent.length);
      expect([got.start, got.body], sent).to.deep.equal([read.start, read.body]);
      const named = new Set(
        (head.fields.find(({ lower }) => lower === 'connection')?.value ?? '').toLowerCase().split(/, */),
      );
      const such = (field: string): boolean => GOES_ON.test(field) && !named.has(field.slice(0, field.indexOf(':')));
      expect(got.fields.filter(such), sent).to.deep.equal(read.fields.filter(such));
    }
  });

  it('P3 gives the same verdict wherever a head is cut', () => {
    const dice = createDice(SEED);
    for (let left = 1_000; left > 0; left -= 1) {
      const bytes = Buffer.from(mutate(makeMessage('request', dice), dice), 'latin1');
      const whole = codeOf(readRequest(bytes));
      for (let cut = 1; cut < bytes.length; cut += 1)
        expect(codeOf(requestInParts([bytes.subarray(0, cut), bytes.subarray(cut)])), `${cut}`).to.equal(whole);
    }
  });

  it('P4 writes what it reads as it was written', () => {
    for (const { head, read } of accepted(2_000)) {
      const once = forwarded(head, read.body);
      const again = readRequest(once, { scheme: 'http', ambiguousPaths: true });
      if (again === 'more' || !again.ok) throw new Error(once);
      expect(forwarded(again.value, read.body)).to.equal(once);
    }
  });

  it('P5 lets no protected field of the peer through to the app', () => {
    const permit = demand(
      Permit.decide(callerOf('/ns/shop/sa/agent'), headOf(), [
        { id: 'all', peers: [{ any: true }], scopes: [], deny: false },
      ]),
    );
    const app = { block: '', requestId: '0'.repeat(32), forwardToken: false };
    const forged = 'Cleat-Caller: x\r\nX-Forwarded-For: x\r\nSSL-Client-Verify: x\r\nForwarded: x';
    for (const { text } of accepted(1_000)) {
      const head = readRequest(text.replace('\r\n', `\r\n${forged}\r\n`), { scheme: 'http', ambiguousPaths: true });
      if (head === 'more' || !head.ok) continue;
      const lines = headForApp(permit, head.value, app).trimEnd().split('\r\n').slice(1);
      const names = lines.map((line) => line.slice(0, line.indexOf(':')).toLowerCase());
      const ours = ['cleat-binding', 'cleat-request-id', 'host', 'content-length', 'transfer-encoding', 'content-type'];
      expect(names.filter((name) => protectionOf(name) !== undefined && !ours.includes(name))).to.deep.equal([]);
      expect(lines.filter((line) => line.endsWith(': x') && /^(cleat|x-forw|ssl|forw)/i.test(line))).to.deep.equal([]);
    }
  });
});
