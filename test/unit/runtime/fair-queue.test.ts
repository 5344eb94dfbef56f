import { expect } from 'chai';
import fc from 'fast-check';

import { createFairQueue } from '../../../runtime/fair-queue.ts';

describe('createFairQueue()', () => {
  it('gives each key its turn, and of one key the oldest first', () => {
    const queue = createFairQueue<string>(10);
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) queue.push(item.slice(0, 1), item);
    expect(Array.from({ length: 7 }, () => queue.shift())).to.deep.equal([
      'a1',
      'b1',
      'c1',
      'a2',
      'b2',
      'a3',
      undefined,
    ]);
  });

  it('A-129 drops the youngest of the longest when it is full, whoever comes', () => {
    const queue = createFairQueue<string>(3);
    for (const item of ['a1', 'a2', 'a3']) expect(queue.push('a', item)).to.equal(undefined);
    expect(queue.push('a', 'a4')).to.equal('a4');
    expect(queue.push('b', 'b1')).to.equal('a3');
    // Two and one: one more of b would only turn them round.
    expect(queue.push('b', 'b2')).to.equal('b2');
    expect(queue.push('c', 'c1')).to.equal('a2');
    expect(queue.push('d', 'd1')).to.equal('d1');
    expect(queue.size).to.equal(3);
  });

  it('gives out all that it took and did not drop, and never holds more than it may', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(4), { freq: 3 })), fc.integer({ min: 1, max: 8 }), (steps, most) => {
        const queue = createFairQueue<number>(most);
        const inside = new Set<number>();
        for (const [item, key] of steps.entries()) {
          if (key === null) {
            const out = queue.shift();
            expect(out === undefined ? inside.size === 0 : inside.delete(out)).to.equal(true);
          } else {
            const dropped = queue.push(String(key), item);
            inside.add(item);
            if (dropped !== undefined) expect(inside.delete(dropped)).to.equal(true);
          }
          expect(queue.size).to.equal(inside.size).and.to.be.at.most(most);
        }
      }),
    );
  });
});
