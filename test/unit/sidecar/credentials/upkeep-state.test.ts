import { expect } from 'chai';

import { epochSeconds } from '../../../../core/time/units.ts';
import { createUpkeepState } from '../../../../sidecar/credentials/upkeep-state.ts';

describe('createUpkeepState()', () => {
  it('tells the next attempt, and the last refusal until an attempt succeeds', () => {
    const state = createUpkeepState();
    expect(state.facts()).to.deep.equal({ nextAttempt: undefined, lastRefusal: undefined });
    state.failed({ code: 'RENEW_UNREACHABLE', detail: 'down' }, epochSeconds(7));
    state.planned(epochSeconds(9));
    expect(state.facts()).to.deep.equal({
      nextAttempt: 9,
      lastRefusal: { code: 'RENEW_UNREACHABLE', detail: 'down', at: 7 },
    });
    state.succeeded();
    expect(state.facts()).to.deep.equal({ nextAttempt: 9, lastRefusal: undefined });
  });
});
