import { expect } from 'chai';

import { epochSeconds } from '../../../../core/time/units.ts';
import { createMemo } from '../../../../sidecar/token/memo.ts';
import { NOW, peerOf } from '../../core/token/tokens.ts';
import { tokenOf } from '../callers.ts';

const peer = peerOf();
const token = tokenOf({ expiresAt: epochSeconds(NOW + 300) });
const found = { token, until: token.expiresAt };
const MIB = 1024 * 1024;

function memoOf(verdicts = 8, bytes = MIB) {
  const memo = createMemo({ verdicts, bytes });
  return { ...memo, recall: (...given: Parameters<typeof memo.recall>) => memo.recall(...given)?.token };
}

describe('createMemo()', () => {
  it('A-432 knows a token only from the very certificate, and only by its exact bytes', () => {
    const memo = memoOf();
    memo.remember('a.b.c', peer, found);
    expect(memo.recall('a.b.c', peerOf({ thumbprint: Buffer.alloc(32, 8) }), NOW)).to.equal(undefined);
    for (const text of ['a.b.d', 'a.b.c=', 'a.b.c ', 'A.b.c', ''])
      expect(memo.recall(text, peer, NOW)).to.equal(undefined);
    expect(memo.recall('a.b.c', peer, NOW)).to.equal(token);
  });

  it('ends when the verdict ends, without skew', () => {
    const memo = memoOf();
    memo.remember('a.b.c', peer, found);
    expect(memo.recall('a.b.c', peer, epochSeconds(NOW + 299))).to.equal(token);
    expect(memo.recall('a.b.c', peer, epochSeconds(NOW + 300))).to.equal(undefined);
    expect(memo.recall('a.b.c', peer, NOW), 'also when the clock goes back').to.equal(undefined);
  });

  it('ends before exp where the verdict does', () => {
    const memo = memoOf();
    memo.remember('opaque', peer, { token, until: epochSeconds(NOW + 30) });
    expect(memo.recall('opaque', peer, epochSeconds(NOW + 29))).to.equal(token);
    expect(memo.recall('opaque', peer, epochSeconds(NOW + 30))).to.equal(undefined);
  });

  it('ends with the certificate', () => {
    const short = peerOf({ notAfter: epochSeconds(NOW + 10) });
    const memo = memoOf();
    memo.remember('a.b.c', short, found);
    expect(memo.recall('a.b.c', short, epochSeconds(NOW + 10))).to.equal(token);
    expect(memo.recall('a.b.c', short, epochSeconds(NOW + 11))).to.equal(undefined);
  });

  it('drops the oldest when it has too many', () => {
    const memo = memoOf(2);
    for (const text of ['1', '2', '1', '3']) memo.remember(text, peer, found);
    const known = ['1', '2', '3'].map((text) => memo.recall(text, peer, NOW) !== undefined);
    expect(known).to.deep.equal([true, false, true]);
  });

  it('drops the oldest when they take too many bytes, and counts what it dropped', () => {
    const memo = memoOf(1000, 100_000);
    const texts = Array.from({ length: 40 }, (_none, at) => String(at).padStart(8000, 'x'));
    for (const text of texts) memo.remember(text, peer, found);
    expect(texts.map((text) => memo.recall(text, peer, NOW) !== undefined)).to.deep.equal([
      ...Array.from({ length: 38 }, () => false),
      true,
      true,
    ]);
    for (let round = 0; round < 100; round += 1) memo.remember(texts[39] ?? '', peer, found);
    expect(memo.recall(texts[38] ?? '', peer, NOW), 'the same again costs nothing more').to.equal(token);
    memo.forget();
    for (const text of texts.slice(0, 2)) memo.remember(text, peer, found);
    expect(memo.recall(texts[0] ?? '', peer, NOW), 'what was forgotten weighs nothing').to.equal(token);
  });

  it('remembers nothing that is larger than all of it', () => {
    const memo = memoOf(8, 1000);
    memo.remember('a.b.c', peer, found);
    expect(memo.recall('a.b.c', peer, NOW)).to.equal(undefined);
  });

  it('forgets everything, and never looks for what is too long', () => {
    const memo = memoOf();
    memo.remember('a.b.c', peer, found);
    memo.forget();
    expect(memo.recall('a.b.c', peer, NOW)).to.equal(undefined);
    const long = 'a'.repeat(8193);
    memo.remember(long, peer, found);
    expect(memo.recall(long, peer, NOW)).to.equal(undefined);
  });
});
