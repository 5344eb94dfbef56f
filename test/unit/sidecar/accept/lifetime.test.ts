import { expect } from 'chai';

import { epochMilliseconds, epochSeconds, milliseconds } from '../../../../core/time/units.ts';
import { lifetimeOf } from '../../../../sidecar/accept/lifetime.ts';

const NOW = 1_800_000_000_000;

const lifetime = (left: number, maxAge: number): readonly [close: number, cut: number] => {
  const { closeAt, cutAt } = lifetimeOf(
    epochSeconds(NOW / 1000 + left),
    { maxAge: milliseconds(maxAge), maxAgeGrace: milliseconds(10_000) },
    epochMilliseconds(NOW),
  );
  return [closeAt - NOW, cutAt - NOW];
};

describe('lifetimeOf()', () => {
  it('A-073 A-013 cuts when the last second of the certificate is over, and not before', () => {
    expect(lifetime(3_600, 86_400_000)[1]).to.equal(3_601_000);
    expect(lifetime(0, 86_400_000)[1]).to.equal(1_000);
  });

  it('A-073 announces the end 5 s before, or in the last tenth of a short life', () => {
    expect(lifetime(3_600, 86_400_000)[0]).to.equal(3_596_000);
    expect(lifetime(29, 86_400_000)[0]).to.equal(27_000);
  });

  it('announces the end at the maximum age, if that comes first, and cuts when its grace is over', () => {
    expect(lifetime(3_600, 60_000)).to.deep.equal([60_000, 70_000]);
  });

  it('cuts at the end of the certificate, if that comes before the end of the grace', () => {
    expect(lifetime(64, 60_000)).to.deep.equal([60_000, 65_000]);
  });

  it('gives a certificate that has ended no time at all', () => {
    expect(lifetime(-10, 60_000)).to.deep.equal([-9_000, -9_000]);
  });
});
