import { expect } from 'chai';

import { createGate, type GateBounds } from '../../../../ca/issue/gate.ts';
import { admit, refuse } from '../../../../core/fault/refusal.ts';
import { codeOf, testClock } from '../small-ca.ts';

const gateWith = (bounds: Partial<GateBounds>) =>
  createGate({ inProgress: 1, perTurn: 100, perSecond: 100_000, waiting: 100, ...bounds }, testClock());

describe('createGate()', () => {
  it('A-129 refuses with ISSUE_BUSY and a time to come back what can neither run nor wait', async () => {
    const gate = gateWith({ waiting: 1, perSecond: 10 });
    const { promise, resolve } = Promise.withResolvers<void>();
    const work = async () => {
      await promise;
      return admit(1);
    };
    const first = gate.run('a', work);
    await new Promise((resolve) => setImmediate(resolve));
    const taken = [first, gate.run('a', work)];
    const refused = await gate.run('a', work);
    expect(refused).to.have.nested.property('refusal.code', 'ISSUE_BUSY');
    expect(refused).to.have.nested.property('refusal.retryAfter', 100);
    resolve();
    expect((await Promise.all(taken)).map(codeOf)).to.deep.equal(['ok', 'ok']);
    expect(codeOf(await gate.run('a', work))).to.equal('ok');
  });

  it('A-129 serves the others in their turn while one key floods, and drops of the flood alone', async () => {
    const gate = gateWith({ inProgress: 1, waiting: 20 });
    const order: string[] = [];
    const run = (key: string) =>
      gate.run(key, async () => {
        order.push(key);
        await new Promise((resolve) => setImmediate(resolve));
        return admit(key);
      });
    const flood = Array.from({ length: 60 }, () => run('flood'));
    const others = ['one', 'two', 'three'].map(run);
    expect((await Promise.all(others)).map(codeOf)).to.deep.equal(['ok', 'ok', 'ok']);
    const ends = (await Promise.all(flood)).map(codeOf);
    expect(ends.filter((code) => code === 'ok')).to.have.length(17);
    expect(ends.filter((code) => code === 'ISSUE_BUSY')).to.have.length(43);
    // Each key has its turn.
    expect(order.slice(0, 4)).to.have.members(['flood', 'one', 'two', 'three']);
  });

  it('never runs more at once than it may, and in the order of coming', async () => {
    const gate = gateWith({ inProgress: 2 });
    const begun: number[] = [];
    let running = 0;
    let most = 0;
    const runs = Array.from({ length: 20 }, (_, place) =>
      gate.run('a', async () => {
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

  it('begins no more in a turn of the event loop than it may', async () => {
    const gate = gateWith({ inProgress: 1000, perTurn: 8 });
    const perTurn: number[] = [];
    let begun = 0;
    const runs = Array.from({ length: 40 }, () =>
      gate.run('a', async () => {
        begun += 1;
        return admit(1);
      }),
    );
    while (begun < 40) {
      const before = begun;
      await new Promise((resolve) => setImmediate(resolve));
      perTurn.push(begun - before);
    }
    await Promise.all(runs);
    expect(Math.max(...perTurn)).to.be.at.most(8);
  });

  it('begins no more in a second than it may, and goes on when time has passed', async () => {
    const clock = testClock();
    let now = 0;
    const gate = createGate(
      { inProgress: 100, perTurn: 100, perSecond: 5, waiting: 100 },
      { monotonic: () => now as ReturnType<typeof clock.monotonic> },
    );
    let begun = 0;
    const runs = Array.from({ length: 8 }, () =>
      gate.run('a', async () => {
        begun += 1;
        return admit(1);
      }),
    );
    await Promise.all(runs.slice(0, 5));
    expect(begun).to.equal(5);
    expect(gate.waiting()).to.equal(3);
    now = 1000;
    expect((await Promise.all(runs)).map(codeOf)).to.deep.equal(Array.from({ length: 8 }, () => 'ok'));
  });

  it('gives the place on after a refusal and after a throw', async () => {
    const gate = gateWith({ waiting: 1 });
    expect(codeOf(await gate.run('a', async () => refuse('CSR_NAME')))).to.equal('CSR_NAME');
    const thrown = await gate
      .run('a', async () => {
        throw new Error('broke');
      })
      .catch((cause: unknown) => cause);
    expect(thrown).to.be.instanceOf(Error);
    expect(codeOf(await gate.run('a', async () => admit(1)))).to.equal('ok');
  });
});
