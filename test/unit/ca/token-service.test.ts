import { expect } from 'chai';

import { epochSeconds } from '../../../core/time/units.ts';
import {
  ACCESS_TOKEN,
  endOf,
  EXCHANGE,
  JWT,
  startTokenHouse,
  type TokenHouse,
  type Workload,
} from './tokens/token-house.ts';
import { AGENT } from './small-ca.ts';

const RULES = [
  { for: { spiffe: { exact: AGENT } }, audience: 'payments', scopes: ['read', 'write'] },
  { for: { spiffe: { any: true } }, onBehalfOf: { audience: 'payments' }, audience: 'ledger', scopes: ['read'] },
  { for: { spiffe: { any: true } }, onBehalfOf: { issuer: 'login' }, audience: 'payments', scopes: ['read'] },
  { for: { spiffe: { any: true } }, onBehalfOf: { issuer: 'cluster' }, audience: 'payments', scopes: [] },
];
const GRANT = { grant_type: 'client_credentials', audience: 'payments' };

describe('createTokenService()', function () {
  this.timeout(30_000);
  let house: TokenHouse;
  let agent: Workload;
  let other: Workload;
  before(async () => {
    house = await startTokenHouse({ rules: RULES }, { perAddressPerMinute: 100_000 });
    agent = await house.workload(AGENT);
    other = await house.workload('/ns/shop/sa/orders');
  });
  after(() => house[Symbol.asyncDispose]());
  const exchange = (subject: string, change: Readonly<Record<string, string>> = {}, as = other) =>
    house.post(
      {
        grant_type: EXCHANGE,
        audience: 'payments',
        subject_token: subject,
        subject_token_type: ACCESS_TOKEN,
        ...change,
      },
      { as },
    );
  const own = async (as = agent): Promise<string> => String((await house.post(GRANT, { as })).body['access_token']);

  it('names the fix for a JSON body and for a missing grant_type: GRANT_TOKEN_REQUEST', async () => {
    const json = await house.post('{}', { as: agent, headers: { 'content-type': 'application/json' } });
    expect(endOf(json)).to.equal('400 invalid_request');
    expect(json.body['error_description']).to.include('application/x-www-form-urlencoded');
    const none = await house.post({ audience: 'payments' }, { as: agent });
    expect(endOf(none)).to.equal('400 invalid_request');
    expect(none.body['error_description']).to.include('client_credentials');
  });

  it('answers a body that is too long, and one that is encoded', async () => {
    expect(endOf(await house.post('a'.repeat(65_537), { as: agent }))).to.equal('400 invalid_request');
    const zipped = await house.post(GRANT, { as: agent, headers: { 'content-encoding': 'gzip' } });
    expect(endOf(zipped)).to.equal('400 invalid_request');
  });

  it('refuses an unknown grant (GRANT_TYPE), several targets (GRANT_TARGET) and a scope with two spaces (GRANT_SCOPE)', async () => {
    const password = await house.post({ ...GRANT, grant_type: 'password' }, { as: agent });
    expect(endOf(password)).to.equal('400 unsupported_grant_type');
    expect(JSON.stringify(house.ca.log.lines)).to.include('GRANT_TYPE');
    for (const more of [
      '&audience=ledger',
      '&resource=https%3A%2F%2Fa&resource=https%3A%2F%2Fb',
      '&resource=https%3A%2F%2Fa',
    ])
      expect(endOf(await house.post(`grant_type=client_credentials&audience=payments${more}`, { as: agent }))).to.equal(
        '400 invalid_target',
      );
    expect(endOf(await house.post({ ...GRANT, scope: 'read  write' }, { as: agent }))).to.equal('400 invalid_scope');
  });

  it('A-622 refuses a certificate that is not ours, and none: GRANT_CLIENT', async () => {
    expect(endOf(await house.post(GRANT))).to.equal('401 invalid_client');
  });

  it('A-623 writes nothing to the log that may be a key in the wrong place', async () => {
    const key = `clt_test_${'K'.repeat(49)}`;
    const basic = Buffer.from(`${key}:x`).toString('base64');
    expect(endOf(await house.post(GRANT, { as: agent, headers: { authorization: `Basic ${basic}` } }))).to.equal(
      '401 invalid_client',
    );
    expect(endOf(await house.post({ ...GRANT, client_id: key }, { as: agent }))).to.equal('400 invalid_request');
    const swapped = await exchange('x', { subject_token_type: key });
    expect(JSON.stringify([house.ca.log.lines, swapped.body])).to.not.include('K'.repeat(20));
  });

  it('A-621 refuses may_act for another, act that nobody believes, and a sub that looks like ours: GRANT_SUBJECT', async () => {
    const wrong = [
      { may_act: { sub: agent.uri } },
      { may_act: other.uri },
      { act: { sub: other.uri } },
      { sub: agent.uri },
      { sub: 'SPIFFE://mesh.example/x' },
      { aud: 'payments' },
    ];
    for (const change of wrong)
      expect(endOf(await exchange(house.login(change))), JSON.stringify(change)).to.equal('400 invalid_request');
    const good = await exchange(house.login({ may_act: { sub: other.uri } }));
    expect(good.claims).to.deep.include({ sub: 'alice', act: { sub: other.uri }, scope: 'read' });
    expect(good.claims['cnf']).to.deep.equal({ 'x5t#S256': other.certificate.thumbprint.toString('base64url') });
  });

  it('A-621 refuses a service-account token that no pod holds: GRANT_SUBJECT', async () => {
    const type = { subject_token_type: JWT };
    const bare = house.account({ 'kubernetes.io': { namespace: 'shop' } });
    expect(endOf(await exchange(bare, type))).to.equal('400 invalid_request');
  });

  it('A-621 refuses an actor token of somebody else', async () => {
    const actor = { actor_token: await own(agent), actor_token_type: ACCESS_TOKEN };
    expect(endOf(await exchange(house.login(), actor))).to.equal('400 invalid_request');
  });

  it('carries a caller on where a rule names the pair, and no longer once the caller is revoked', async () => {
    const subject = await own();
    const ledger = { audience: 'ledger' };
    expect((await exchange(subject, ledger)).claims).to.deep.include({ sub: agent.uri, act: { sub: other.uri } });
    const added = await house.ca.journal.addRevocation({
      target: { kind: 'spiffe-id', spiffeId: agent.uri },
      reason: 'keyCompromise',
      revokedAt: epochSeconds(house.now()),
      endsAt: epochSeconds(house.now() + 600),
      fallbackEnd: epochSeconds(house.now() + 600),
    });
    expect(added.ok).to.equal(true);
    await house.ca.revocations.reload();
    expect(endOf(await exchange(subject, ledger))).to.equal('400 invalid_request');
  });
});
