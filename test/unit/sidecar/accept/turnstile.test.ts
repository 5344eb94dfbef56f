import { expect } from 'chai';

import { createTurnstile } from '../../../../sidecar/accept/turnstile.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('createTurnstile()', () => {
  it('A-065 lets so many through in one turn, and the rest in the turns after it, in their order', async () => {
    const passed: number[] = [];
    const turnstile = createTurnstile<number>(2, (one) => passed.push(one));
    for (const one of [1, 2, 3, 4, 5]) turnstile.push(one);
    expect(passed).to.deep.equal([1, 2]);
    await turn();
    expect(passed).to.deep.equal([1, 2, 3, 4]);
    turnstile.push(6);
    expect(passed, 'nobody overtakes').to.deep.equal([1, 2, 3, 4]);
    await turn();
    expect(passed).to.deep.equal([1, 2, 3, 4, 5, 6]);
    await turn();
    turnstile.push(7);
    expect(passed.at(-1)).to.equal(7);
  });

  it('lets nobody through once it is closed', async () => {
    const passed: number[] = [];
    const turnstile = createTurnstile<number>(1, (one) => passed.push(one));
    turnstile.push(1);
    turnstile.push(2);
    turnstile.close();
    await turn();
    await turn();
    expect(passed).to.deep.equal([1]);
  });
});
