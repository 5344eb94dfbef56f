import { expect } from 'chai';

import { backoff } from '../../../../core/time/backoff.ts';
import { milliseconds } from '../../../../core/time/units.ts';

const bounds = { first: milliseconds(500), most: milliseconds(30_000) };
const least = () => 0;
const nearlyOne = () => 1 - Number.EPSILON;

describe('backoff()', () => {
  it('doubles up to the bound', () => {
    const waits = [0, 1, 2, 3, 4, 5, 6, 7, 1000].map((attempt) => backoff(attempt, bounds, nearlyOne));
    expect(waits).to.deep.equal([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('A-513 spreads each wait over the upper half, so that a fleet does not come back at once', () => {
    for (let attempt = 0; attempt < 70; attempt += 1) {
      const most = backoff(attempt, bounds, nearlyOne);
      expect(backoff(attempt, bounds, least)).to.equal(most / 2);
      expect(backoff(attempt, bounds, () => 0.5)).to.equal(most * 0.75);
    }
  });

  it('never waits longer than the bound, even where the first wait would', () => {
    expect(backoff(0, { first: milliseconds(500), most: milliseconds(100) }, nearlyOne)).to.equal(100);
  });

  it('takes an attempt below none as the first, and an endless count as the bound', () => {
    expect(backoff(-1, bounds, nearlyOne)).to.equal(500);
    expect(backoff(Infinity, bounds, nearlyOne)).to.equal(30_000);
    expect(backoff(Infinity, { first: milliseconds(0), most: milliseconds(0) }, nearlyOne)).to.equal(0);
  });
});
