import { expect } from 'chai';

import { createLatest } from '../../../../sidecar/egress/latest.ts';

describe('createLatest()', () => {
  it('lets the longest unused one go when it is full; reading is using', () => {
    const latest = createLatest<number>(2);
    latest.set('a', 1);
    latest.set('b', 2);
    expect(latest.get('a')).to.equal(1);
    latest.set('c', 3);
    expect(['a', 'b', 'c'].map((key) => latest.get(key))).to.deep.equal([1, undefined, 3]);
    latest.set('a', 4);
    expect([...latest.values()]).to.deep.equal([3, 4]);
    latest.delete('a');
    expect(latest.get('a')).to.equal(undefined);
    latest.set('d', 5);
    latest.prune((value) => value < 5);
    expect([...latest.values()]).to.deep.equal([5]);
  });
});
