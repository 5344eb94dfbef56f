import { expect } from 'chai';

import { createRotateVerb } from '../../../../ca/rpc/rotation.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { codeOf, startSmallCa } from '../small-ca.ts';

describe('control verb rotate', () => {
  it('refuses what is no step, and force where there is nothing to force, with CONFIG_INVALID', async () => {
    await using ca = await startSmallCa();
    const rotate = createRotateVerb(ca.desk);
    for (const body of [
      null,
      1,
      'prepare',
      {},
      { step: 'x' },
      { step: 'prepare', force: true },
      { step: 'activate', force: 1 },
    ])
      expect(codeOf(await rotate(body)), JSON.stringify(body)).to.equal('CONFIG_INVALID');
    expect(ca.authorities.seats()).to.have.length(1);
  });

  it('refuses as the desk does, and gives the status after each step', async () => {
    await using ca = await startSmallCa();
    const rotate = createRotateVerb(ca.desk);
    expect(codeOf(await rotate({ step: 'activate' }))).to.equal('SIGNER_PHASE');
    const phases = [];
    for (const step of ['status', 'prepare', 'activate', 'rollback', 'retire'])
      phases.push((demand(await rotate({ step, force: step === 'activate' })) as { phase: string }).phase);
    expect(phases).to.deep.equal(['idle', 'prepared', 'overlap', 'overlap', 'idle']);
  });
});
