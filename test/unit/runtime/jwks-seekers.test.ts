import { expect } from 'chai';

import { milliseconds } from '../../../core/time/units.ts';
import { createSeekers } from '../../../runtime/jwks-seekers.ts';

const at = milliseconds;

describe('createSeekers()', () => {
  it("A-406 lets one who invents keys load once in a cool-down, and spend nobody else's", () => {
    const seekers = createSeekers(at(30_000));
    const storm = Array.from({ length: 1000 }, (_none, step) => seekers.mayLoad('thief', at(step * 29)));
    expect(storm.filter(Boolean)).to.have.length(1);
    expect(seekers.mayLoad('agent', at(29_000))).to.equal(true);
    expect(seekers.mayLoad('thief', at(29_999))).to.equal(false);
    expect(seekers.mayLoad('thief', at(30_000))).to.equal(true);
  });

  it('A-406 bounds all of them together', () => {
    const seekers = createSeekers(at(30_000));
    const crowd = Array.from({ length: 1000 }, (_none, who) => seekers.mayLoad(`thief ${who}`, at(0)));
    expect(crowd.filter(Boolean)).to.have.length(4);
    expect(seekers.mayLoad('agent', at(0))).to.equal(false);
    expect(seekers.mayLoad('agent', at(5000)), 'what was refused was not his turn').to.equal(true);
  });
});
