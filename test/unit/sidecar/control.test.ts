import { expect } from 'chai';

import { admit, refuse } from '../../../core/fault/refusal.ts';
import { createControlVerbs } from '../../../sidecar/control.ts';
import { createWhy } from '../../../sidecar/why.ts';
import { createTestAuthority } from '../../kit/x509.ts';
import { exchangeOf, noteOf } from './callers.ts';
import { snapshotOf } from './egress/snapshots.ts';
import { epochMilliseconds } from '../../../core/time/units.ts';
import { createPlaintextPeers } from '../../../sidecar/plaintext-peers.ts';

const ID = 'a'.repeat(32);

describe('createControlVerbs()', () => {
  const snapshot = snapshotOf(createTestAuthority(), { generation: 5 });

  function setUp(renewed?: ReturnType<typeof refuse>) {
    const why = createWhy(8);
    why.request(exchangeOf({ refusal: { code: 'POLICY_NO_RULE', detail: 'x' }, note: noteOf({ requestId: ID }) }));
    const plaintextPeers = createPlaintextPeers(2);
    plaintextPeers.note('192.0.2.1', epochMilliseconds(1));
    const verbs = createControlVerbs({
      plaintextPeers,
      credentials: {
        current: () => snapshot,
        renew: () => Promise.resolve(renewed ?? admit(snapshot)),
        upkeep: () => ({
          nextAttempt: snapshot.renewAt,
          lastRefusal: { code: 'RENEW_UNREACHABLE', detail: 'down', at: snapshot.leaf.notBefore },
        }),
      },
      revocations: { facts: () => ({ generation: 7, entries: 2, staleSeconds: 0 }) },
      why,
      egressGeneration: () => 4,
      connections: () => 2,
      pending: () => ['inbound'],
    });
    return verbs;
  }

  for (const body of [
    { requestId: 'x' },
    { requestId: 7 },
    { requestId: 'A'.repeat(32) },
    { last: -1 },
    { last: 1.5 },
    { last: '9' },
    { last: null },
  ]) {
    it(`refuses why with ${JSON.stringify(body)} by REQUEST_BODY`, async () => {
      expect(await setUp().why(body)).to.have.nested.property('refusal.code', 'REQUEST_BODY');
    });
  }

  it('gives the last refusals, or the one of a request id', async () => {
    const { why } = setUp();
    for (const body of [null, {}, { last: 1 }, { requestId: ID }, 'text']) {
      expect(await why(body), JSON.stringify(body)).to.have.nested.property('value[0].requestId', ID);
    }
    expect(await why({ requestId: 'b'.repeat(32) }))
      .to.have.property('value')
      .that.deep.equals([]);
    expect(await why({ last: 0 }))
      .to.have.property('value')
      .that.deep.equals([]);
  });

  it('renews by force, and says why it could not', async () => {
    expect(await setUp().renew(null)).to.have.nested.property('value.generation', 5);
    expect(await setUp(refuse('RENEW_UNREACHABLE', 'down')).renew(null)).to.have.nested.property(
      'refusal.code',
      'RENEW_UNREACHABLE',
    );
  });

  it('tells identity, generations and what is pending, and no key', async () => {
    const status = await setUp().status(null);
    expect(status)
      .to.deep.include({ ok: true })
      .and.to.have.nested.property('value.credentials.spiffeId', snapshot.id.uri);
    expect(status).to.have.nested.property('value.egressGeneration', 4);
    expect(status).to.have.nested.property('value.pending[0]', 'inbound');
    expect(status).to.have.deep.nested.property('value.renewal', {
      nextAttempt: snapshot.renewAt,
      lastError: { code: 'RENEW_UNREACHABLE', detail: 'down', at: snapshot.leaf.notBefore },
    });
    expect(JSON.stringify(status)).to.not.match(/PRIVATE|"d"/);
  });
});
