import { expect } from 'chai';

import { expiryOf } from '../../../../ca/rpc/expiry.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { testClock } from '../small-ca.ts';

describe('expiryOf()', () => {
  it('is over at once for what is past', async () => {
    const end = await expiryOf(epochSeconds(1_799_999_999), testClock(), new AbortController().signal);
    expect(end).to.equal('expired');
  });

  it('ends with the signal, also with one that aborted before', async () => {
    const stop = new AbortController();
    const ended = expiryOf(epochSeconds(1_800_000_000), testClock(), stop.signal);
    stop.abort();
    expect(await ended).to.equal('aborted');
    expect(await expiryOf(epochSeconds(1_799_999_999), testClock(), stop.signal)).to.equal('aborted');
  });

  it('looks again when the time has come, the last second included', async () => {
    const clock = testClock(1_800_000_000.99);
    const ended = expiryOf(epochSeconds(1_800_000_000), clock, new AbortController().signal);
    clock.advance(0.01);
    expect(await ended).to.equal('expired');
  });
});
