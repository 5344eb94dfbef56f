import { expect } from 'chai';

import { createWatchers, WATCHER_BOUNDS } from '../../../../ca/rpc/watchers.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { codeOf } from '../small-ca.ts';
import { callerOf } from './callers.ts';

describe('createWatchers()', () => {
  it('A-129 gives the newest streams of an instance a seat, and ends its oldest', () => {
    const watchers = createWatchers({ perInstance: 2, perIdentity: 10 });
    const [one, two, three] = ['a', 'a', 'a'].map((lineage) => demand(watchers.sit(callerOf({ lineage }))));
    const other = demand(watchers.sit(callerOf({ lineage: 'b' })));
    expect([one, two, three, other].map((seat) => seat?.displaced.aborted)).to.deep.equal([true, false, false, false]);
    // The one that gave way and leaves later takes nobody's place with it.
    one?.[Symbol.dispose]();
    demand(watchers.sit(callerOf({ lineage: 'a' })));
    expect([two, three].map((seat) => seat?.displaced.aborted)).to.deep.equal([true, false]);
  });

  it('A-129 refuses an identity more than its bound: LIMIT_CONNECTIONS, and not another one', () => {
    const watchers = createWatchers({ perInstance: 2, perIdentity: 3 });
    const seats = ['a', 'b', 'c'].map((lineage) => demand(watchers.sit(callerOf({ lineage }))));
    expect(codeOf(watchers.sit(callerOf({ lineage: 'd' })))).to.equal('LIMIT_CONNECTIONS');
    expect(codeOf(watchers.sit(callerOf({ lineage: 'd', path: '/ns/shop/sa/other' })))).to.equal('ok');
    seats[0]?.[Symbol.dispose]();
    seats[0]?.[Symbol.dispose]();
    expect(codeOf(watchers.sit(callerOf({ lineage: 'd' })))).to.equal('ok');
    expect(codeOf(watchers.sit(callerOf({ lineage: 'e' })))).to.equal('LIMIT_CONNECTIONS');
  });

  it('has room for 10,000 replicas of one identity', () => {
    const watchers = createWatchers(WATCHER_BOUNDS);
    const codes = new Set<string>();
    for (let each = 0; each < 10_000; each += 1) codes.add(codeOf(watchers.sit(callerOf({ lineage: String(each) }))));
    expect([...codes]).to.deep.equal(['ok']);
  });
});
