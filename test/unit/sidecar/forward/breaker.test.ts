import { expect } from 'chai';

import { createBreaker } from '../../../../sidecar/forward/breaker.ts';
import { CIRCUIT } from '../../../kit/circuit.ts';
import { TestTime } from './rig.ts';

function setUp() {
  const clock = new TestTime();
  const changes: boolean[] = [];
  const breaker = createBreaker({ terms: CIRCUIT, clock, jitter: () => 1, onChange: (isOpen) => changes.push(isOpen) });
  const fail = (count: number): void => {
    for (let left = count; left > 0; left -= 1) breaker.failed();
  };
  return { clock, changes, breaker, fail };
}

describe('createBreaker()', () => {
  it('A-545 lets everybody try until so many in a row have failed', () => {
    const { breaker, changes, fail } = setUp();
    fail(4);
    expect(breaker.wait()).to.equal(0);
    breaker.succeeded();
    fail(4);
    expect([breaker.wait(), breaker.isOpen, changes]).to.deep.equal([0, false, []]);
  });

  it('A-545 lets nobody try for its rest, then one for all, and rests longer where that one fails', () => {
    const { clock, breaker, changes, fail } = setUp();
    fail(5);
    expect([breaker.wait(), changes]).to.deep.equal([500, [true]]);
    clock.pass(499);
    expect(breaker.wait()).to.equal(1);
    clock.pass(1);
    expect(breaker.wait()).to.equal(0);
    expect(breaker.wait(), 'the others').to.equal(500);
    breaker.failed();
    expect(breaker.wait()).to.equal(1_000);
    clock.pass(1_000);
    expect(breaker.wait()).to.equal(0);
    breaker.succeeded();
    expect([breaker.wait(), breaker.wait(), changes]).to.deep.equal([0, 0, [true, false]]);
  });

  it('is not held up by one that tries and never comes back', () => {
    const { clock, breaker, fail } = setUp();
    fail(5);
    clock.pass(500);
    expect(breaker.wait()).to.equal(0);
    clock.pass(10_000);
    expect(breaker.wait()).to.equal(0);
  });

  it('never rests longer than it may', () => {
    const { breaker, fail } = setUp();
    fail(60);
    expect(breaker.wait()).to.equal(10_000);
  });
});
