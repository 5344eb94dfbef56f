import { expect } from 'chai';

import { createRate, type RateTerms } from '../../../runtime/rate.ts';
import { milliseconds } from '../../../core/time/units.ts';

const rateWith = (terms: Partial<RateTerms> = {}) => createRate({ perMinute: 60, burst: 3, keysMost: 100, ...terms });
const at = (seconds: number) => milliseconds(seconds * 1000);

describe('createRate()', () => {
  it('A-129 lets a burst through, then no more than is regained', () => {
    const rate = rateWith();
    const waits = Array.from({ length: 4 }, () => rate.take('a', at(0)));
    expect(waits).to.deep.equal([0, 0, 0, 1000]);
    expect(rate.take('a', at(0.9))).to.be.above(0);
    expect(rate.take('a', at(1))).to.equal(0);
    expect(rate.take('a', at(1))).to.be.above(0);
  });

  it('never holds more than a burst, however long nobody came', () => {
    const rate = rateWith();
    expect(Array.from({ length: 5 }, () => rate.take('a', at(86_400))).filter((wait) => wait === 0)).to.have.length(3);
  });

  it('counts each key alone', () => {
    const rate = rateWith({ burst: 1 });
    expect(rate.take('a', at(0))).to.equal(0);
    expect(rate.take('a', at(0))).to.be.above(0);
    expect(rate.take('b', at(0))).to.equal(0);
  });

  it('sends those who came together back at different times, none later than in a minute', () => {
    const rate = rateWith({ burst: 1 });
    rate.take('a', at(0));
    const waits = Array.from({ length: 100 }, () => rate.take('a', at(0)));
    expect(waits.slice(0, 3)).to.deep.equal([1000, 2000, 3000]);
    expect(Math.max(...waits)).to.equal(60_000);
  });

  it('takes a charge off, into a debt of a burst at most', () => {
    const rate = rateWith();
    rate.charge('a', at(0), 1000);
    expect(rate.take('a', at(3))).to.be.above(0);
    expect(rate.take('a', at(4))).to.equal(0);
  });

  it('gives nothing for a clock that goes back', () => {
    const rate = rateWith({ burst: 1 });
    rate.take('a', at(100));
    expect(rate.take('a', at(50))).to.be.above(0);
    expect(rate.take('a', at(50.5))).to.be.above(0);
  });

  it('A-129 remembers no more keys than it may, and forgets the longest unused', () => {
    const rate = rateWith({ burst: 1, keysMost: 3 });
    for (const key of ['a', 'b', 'c']) rate.take(key, at(0));
    expect(rate.take('a', at(0))).to.be.above(0);
    rate.take('d', at(0));
    expect(rate.size()).to.equal(3);
    expect(rate.take('a', at(0))).to.be.above(0);
    expect(rate.take('b', at(0))).to.equal(0);
    for (let key = 0; key < 10_000; key += 1) rate.take(`stranger ${key}`, at(0));
    expect(rate.size()).to.equal(3);
  });
});
