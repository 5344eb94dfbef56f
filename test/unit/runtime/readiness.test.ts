import { expect } from 'chai';

import { createReadiness } from '../../../runtime/readiness.ts';

describe('createReadiness()', () => {
  it('A-536 is never ready again once drain began', () => {
    const readiness = createReadiness(['credentials']);
    readiness.met('credentials');
    readiness.drain();
    expect([readiness.isReady(), readiness.isStarted(), readiness.pending()]).to.deep.equal([
      false,
      true,
      ['draining'],
    ]);
    readiness.expect('credentials');
    readiness.met('credentials');
    expect(readiness.isReady()).to.equal(false);
  });

  it('refuses a name that was never expected', () => {
    expect(() => createReadiness(['a']).met('b')).to.throw(TypeError);
  });

  it('lists what is missing, in the order of the start', () => {
    const readiness = createReadiness(['a', 'b', 'c']);
    readiness.met('b');
    expect(readiness.pending()).to.deep.equal(['a', 'c']);
    expect(readiness.isReady()).to.equal(false);
  });

  it('loses readiness with a name, and stays started', () => {
    const readiness = createReadiness(['a', 'b']);
    readiness.met('a');
    expect(readiness.isStarted()).to.equal(false);
    readiness.met('b');
    expect([readiness.isReady(), readiness.isStarted()]).to.deep.equal([true, true]);
    readiness.expect('a');
    expect([readiness.isReady(), readiness.isStarted(), readiness.pending()]).to.deep.equal([false, true, ['a']]);
    readiness.met('a');
    expect(readiness.isReady()).to.equal(true);
  });
});
