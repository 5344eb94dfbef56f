/** Introspection and revocation over the real listener, the keys behind them, and a token service that is switched off. */
import { expect } from 'chai';

import { claimsOf, ecKey, signToken } from '../core/token/tokens.ts';
import { AGENT, TOKENS } from './small-ca.ts';
import {
  ACCESS_TOKEN,
  endOf,
  EXCHANGE,
  FORM,
  LOGIN,
  type Reply,
  startTokenHouse,
  type TokenHouse,
  type Workload,
} from './tokens/token-house.ts';

const PAYMENTS = '/ns/shop/sa/payments';
const RULES = [
  { for: { spiffe: { exact: AGENT } }, audience: 'payments', scopes: ['read', 'write'] },
  { for: { client: 'any' }, audience: 'payments', scopes: ['read'] },
  { for: { spiffe: { any: true } }, onBehalfOf: { issuer: 'login' }, audience: 'payments', scopes: ['read'] },
];
const OWNERS = [{ for: { spiffe: { exact: PAYMENTS } }, audience: 'payments' }];
const GRANT = { grant_type: 'client_credentials', audience: 'payments' };
const INTROSPECT = { path: '/introspect' };
const REVOKE = { path: '/revoke' };
const INACTIVE = { active: false };
const METADATA = { path: '/.well-known/oauth-authorization-server', method: 'GET' };

const open = (tokens: object = {}): Promise<TokenHouse> =>
  startTokenHouse({ rules: RULES, introspection: OWNERS, ...tokens }, { perAddressPerMinute: 100_000 });
const tokenIn = ({ body }: Reply): string => String(body['access_token']);

