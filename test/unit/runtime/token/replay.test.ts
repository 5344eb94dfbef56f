import { expect } from 'chai';

import type { Outcome } from '../../../../core/fault/refusal.ts';
import { epochSeconds, seconds } from '../../../../core/time/units.ts';
import type { DpopProof } from '../../../../core/token/proof.ts';
import { createReplayStore } from '../../../../runtime/token/replay.ts';

const NOW = epochSeconds(1_780_000_000);
const later = (offset: number) => epochSeconds(NOW + offset);
const codeOf = (outcome: Outcome<void>): string => (outcome.ok ? 'taken' : outcome.refusal.code);
const A = 'a'.repeat(43);
const B = 'b'.repeat(43);
const proofOf = (jkt: string, jti: string, issuedAt = NOW): DpopProof => ({ jkt, jti, issuedAt });

describe('createReplayStore()', () => {
  it('A-450 takes a proof once: BINDING_REPLAY', () => {
    const store = createReplayStore({ window: seconds(60), most: 10, share: 10 });
    expect(codeOf(store.take(proofOf(A, 'one'), NOW))).to.equal('taken');
    expect(codeOf(store.take(proofOf(A, 'one'), NOW))).to.equal('BINDING_REPLAY');
    expect(codeOf(store.check(proofOf(A, 'one'), NOW))).to.equal('BINDING_REPLAY');
  });

  it('A-450 tells keys apart: nobody burns the jti of another', () => {
    const store = createReplayStore({ window: seconds(60), most: 10, share: 10 });
    store.take(proofOf(A, 'one'), NOW);
    expect(codeOf(store.take(proofOf(B, 'one'), NOW))).to.equal('taken');
    expect(codeOf(store.take(proofOf(A, 'two'), NOW))).to.equal('taken');
  });

  it('A-451 does not take what is only checked', () => {
    const store = createReplayStore({ window: seconds(60), most: 10, share: 10 });
    expect(codeOf(store.check(proofOf(A, 'one'), NOW))).to.equal('taken');
    expect(store.size()).to.equal(0);
    expect(codeOf(store.take(proofOf(A, 'one'), NOW))).to.equal('taken');
  });

  it('A-450 remembers for as long as a proof can be good: one dated ahead by the window, and the window after that', () => {
    const store = createReplayStore({ window: seconds(60), most: 10, share: 10 });
    const ahead = proofOf(A, 'one', later(60));
    store.take(ahead, NOW);
    expect(codeOf(store.take(ahead, later(120)))).to.equal('BINDING_REPLAY');
    expect(codeOf(store.take(ahead, later(121)))).to.equal('taken');
  });

  it('forgets a proof once it is too old to be good', () => {
    const store = createReplayStore({ window: seconds(60), most: 10, share: 10 });
    store.take(proofOf(A, 'one', later(-59)), NOW);
    expect(codeOf(store.check(proofOf(A, 'one'), later(1)))).to.equal('BINDING_REPLAY');
    expect(codeOf(store.check(proofOf(A, 'one'), later(2)))).to.equal('taken');
    expect(store.size()).to.equal(0);
  });

  it('gives each key a share: whoever signs many proofs takes no place of the others (LIMIT_REPLAY)', () => {
    const store = createReplayStore({ window: seconds(60), most: 10, share: 2 });
    for (const jti of ['1', '2']) store.take(proofOf(A, jti), NOW);
    expect(codeOf(store.take(proofOf(A, '3'), NOW))).to.equal('LIMIT_REPLAY');
    expect(codeOf(store.take(proofOf(A, '1'), NOW))).to.equal('BINDING_REPLAY');
    expect(codeOf(store.take(proofOf(B, '3'), NOW))).to.equal('taken');
    expect(codeOf(store.take(proofOf(A, '3'), later(61)))).to.equal('taken');
  });

  it('is bounded: LIMIT_REPLAY when full, and then a replay is still one', () => {
    const store = createReplayStore({ window: seconds(60), most: 3, share: 3 });
    for (const jti of ['1', '2', '3']) store.take(proofOf(A, jti), NOW);
    expect(codeOf(store.take(proofOf(A, '4'), NOW))).to.equal('LIMIT_REPLAY');
    expect(codeOf(store.take(proofOf(A, '1'), NOW))).to.equal('BINDING_REPLAY');
    expect(store.size()).to.equal(3);
    expect(codeOf(store.take(proofOf(A, '4'), later(121)))).to.equal('taken');
    expect(store.size()).to.equal(1);
  });
});
