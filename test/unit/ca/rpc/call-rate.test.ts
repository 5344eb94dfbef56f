import { expect } from 'chai';

import { createCallRate } from '../../../../ca/rpc/call-rate.ts';
import { milliseconds } from '../../../../core/time/units.ts';
import { createMetrics } from '../../../../runtime/metrics.ts';
import { codeOf } from '../small-ca.ts';
import { callerOf } from './callers.ts';

function scene(callsPerInstancePerMinute: number, callsPerIdentityPerMinute: number) {
  let now = 0;
  const metrics = createMetrics();
  const clock = { monotonic: () => milliseconds(now) };
  const rate = createCallRate({ limits: { callsPerInstancePerMinute, callsPerIdentityPerMinute }, clock, metrics });
  return { rate, metrics, pass: (ms: number) => (now += ms) };
}

describe('createCallRate()', () => {
  it('A-129 refuses an instance that calls too often, with the time to come back, and not its replica: LIMIT_ISSUES', () => {
    const { rate, metrics, pass } = scene(60, 1000);
    const flooder = callerOf({ lineage: 'a' });
    const codes = Array.from({ length: 100 }, () => codeOf(rate.take(flooder)));
    expect(codes.filter((code) => code === 'ok')).to.have.length(60);
    const refused = rate.take(flooder);
    expect(refused.ok ? undefined : refused.refusal.code).to.equal('LIMIT_ISSUES');
    expect(refused.ok ? undefined : refused.refusal.retryAfter).to.be.within(1, 60_000);
    expect(codeOf(rate.take(callerOf({ lineage: 'b' })))).to.equal('ok');
    expect(metrics.render()).to.include('cleat_ca_calls_limited_total{by="instance"} 41');
    pass(1000);
    expect(codeOf(rate.take(flooder))).to.equal('ok');
  });

  it('A-129 refuses an identity whose instances call too often together, and no other: LIMIT_ISSUES', () => {
    const { rate } = scene(2, 5);
    const codes = ['a', 'a', 'a', 'b', 'b', 'c', 'd'].map((lineage) => codeOf(rate.take(callerOf({ lineage }))));
    expect(codes).to.deep.equal(['ok', 'ok', 'LIMIT_ISSUES', 'ok', 'ok', 'ok', 'LIMIT_ISSUES']);
    expect(codeOf(rate.take(callerOf({ lineage: 'x', path: '/ns/shop/sa/other' })))).to.equal('ok');
  });

  it('counts a certificate that names no lineage by itself', () => {
    const { rate } = scene(1, 5);
    const stray = callerOf({ lineage: undefined });
    expect([codeOf(rate.take(stray)), codeOf(rate.take(stray))]).to.deep.equal(['ok', 'LIMIT_ISSUES']);
  });

  it('lets 1,000 replicas of one identity start at once with the limits that there are by default', () => {
    const { rate } = scene(300, 60_000);
    const codes = new Set<string>();
    for (let each = 0; each < 1000; each += 1)
      for (let call = 0; call < 10; call += 1) codes.add(codeOf(rate.take(callerOf({ lineage: String(each) }))));
    expect([...codes]).to.deep.equal(['ok']);
  });
});
