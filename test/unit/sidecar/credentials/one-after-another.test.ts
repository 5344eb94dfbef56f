import { expect } from 'chai';

import { oneAfterAnother } from '../../../../sidecar/credentials/one-after-another.ts';

describe('oneAfterAnother()', () => {
  it('A-531 never runs twice at a time, and gives all who come during a run the same next one', async () => {
    const gates: PromiseWithResolvers<string>[] = [];
    let running = 0;
    let most = 0;
    const run = oneAfterAnother(async () => {
      running += 1;
      most = Math.max(most, running);
      const gate = Promise.withResolvers<string>();
      gates.push(gate);
      return gate.promise.finally(() => {
        running -= 1;
      });
    });
    const first = run();
    const later = [run(), run(), run()];
    expect(gates).to.have.length(1);
    gates[0]?.resolve('first');
    expect(await first).to.equal('first');
    await new Promise(setImmediate);
    expect(gates).to.have.length(2);
    const last = run();
    gates[1]?.resolve('second');
    expect(await Promise.all(later)).to.deep.equal(['second', 'second', 'second']);
    await new Promise(setImmediate);
    gates[2]?.resolve('third');
    expect(await last).to.equal('third');
    expect(most).to.equal(1);
  });

  it('goes on after a run that failed', async () => {
    const outcomes = [Promise.reject(new Error('broken')), Promise.resolve('whole')];
    const run = oneAfterAnother(() => outcomes.shift() ?? Promise.resolve('more'));
    const first = run().catch((thrown: unknown) => String(thrown));
    const second = run();
    expect([await first, await second, await run()]).to.deep.equal(['Error: broken', 'whole', 'more']);
  });
});
