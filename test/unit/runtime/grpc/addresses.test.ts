import { expect } from 'chai';

import { milliseconds } from '../../../../core/time/units.ts';
import { createAddresses } from '../../../../runtime/grpc/addresses.ts';

function setUp(draw = 0) {
  const time = { ms: 0 };
  const clock = { monotonic: () => milliseconds(time.ms) };
  return { time, addresses: createAddresses(['a', 'b', 'c'], { clock, jitter: () => draw }) };
}
const text = (order: readonly string[]): string => order.join('');

describe('createAddresses()', () => {
  it('A-512 tries one that failed last for 30 s, and then as any other', () => {
    const { time, addresses } = setUp();
    addresses.told('a', false);
    expect([addresses.order(), addresses.order(), addresses.order()].map(text)).to.deep.equal(['bca', 'bca', 'cba']);
    time.ms = 29_999;
    expect(text(addresses.order())).to.equal('bca');
    time.ms = 30_000;
    addresses.order();
    addresses.order();
    expect(text(addresses.order())).to.equal('abc');
  });

  it('gives all of them, in their round, when all have failed', () => {
    const { addresses } = setUp();
    for (const address of ['a', 'b', 'c']) addresses.told(address, false);
    expect([addresses.order(), addresses.order()].map(text)).to.deep.equal(['abc', 'bca']);
  });

  it('forgets the failure of one that answers again', () => {
    const { addresses } = setUp();
    addresses.told('a', false);
    addresses.told('a', true);
    expect(text(addresses.order())).to.equal('abc');
  });

  it('A-513 begins at a place by chance and goes round from there', () => {
    expect([0, 0.34, 0.67, 0.999].map((draw) => text(setUp(draw).addresses.order()))).to.deep.equal([
      'abc',
      'bca',
      'cab',
      'cab',
    ]);
    const { addresses } = setUp();
    expect([1, 2, 3, 4].map(() => text(addresses.order()))).to.deep.equal(['abc', 'bca', 'cab', 'abc']);
  });
});
