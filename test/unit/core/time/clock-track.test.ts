import { expect } from 'chai';

import { beginTrack, judgeClock, type ClockTrack } from '../../../../core/time/clock-track.ts';
import { epochMilliseconds, milliseconds } from '../../../../core/time/units.ts';

const START = 1_800_000_000_000;
const HOUR = 3_600_000;

/** Both clocks `monotonic` after the start, the wall clock `ahead` of that (milliseconds). */
const at = (monotonic: number, ahead = 0) => ({
  wall: epochMilliseconds(START + monotonic + ahead),
  monotonic: milliseconds(monotonic),
});

/** The verdicts on a series of instants. */
function judgeAll(...instants: readonly ReturnType<typeof at>[]) {
  let track: ClockTrack = beginTrack(at(0));
  return instants.map((instant) => {
    const { behind, jump, ...rest } = judgeClock(track, instant);
    track = rest.track;
    return jump ?? behind;
  });
}

describe('judgeClock()', () => {
  it('says how far a clock is behind that was set back, at each look, until it has caught up', () => {
    expect(judgeAll(at(1000, -HOUR), at(2000, -HOUR), at(3000, -60_001), at(4000, -60_000), at(5000))).to.deep.equal([
      HOUR,
      HOUR,
      60_001,
      0,
      0,
    ]);
  });

  it('believes a jump forward, and the way back to where it came from', () => {
    expect(judgeAll(at(1000, 24 * HOUR), at(2000, 24 * HOUR), at(3000), at(4000))).to.deep.equal([
      'forward',
      0,
      'returned',
      0,
    ]);
  });

  it('does not believe the way back beyond where it came from', () => {
    expect(judgeAll(at(1000, HOUR), at(2000, -HOUR))).to.deep.equal(['forward', 2 * HOUR]);
  });

  it('does not believe the same way back twice', () => {
    expect(judgeAll(at(1000, HOUR), at(2000), at(3000, -HOUR))).to.deep.equal(['forward', 'returned', HOUR]);
  });

  it('believes what a second changes by less than a minute', () => {
    expect(judgeAll(at(1000, 60_000), at(2000, 0), at(3000, -60_000))).to.deep.equal([0, 0, 0]);
  });
});
