import { expect } from 'chai';

import { milliseconds } from '../../../core/time/units.ts';
import { nextLoad } from '../../../runtime/jwks-schedule.ts';

const refresh = milliseconds(600_000);
const good = (cacheControl?: string): number => nextLoad({ failures: 0, cacheControl, refresh }, () => 0);

describe('nextLoad()', () => {
  it('obeys max-age between 1 and 60 min, wherever it stands', () => {
    expect(good('max-age=300')).to.equal(300_000);
    expect(good('public, MAX-AGE=300, immutable')).to.equal(300_000);
    expect(good('max-age=0')).to.equal(60_000);
    expect(good('max-age=999999')).to.equal(3_600_000);
  });

  it('goes by its own interval where nothing useful is said', () => {
    for (const said of [
      undefined,
      '',
      'no-store',
      's-maxage=5',
      'max-age=',
      'max-age=-1',
      'max-age=1e3',
      'xmax-age=300',
      'max-age=9999999999',
    ])
      expect(good(said), String(said)).to.equal(600_000);
  });

  it('comes up to a tenth early, never late', () => {
    expect(nextLoad({ failures: 0, cacheControl: undefined, refresh }, () => 0.999)).to.be.within(540_000, 600_000);
  });

  it('retries after half a second, doubling to 30 s', () => {
    const waits = [1, 2, 3, 7, 8, 100].map((failures) =>
      nextLoad({ failures, cacheControl: 'max-age=300', refresh }, () => 1),
    );
    expect(waits).to.deep.equal([500, 1000, 2000, 30_000, 30_000, 30_000]);
  });
});
