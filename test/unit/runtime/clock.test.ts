import { expect } from 'chai';

import { systemClock } from '../../../runtime/clock.ts';

describe('systemClock()', () => {
  it('has a wall clock in milliseconds since 1970 and a clock that does not go back', () => {
    const clock = systemClock();
    expect(clock.now()).to.be.greaterThan(Date.UTC(2026, 0, 1));
    const first = clock.monotonic();
    expect(clock.monotonic()).to.be.at.least(first);
  });
});
