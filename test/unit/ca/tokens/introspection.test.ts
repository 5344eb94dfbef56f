import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import { AGENT } from '../small-ca.ts';
import { endOf, startTokenHouse, type TokenHouse, type Workload } from './token-house.ts';

const RULES = [{ for: { spiffe: { any: true } }, audience: 'payments', scopes: ['read'] }];
const GRANT = { grant_type: 'client_credentials', audience: 'payments' };
const REVOKE = { path: '/revoke' };
const INTROSPECT = { path: '/introspect' };

describe('/revoke and /introspect', function () {
  this.timeout(30_000);
  let house: TokenHouse;
  let agent: Workload;
  let other: Workload;
  beforeEach(async () => {
    house = await startTokenHouse({ rules: RULES }, { callsPerInstancePerMinute: 100_000 });
    agent = await house.workload(AGENT);
    other = await house.workload('/ns/shop/sa/orders');
  });
  afterEach(() => house[Symbol.asyncDispose]());
  const own = async (as: Workload): Promise<string> => String((await house.post(GRANT, { as })).body['access_token']);
  const isActive = async (token: string, as: Workload) =>
    (await house.post({ token }, { as, ...INTROSPECT })).body['active'];

  it('look for the token before the client is looked at: GRANT_TOKEN_REQUEST', async () => {
    for (const place of [REVOKE, INTROSPECT]) {
      const headers = { authorization: `Bearer ${randomBytes(8).toString('hex')}` };
      expect(endOf(await house.post('', { as: agent, headers, ...place }))).to.equal('400 invalid_request');
      expect(endOf(await house.post({ token: 'x' }, { as: agent, headers, ...place }))).to.equal('401 invalid_client');
    }
  });

  it('revoke nothing of another client, and tell once what is revoked', async () => {
    const token = await own(agent);
    expect((await house.post({ token }, { as: other, ...REVOKE })).status).to.equal(200);
    expect(await isActive(token, agent)).to.equal(true);
    for (let time = 0; time < 2; time += 1)
      expect((await house.post({ token }, { as: agent, ...REVOKE })).status).to.equal(200);
    expect(await isActive(token, agent)).to.equal(false);
    expect(house.ca.revocations.current().generation).to.equal(1);
  });

  it('let a client revoke no more than its share: LIMIT_REVOCATIONS; others and administrators still can', async () => {
    for (let at = 0; at < 100; at += 1)
      expect((await house.post({ token: await own(agent) }, { as: agent, ...REVOKE })).status).to.equal(200);
    const more = await house.post({ token: await own(agent) }, { as: agent, ...REVOKE });
    expect(endOf(more)).to.equal('503 temporarily_unavailable');
    expect((await house.post({ token: await own(other) }, { as: other, ...REVOKE })).status).to.equal(200);
    expect(house.ca.revocations.current().entries).to.have.length(101);
  });

  it('take no token of a key that a rotation now took out of the published set', async () => {
    const token = await own(agent);
    expect(await isActive(token, agent)).to.equal(true);
    expect(house.keys.rotate('now').ok).to.equal(true);
    expect(await isActive(token, agent)).to.equal(false);
    expect(await isActive(await own(agent), agent)).to.equal(true);
  });
});
