import { expect } from 'chai';

import { createGate } from '../../../../ca/issue/gate.ts';
import { admit, refuse } from '../../../../core/fault/refusal.ts';
import { codeOf } from '../small-ca.ts';

describe('createGate()', () => {
  it('A-129 refuses with ISSUE_BUSY what can neither run nor wait', async () => {
    const gate = createGate({ inProgress: 1, waiting: 1 });
    const { promise, resolve } = Promise.withResolvers<void>();
    const work = async () => {
      await promise;
      return admit(1);
    };
    const taken = [gate.run(work), gate.run(work)];
    expect(codeOf(await gate.run(work))).to.equal('ISSUE_BUSY');
    resolve();
    expect((await Promise.all(taken)).map(codeOf)).to.deep.equal(['ok', 'ok']);
    expect(codeOf(await gate.run(work))).to.equal('ok');
  });

  it('never runs more at once than it may, and in the order of coming', async () => {
    const gate = createGate({ inProgress: 2, waiting: 100 });
    const begun: number[] = [];
    let running = 0;
    let most = 0;
    const runs = Array.from({ length: 20 }, (_, place) =>
      gate.run(async () => {
        begun.push(place);
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return admit(place);
      }),
    );
    await Promise.all(runs);
    expect(most).to.equal(2);
    expect(begun).to.deep.equal(Array.from({ length: 20 }, (_, place) => place));
  });

  it('gives the place on after a refusal and after a throw', async () => {
    const gate = createGate({ inProgress: 1, waiting: 1 });
    expect(codeOf(await gate.run(async () => refuse('CSR_NAME')))).to.equal('CSR_NAME');
    const thrown = await gate
      .run(async () => {
        throw new Error('broke');
      })
      .catch((cause: unknown) => cause);
    expect(thrown).to.be.instanceOf(Error);
    expect(codeOf(await gate.run(async () => admit(1)))).to.equal('ok');
  });
});
