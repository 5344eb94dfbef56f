import { expect } from 'chai';
import fc from 'fast-check';

import { epochMilliseconds, epochSeconds } from '../../../../core/time/units.ts';
import { lifeStage } from '../../../../sidecar/credentials/life-stage.ts';

const stageAt = (seconds: number, issuedAt?: number) =>
  lifeStage(
    {
      notBefore: epochSeconds(0),
      notAfter: epochSeconds(999),
      ...(issuedAt === undefined ? {} : { lineage: { issuedAt: epochSeconds(issuedAt) } }),
    },
    epochMilliseconds(seconds * 1000),
  );

describe('lifeStage()', () => {
  it('A-522 is early before its beginning, however far the clock was set back', () => {
    for (const seconds of [-0.001, -3600, -30 * 86_400])
      expect(stageAt(seconds)).to.deep.equal({ stage: 'early', left: -seconds * 1000 });
  });

  it('A-074 is ended after the second of notAfter, and after any jump past it', () => {
    for (const seconds of [1000, 1001, 3600, 30 * 86_400])
      expect(stageAt(seconds)).to.deep.equal({ stage: 'ended', left: 0 });
    expect(stageAt(999.999)).to.deep.equal({ stage: 'critical', left: 1 });
  });

  it('is late from 75 % and critical from 90 % of the life since issue', () => {
    expect([0, 749.999, 750, 899.999, 900].map((at) => stageAt(at).stage)).to.deep.equal([
      'good',
      'good',
      'late',
      'late',
      'critical',
    ]);
    expect(
      [799.999, 800, 919.999, 920].map((at) => stageAt(at, 200).stage),
      'backdated',
    ).to.deep.equal(['good', 'late', 'late', 'critical']);
  });

  it('says how long a stage lasts: at its end there is the next one', () => {
    fc.assert(
      fc.property(fc.integer({ min: -10_000, max: 999_999 }), (at) => {
        const { stage, left } = stageAt(at / 1000);
        expect(left).to.be.greaterThan(0);
        expect(stageAt((at + Math.ceil(left)) / 1000).stage).to.not.equal(stage);
      }),
    );
  });
});
