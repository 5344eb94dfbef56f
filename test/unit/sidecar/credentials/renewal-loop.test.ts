import { expect } from 'chai';

import type { Clock } from '../../../../core/time/clock.ts';
import { epochMilliseconds, epochSeconds, milliseconds } from '../../../../core/time/units.ts';
import { timeLeft, untilDue } from '../../../../sidecar/credentials/renewal-loop.ts';
import { testSnapshot } from '../../../kit/snapshot.ts';
import { createTestAuthority } from '../../../kit/x509.ts';

const noon = epochSeconds(Math.floor(Date.now() / 1000));
const snapshot = testSnapshot(createTestAuthority(), noon, { lifetime: 3600 });
const at = (seconds: number): Clock => ({
  now: () => epochMilliseconds((noon + seconds) * 1000),
  monotonic: () => milliseconds(0),
});

describe('untilDue()', () => {
  it('A-521 is due at once without a certificate, at renewAt, and after any jump past it', () => {
    expect(untilDue(undefined, at(0))).to.equal(0);
    for (const seconds of [1800, 1801, 3600, 30 * 86_400]) expect(untilDue(snapshot, at(seconds))).to.equal(0);
  });

  it('A-522 never waits longer than 60 s for the next look, however far the clock was set back', () => {
    for (const seconds of [0, -3600, -30 * 86_400]) expect(untilDue(snapshot, at(seconds))).to.equal(60_000);
    expect(untilDue(snapshot, at(1741))).to.equal(59_000);
    expect(untilDue(snapshot, at(1799.5))).to.equal(500);
  });
});

describe('timeLeft()', () => {
  it('A-013 counts the second of notAfter as inside, and nothing after it', () => {
    expect(timeLeft(snapshot, at(3600))).to.equal(1000);
    expect(timeLeft(snapshot, at(3600.999))).to.equal(1);
    expect(timeLeft(snapshot, at(3601))).to.equal(0);
    expect(timeLeft(snapshot, at(99_999))).to.equal(0);
    expect(timeLeft(undefined, at(0))).to.equal(0);
  });
});
