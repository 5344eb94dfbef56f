import { expect } from 'chai';
import fc from 'fast-check';

import { hintedDelay, renewAt, retryDelay } from '../../../../core/time/renewal.ts';
import { epochSeconds, milliseconds } from '../../../../core/time/units.ts';

const issued = epochSeconds(1_800_000_000);
const at = (life: number, jitter: number) => renewAt(issued, epochSeconds(issued + life), () => jitter) - issued;
const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('renewAt()', () => {
  it('lies between 50 % and 60 % of the time from issue to the end, both reached', () => {
    expect([at(3600, 0), at(3600, 0.5), at(3600, 0.999_999)]).to.deep.equal([1800, 1980, 2160]);
    expect([at(60, 0), at(60, 0.999_999)]).to.deep.equal([30, 36]);
  });

  it('lands inside 50 % to 60 % for each life from 5 s to 24 h and each draw', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 86_400 }), unit, (life, jitter) => {
        const wait = at(life, jitter);
        expect(wait).to.be.at.least(life * 0.5);
        expect(wait).to.be.at.most(life * 0.6);
        expect(Number.isInteger(wait)).to.equal(true);
      }),
    );
  });

  it('stays inside the validity for the shortest lives, and is at once for none', () => {
    expect([1, 2, 3, 4].map((life) => at(life, 0.999))).to.deep.equal([1, 1, 2, 2]);
    expect([at(0, 0.5), at(-100, 0.5)]).to.deep.equal([0, 0]);
  });
});

describe('retryDelay()', () => {
  const hour = milliseconds(3_600_000);
  const most = () => 1 - Number.EPSILON;
  const delays = (left: number) =>
    [0, 1, 2, 3, 4, 5, 6, 7].map((attempt) => retryDelay(attempt, milliseconds(left), most));

  it('doubles from 0.5 s to 30 s while much is left', () => {
    expect(delays(hour)).to.deep.equal([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  it('A-503 never waits longer than a tenth of what is left', () => {
    expect(delays(60_000)).to.deep.equal([500, 1000, 2000, 4000, 6000, 6000, 6000, 6000]);
    expect(delays(20_000)).to.deep.equal([500, 1000, 2000, 2000, 2000, 2000, 2000, 2000]);
  });

  it('never spins when next to nothing is left', () => {
    expect(delays(1)).to.deep.equal([500, 500, 500, 500, 500, 500, 500, 500]);
    expect(retryDelay(9, milliseconds(1), () => 0)).to.equal(250);
  });

  it('A-502 tries at least each 4 s once the certificate is expired', () => {
    expect(delays(0)).to.deep.equal([500, 1000, 2000, 4000, 4000, 4000, 4000, 4000]);
    expect(retryDelay(1000, milliseconds(-86_400_000), most)).to.equal(4000);
  });
});

describe('hintedDelay()', () => {
  const own = milliseconds(400);
  const hinted = (hint: number | undefined, left: number) =>
    hintedDelay(own, hint === undefined ? undefined : milliseconds(hint), milliseconds(left));

  it('A-513 cuts an absurd hint to what we would wait at most, and to a tenth of what is left', () => {
    expect(hinted(86_400_000, 3_600_000)).to.equal(30_400);
    expect(hinted(86_400_000, 20_000)).to.equal(2400);
    expect(hinted(86_400_000, 0)).to.equal(4400);
    expect(hinted(Number.POSITIVE_INFINITY, 1)).to.equal(900);
    expect(hinted(-5, 3_600_000)).to.equal(400);
  });

  it('waits our own time, spread, on top of the hint, and that alone without one', () => {
    expect(hinted(7000, 3_600_000)).to.equal(7400);
    expect(hinted(0, 3_600_000)).to.equal(400);
    expect(hinted(undefined, 3_600_000)).to.equal(400);
  });
});

describe('a fleet that comes back', () => {
  it('F-14 A-513 spreads over the longest wait: no second sees twice its share, and none waits longer', () => {
    const fleet = 2000;
    const outage = 300_000;
    const returns = Array.from({ length: fleet }, (_, member) => {
      // Its own draw each time; a member's attempts go on until one finds the CA again.
      let seed = member + 1;
      const jitter = (): number => {
        seed = (seed * 48_271) % 2_147_483_647;
        return seed / 2_147_483_647;
      };
      let at = jitter() * 1000;
      for (let attempt = 0; at < outage; attempt += 1) at += retryDelay(attempt, milliseconds(3_600_000), jitter);
      return at - outage;
    });
    const perSecond = Array.from({ length: 31 }, (_, second) =>
      returns.filter((at) => Math.floor(at / 1000) === second),
    );
    expect(Math.max(...returns)).to.be.at.most(30_000);
    expect(Math.max(...perSecond.map(({ length }) => length))).to.be.at.most((2 * fleet) / 22.5);
  });
});
