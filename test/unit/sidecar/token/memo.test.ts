import { expect } from 'chai';

import { epochSeconds } from '../../../../core/time/units.ts';
import { createMemo } from '../../../../sidecar/token/memo.ts';
import { NOW, peerOf } from '../../core/token/tokens.ts';
import { tokenOf } from '../callers.ts';

const peer = peerOf();
const token = tokenOf({ expiresAt: epochSeconds(NOW + 300) });

describe('createMemo()', () => {
  it('A-432 knows a token only from the very certificate, and only by its exact bytes', () => {
    const memo = createMemo(8);
    memo.remember('a.b.c', peer, token);
    expect(memo.recall('a.b.c', peerOf({ thumbprint: Buffer.alloc(32, 8) }), NOW)).to.equal(undefined);
    for (const text of ['a.b.d', 'a.b.c=', 'a.b.c ', 'A.b.c', ''])
      expect(memo.recall(text, peer, NOW)).to.equal(undefined);
    expect(memo.recall('a.b.c', peer, NOW)).to.equal(token);
  });

  it('ends at exp, without skew', () => {
    const memo = createMemo(8);
    memo.remember('a.b.c', peer, token);
    expect(memo.recall('a.b.c', peer, epochSeconds(NOW + 299))).to.equal(token);
    expect(memo.recall('a.b.c', peer, epochSeconds(NOW + 300))).to.equal(undefined);
    expect(memo.recall('a.b.c', peer, NOW), 'also when the clock goes back').to.equal(undefined);
  });

  it('ends with the certificate', () => {
    const short = peerOf({ notAfter: epochSeconds(NOW + 10) });
    const memo = createMemo(8);
    memo.remember('a.b.c', short, token);
    expect(memo.recall('a.b.c', short, epochSeconds(NOW + 10))).to.equal(token);
    expect(memo.recall('a.b.c', short, epochSeconds(NOW + 11))).to.equal(undefined);
  });

  it('drops the oldest when it is full', () => {
    const memo = createMemo(2);
    for (const text of ['1', '2', '1', '3']) memo.remember(text, peer, token);
    expect(['1', '2', '3'].map((text) => memo.recall(text, peer, NOW) !== undefined)).to.deep.equal([
      true,
      false,
      true,
    ]);
  });

  it('forgets everything, and never looks for what is too long', () => {
    const memo = createMemo(8);
    memo.remember('a.b.c', peer, token);
    memo.forget();
    expect(memo.recall('a.b.c', peer, NOW)).to.equal(undefined);
    const long = 'a'.repeat(8193);
    memo.remember(long, peer, token);
    expect(memo.recall(long, peer, NOW)).to.equal(undefined);
  });
});
