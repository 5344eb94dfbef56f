/** A CA is killed in the middle of each step of a rotation. It goes on where its journal stands, and nobody is cut off. */
import { expect } from 'chai';

import type { RotationStatus } from '../../ca/trust/rotation-status.ts';
import { demand } from '../../core/fault/fault.ts';
import { callControl } from '../../runtime/control-call.ts';
import { makePlace, startCa, type CaPlace } from './journal-ca.ts';

const NAME = 'rotation-survives-sigkill';

const rotate = (place: CaPlace, step: string) =>
  callControl({ path: place.control, verb: 'rotate', body: { step, force: step === 'activate' } });
const statusOf = async (place: CaPlace): Promise<RotationStatus> =>
  demand(await rotate(place, 'status')) as RotationStatus;

describe('scenario: a rotation survives SIGKILL', function () {
  this.timeout(60_000);

  for (const [step, from, to] of [
    ['prepare', 'idle', 'prepared'],
    ['activate', 'prepared', 'overlap'],
    ['rollback', 'overlap', 'overlap'],
  ] as const)
    for (const moment of ['while it is asked', 'as soon as it is done'] as const)
      it(`A-125 killed at ${step}, ${moment}`, async () => {
        using place = makePlace();
        const before = await (async () => {
          await using ca = await startCa(place, NAME);
          for (const earlier of ['prepare', 'activate']) {
            if ((await statusOf(place)).phase === from) break;
            demand(await rotate(place, earlier));
          }
          const found = await statusOf(place);
          const answer = rotate(place, step);
          if (moment === 'as soon as it is done') await ca.said(`rotation: ${step}`);
          await ca.end('SIGKILL');
          await answer;
          return found;
        })();
        expect(before.phase).to.equal(from);
        await using again = await startCa(place, NAME);
        const after = await statusOf(place);
        expect(after.phase).to.be.oneOf(moment === 'as soon as it is done' ? [to] : [from, to]);
        expect(after.bundleGeneration).to.be.at.least(before.bundleGeneration);
        expect(after.authorities.filter(({ slot }) => slot === 'active')).to.have.length(1);
        // The first root is still trusted in each of these phases: who knows only that one is served.
        if (after.authorities.some(({ slot, publishedAt }) => slot === 'active' && publishedAt === 1))
          expect((await again.issue()).outcome.ok).to.equal(true);
        if (after.phase === 'idle') demand(await rotate(place, 'prepare'));
        if (after.phase !== 'overlap') demand(await rotate(place, 'activate'));
        demand(await rotate(place, 'rollback'));
        expect((await statusOf(place)).phase).to.equal('overlap');
      });
});