describe('the token service about its own tokens', function () {
  this.timeout(30_000);
  let house: TokenHouse;
  let agent: Workload;
  let payments: Workload;
  let stranger: Workload;
  beforeEach(async () => {
    house = await open();
    agent = await house.workload(AGENT);
    payments = await house.workload(PAYMENTS);
    stranger = await house.workload('/ns/shop/sa/stranger');
  });
  afterEach(() => house[Symbol.asyncDispose]());
  const own = async (): Promise<string> => tokenIn(await house.post(GRANT, { as: agent }));
  const ask = async (token: string, as: Workload | undefined = payments): Promise<Reply['body']> => {
    const { status, body, headers } = await house.post({ token }, { as, ...INTROSPECT });
    expect([status, headers['cache-control']]).to.deep.equal([200, 'no-store']);
    return body;
  };
  const onBehalf = (): Promise<Reply> => {
    const subject = { subject_token: house.login(), subject_token_type: ACCESS_TOKEN };
    return house.post({ grant_type: EXCHANGE, audience: 'payments', ...subject }, { as: agent });
  };

  describe('introspection', () => {
    it('A-624 tells a stranger nothing: of a live token what of none', async () => {
      expect(await ask(await own(), stranger)).to.deep.equal(INACTIVE);
      expect(await ask('x', stranger)).to.deep.equal(INACTIVE);
    });

    it('A-624 refuses who proves nothing, also by a token or a certificate in a header: GRANT_CLIENT', async () => {
      const token = await own();
      const headers = [
        {},
        { authorization: `Bearer ${token}` },
        { 'x-forwarded-client-cert': `URI=${payments.uri}` },
        { 'client-cert': `:${payments.certificate.der.toString('base64')}:` },
      ];
      for (const one of headers)
        expect(endOf(await house.post({ token }, { headers: one, ...INTROSPECT }))).to.equal('401 invalid_client');
    });

    it('A-624 refuses a token in the URL, and other methods than POST', async () => {
      const token = await own();
      const query = await house.post({}, { as: payments, path: `/introspect?token=${token}` });
      expect(endOf(query)).to.equal('400 invalid_request');
      const got = await house.post('', { as: payments, method: 'GET', ...INTROSPECT });
      expect(got.status).to.be.oneOf([404, 405]);
    });

    it('A-624 finds no token in what others signed, in what is malformed, or in a wrong audience', async () => {
      const forged = signToken(ecKey('x'), claimsOf({ iss: TOKENS.issuer, aud: 'payments' }));
      for (const text of [forged, house.login({ aud: 'payments' }), house.account(), house.svid(), 'a.b.c', '.'])
        expect(await ask(text)).to.deep.equal(INACTIVE);
      const text = await own();
      expect(await ask(`${text}x`)).to.deep.equal(INACTIVE);
      expect(await ask(text.slice(0, -2))).to.deep.equal(INACTIVE);
    });

    it('A-624 finds none that is over, to the second', async () => {
      const token = await own();
      house.ca.clock.advance(299);
      expect((await ask(token))['active']).to.equal(true);
      house.ca.clock.advance(1);
      expect(await ask(token)).to.deep.equal(INACTIVE);
    });

    it('A-624 tells the owner of the audience all that binds, and nothing that it need not know', async () => {
      const token = await own();
      const found = await ask(token);
      const cnf = { 'x5t#S256': agent.certificate.thumbprint.toString('base64url') };
      const said = { active: true, sub: agent.uri, client_id: agent.uri, aud: 'payments', iss: TOKENS.issuer, cnf };
      expect(found).to.deep.include({ ...said, token_type: 'Bearer', scope: 'read write' });
      expect(Object.keys(found).sort().join()).to.equal(
        'active,aud,client_id,cnf,exp,iat,iss,jti,scope,sub,token_type',
      );
      expect(await ask(token, agent), 'who was given it').to.deep.equal(found);
      const hinted = { token, token_type_hint: 'refresh_token' };
      expect((await house.post(hinted, { as: payments, ...INTROSPECT })).body).to.deep.equal(found);
    });

    it('A-624 tells who acts for whom', async () => {
      const { act, sub, sub_iss: issuer, cnf } = await ask(tokenIn(await onBehalf()));
      expect({ act, sub, issuer }).to.deep.equal({ act: { sub: agent.uri }, sub: 'alice', issuer: LOGIN });
      expect(cnf).to.have.keys('x5t#S256');
    });

    it('A-624 knows a client by its registration, not by the workload that it is used from', async () => {
      const terms = {
        id: 'bot',
        methods: ['tls'],
        spiffe: [{ exact: AGENT }],
        audiences: ['payments'],
        scopes: ['read'],
      };
      await house.order('client-create', terms);
      const token = tokenIn(await house.post({ ...GRANT, client_id: 'bot' }, { as: agent }));
      expect(await ask(token, agent)).to.deep.equal(INACTIVE);
      const named = await house.post({ token, client_id: 'bot' }, { as: agent, ...INTROSPECT });
      expect(named.body).to.deep.include({ active: true, sub: 'bot', act: { sub: agent.uri } });
    });
  });

  describe('revocation', () => {
    it('A-624 of another client’s token does nothing, and does not say so', async () => {
      const token = await own();
      for (const as of [stranger, payments]) {
        const answer = await house.post({ token }, { as, ...REVOKE });
        expect([answer.status, answer.body]).to.deep.equal([200, {}]);
      }
      expect((await ask(token))['active']).to.equal(true);
      expect(house.ca.revocations.current().entries).to.have.length(0);
    });

    it('A-624 without proof of who asks is refused, and of what is no token is done: RFC 7009', async () => {
      expect(endOf(await house.post({ token: await own() }, REVOKE))).to.equal('401 invalid_client');
      for (const token of ['x', house.login()])
        expect((await house.post({ token }, { as: agent, ...REVOKE })).status).to.equal(200);
      expect(house.ca.revocations.current().entries).to.have.length(0);
    });

    it('ends an own token, whatever it comes through, until every sidecar has forgotten it', async () => {
      const [token, other] = [await own(), await own()];
      expect((await house.post({ token }, { as: agent, ...REVOKE })).status).to.equal(200);
      expect(await ask(token)).to.deep.equal(INACTIVE);
      expect((await ask(other))['active']).to.equal(true);
      const [entry] = house.ca.revocations.current().entries;
      expect(entry).to.include({ kind: 'jti', issuer: TOKENS.issuer, endsAt: house.now() + 360 });
    });

    it('ends a token that came by exchange by whoever was given it, not by its subject', async () => {
      const token = tokenIn(await onBehalf());
      expect((await house.post({ token }, { as: agent, ...REVOKE })).status).to.equal(200);
      expect(await ask(token)).to.deep.equal(INACTIVE);
      expect(endOf(await onBehalf()), 'the subject token is not ours to end').to.equal('200');
    });
  });

  describe('a rotated signing key', () => {
    it('A-625 that goes soon leaves every token as it was, before and after the next one signs', async () => {
      const kids = (): readonly string[] => house.keys.published().map((key) => key.id);
      const [before] = kids();
      const old = await own();
      expect(house.keys.rotate('soon')).to.deep.equal({ ok: true, value: [] });
      expect([kids().length, house.keys.current().id]).to.deep.equal([2, before]);
      expect((await ask(old))['active']).to.equal(true);
      house.ca.clock.advance(700);
      const last = await own();
      expect(house.keys.rotate('soon').ok).to.equal(true);
      expect(house.keys.current().id).to.not.equal(before);
      expect(kids()).to.include(before);
      expect([(await ask(last))['active'], (await ask(await own()))['active']]).to.deep.equal([true, true]);
    });

    it('A-625 that goes now ends all that it signed, for introspection, exchange and revocation alike', async () => {
      const old = await own();
      expect(house.keys.rotate('now').ok).to.equal(true);
      expect(await ask(old)).to.deep.equal(INACTIVE);
      const subject = { subject_token: old, subject_token_type: ACCESS_TOKEN };
      const carried = await house.post({ grant_type: EXCHANGE, audience: 'payments', ...subject }, { as: agent });
      expect(endOf(carried)).to.equal('400 invalid_request');
      expect((await house.post({ token: old }, { as: agent, ...REVOKE })).status).to.equal(200);
      expect((await ask(await own()))['active']).to.equal(true);
    });
  });

  describe('requests that begin wrong', () => {
    it('is told how a request is sent where it is JSON, and which grants there are: GRANT_TOKEN_REQUEST', async () => {
      const headers = { 'content-type': 'application/json' };
      for (const path of ['/token', '/introspect', '/revoke']) {
        const json = await house.post('{"grant_type":"client_credentials"}', { as: agent, headers, path });
        expect(endOf(json)).to.equal('400 invalid_request');
        expect(json.body['error_description']).to.include(FORM);
      }
      for (const grant of [{}, { grant_type: '' }]) {
        const none = await house.post({ ...grant, audience: 'payments' }, { as: agent });
        expect(endOf(none)).to.equal('400 invalid_request');
        expect(none.body['error_description']).to.include('client_credentials').and.to.include(EXCHANGE);
      }
    });

    it('is told of a grant that is not served: GRANT_TYPE', async () => {
      for (const grant of ['password', 'authorization_code', 'refresh_token', 'Client_Credentials']) {
        const refused = await house.post({ ...GRANT, grant_type: grant }, { as: agent });
        expect(endOf(refused), grant).to.equal('400 unsupported_grant_type');
      }
    });
  });
});

describe('a token service that is switched off', function () {
  this.timeout(30_000);

  it('has no endpoint and no metadata', async () => {
    await using house = await open({ serve: false });
    const agent = await house.workload(AGENT);
    for (const path of ['/token', '/introspect', '/revoke'])
      expect((await house.post(GRANT, { as: agent, path })).status, path).to.equal(404);
    expect((await house.post('', METADATA)).status).to.equal(404);
  });

  it('has both where it is on', async () => {
    await using house = await open();
    const agent = await house.workload(AGENT);
    expect((await house.post(GRANT, { as: agent })).status).to.equal(200);
    expect((await house.post('', METADATA)).body).to.include({ issuer: TOKENS.issuer });
  });
});
