/** Clients of the token service over its real listener: assertions, API keys, secrets, mandates, proofs, and what ends them. */
import { randomUUID } from 'node:crypto';

import { expect } from 'chai';

import { ecKey, keySetOf, part, signToken, type SigningKey } from '../core/token/tokens.ts';
import { hashOf, proofOf } from '../core/token/proofs.ts';
import { AGENT, TOKENS } from './small-ca.ts';
import {
  ACCESS_TOKEN,
  type Asked,
  endOf,
  EXCHANGE,
  type Reply,
  startTokenHouse,
  type TokenHouse,
  type Workload,
} from './tokens/token-house.ts';

type Fields = Readonly<Record<string, unknown>>;

const ORDERS = '/ns/shop/sa/orders';
const RULES = [
  { for: { spiffe: { exact: AGENT } }, audience: 'payments', scopes: ['read'] },
  { for: { client: 'any' }, audience: 'payments', scopes: ['read', 'write'] },
  { for: { client: 'any' }, onBehalfOf: { issuer: 'login' }, audience: 'payments', scopes: ['read', 'write'] },
  { for: { client: 'any' }, onBehalfOf: { issuer: 'own' }, audience: 'payments', scopes: ['read'] },
  { for: { spiffe: { exact: ORDERS } }, onBehalfOf: { audience: 'payments' }, audience: 'ledger', scopes: ['read'] },
];
const GRANT = { grant_type: 'client_credentials', audience: 'payments' };
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const TOKEN_URL = `${TOKENS.issuer}/token`;

describe('clients of the token service', function () {
  this.timeout(30_000);
  let house: TokenHouse;
  let agent: Workload;
  let orders: Workload;
  const partnerKey = ecKey('p-1');
  const otherKey = ecKey('o-1');
  const phone = ecKey('phone');
  before(async () => {
    house = await startTokenHouse({ rules: RULES }, { perAddressPerMinute: 100_000 });
    agent = await house.workload(AGENT);
    orders = await house.workload(ORDERS);
    const terms = { spiffe: [{ exact: AGENT }], audiences: ['payments'], scopes: ['read', 'write'] };
    const keyed = { ...terms, methods: ['private_key_jwt'] };
    await house.order('client-create', { ...keyed, id: 'partner', jwks: keySetOf(partnerKey).toString() });
    await house.order('client-create', { ...keyed, id: 'other', jwks: keySetOf(otherKey).toString() });
    await house.order('client-create', { ...terms, id: 'plain', methods: ['tls'] });
    await house.order('client-create', {
      id: 'phone',
      methods: ['private_key_jwt'],
      jwks: keySetOf(partnerKey).toString(),
      audiences: ['payments'],
      scopes: ['read'],
      dpopBound: true,
    });
    // What was issued before this CA started counts for nothing.
    house.ca.clock.advance(5);
  });
  after(() => house[Symbol.asyncDispose]());

  const assertion = (changes: Fields = {}, header: Fields = {}, key: SigningKey = partnerKey): string => {
    const own = { iss: 'partner', sub: 'partner', aud: TOKENS.issuer, jti: randomUUID() };
    const times = { iat: house.now(), exp: house.now() + 60 };
    return signToken(key, { ...own, ...times, ...changes }, { alg: 'ES256', kid: key.jwk['kid'], ...header });
  };
  const byAssertion = (text: string, asked: Asked = { as: agent }): Promise<Reply> =>
    house.post({ ...GRANT, client_assertion_type: ASSERTION, client_assertion: text }, asked);
  /** Why it is refused, as the log has it: of a fresh instance, since only the first refusal of a kind is written whole. */
  const refusalOf = async (text: string): Promise<string> => {
    expect(endOf(await byAssertion(text, { as: await house.workload(AGENT) }))).to.equal('401 invalid_client');
    const { code, detail } = house.refused();
    expect(code).to.equal('GRANT_CLIENT');
    return detail;
  };
  const proof = (changes: Fields = {}, key = phone): string =>
    proofOf(key, { htm: 'POST', htu: TOKEN_URL, iat: house.now(), ath: undefined, jti: randomUUID(), ...changes });
  const exchange = (subject: string, asked: Asked, change: Readonly<Record<string, string>> = {}): Promise<Reply> =>
    house.post(
      {
        grant_type: EXCHANGE,
        audience: 'payments',
        subject_token: subject,
        subject_token_type: ACCESS_TOKEN,
        ...change,
      },
      asked,
    );
  const tokenIn = ({ body }: Reply): string => String(body['access_token']);
  const isActive = async (token: string, as: Workload): Promise<unknown> =>
    (await house.post({ token }, { as, path: '/introspect' })).body['active'];

  describe('an assertion', () => {
    const wrong: readonly (readonly [string, Fields, string])[] = [
      ['for the token endpoint instead of the issuer', { aud: TOKEN_URL }, 'is not https://ca.mesh.example alone'],
      [
        'for the issuer and another',
        { aud: [TOKENS.issuer, 'https://other.example'] },
        'is not https://ca.mesh.example alone',
      ],
      ['for an issuer with a slash more', { aud: `${TOKENS.issuer}/` }, 'is not https://ca.mesh.example alone'],
      ['without aud', { aud: undefined }, 'is not https://ca.mesh.example alone'],
      ['whose iss is another client', { iss: 'other' }, 'iss is not sub'],
      ['of a client that is not registered', { iss: 'nobody', sub: 'nobody' }, 'an unknown client'],
      [
        'of the name of a workload',
        { iss: 'spiffe://mesh.example/x', sub: 'spiffe://mesh.example/x' },
        'an unknown client',
      ],
      ['of a client that has no keys', { iss: 'plain', sub: 'plain' }, 'client plain has no keys'],
      ['without sub', { sub: undefined }, 'an unknown client'],
      ['without jti', { jti: undefined }, 'jti is missing or too long'],
      ['with an empty jti', { jti: '' }, 'jti is missing or too long'],
      ['with a jti of 257 characters', { jti: 'j'.repeat(257) }, 'jti is missing or too long'],
      ['without exp', { exp: undefined }, 'exp is missing or past'],
      ['whose exp is a text', { exp: '9999999999' }, 'exp is missing or past'],
      ['without iat', { iat: undefined }, 'iat is missing or ahead'],
    ];
    for (const [what, change, why] of wrong)
      it(`A-622 is refused ${what}: GRANT_CLIENT`, async () => {
        expect(await refusalOf(assertion(change))).to.include(why);
      });

    it('A-622 is refused past its exp, with an exp too far away, and with nbf or iat ahead: GRANT_CLIENT', async () => {
      const now = house.now();
      for (const [change, why] of [
        [{ exp: now - 30 }, 'exp is missing or past'],
        [{ exp: now + 331 }, 'exp is more than 300 s away'],
        [{ nbf: now + 31 }, 'nbf is ahead'],
        [{ iat: now + 31 }, 'iat is missing or ahead'],
        [{ iat: now - 60 }, 'iat is before this CA started'],
      ] as const)
        expect(await refusalOf(assertion(change))).to.include(why);
    });

    it('A-622 is refused by the key of another client, and by one of the same kid: GRANT_CLIENT', async () => {
      expect(await refusalOf(assertion({}, {}, otherKey))).to.include('TOKEN_KEY');
      expect(await refusalOf(assertion({}, {}, ecKey('p-1')))).to.include('TOKEN_SIGNATURE');
    });

    it('A-622 is refused as another kind of token, without signature, or with a key of its own: GRANT_CLIENT', async () => {
      const [, body = ''] = assertion().split('.');
      for (const typ of ['at+jwt', 'dpop+jwt']) expect(await refusalOf(assertion({}, { typ }))).to.match(/: typ$/);
      expect(await refusalOf(assertion({}, { alg: 'HS256' }))).to.include('TOKEN_ALGORITHM');
      expect(await refusalOf(`${part({ alg: 'none' })}.${body}.`)).to.include('TOKEN_');
      const own = ecKey('p-1');
      expect(await refusalOf(assertion({}, { jwk: own.jwk }, own))).to.include('TOKEN_SIGNATURE');
    });

    it('A-622 counts once: GRANT_CLIENT the second time, also with another target', async () => {
      const text = assertion();
      const first = await byAssertion(text);
      expect(first.claims).to.deep.include({ sub: 'partner', client_id: 'partner', act: { sub: agent.uri } });
      expect(first.claims['origin']).to.equal('client:partner');
      expect(endOf(await byAssertion(text))).to.equal('401 invalid_client');
      const elsewhere = { client_assertion_type: ASSERTION, client_assertion: text, token: tokenIn(first) };
      expect(endOf(await house.post(elsewhere, { as: agent, path: '/introspect' }))).to.equal('401 invalid_client');
    });

    it('A-622 counts with each typ that the standard allows', async () => {
      for (const typ of ['JWT', 'client-authentication+jwt', undefined])
        expect(endOf(await byAssertion(assertion({}, { typ })))).to.equal('200');
    });

    it('A-622 is refused from a workload that the client is not registered for, and from none', async () => {
      expect(endOf(await byAssertion(assertion(), { as: orders }))).to.equal('401 invalid_client');
      expect(endOf(await byAssertion(assertion(), {}))).to.equal('401 invalid_client');
    });

    it('is refused beside another way, and without its type: GRANT_TOKEN_REQUEST', async () => {
      const headers = { 'x-api-key': 'x' };
      expect(endOf(await byAssertion(assertion(), { as: agent, headers }))).to.equal('400 invalid_request');
      const bare = { ...GRANT, client_assertion: assertion() };
      expect(endOf(await house.post(bare, { as: agent }))).to.equal('400 invalid_request');
      const saml = { ...bare, client_assertion_type: ASSERTION.replace('jwt', 'saml2') };
      expect(endOf(await house.post(saml, { as: agent }))).to.equal('400 invalid_request');
    });
  });

  describe('a registration', () => {
    it('is refused by a certificate alone where it has no such method: GRANT_CLIENT', async () => {
      for (const id of ['partner', 'nobody', 'any'])
        expect(endOf(await house.post({ ...GRANT, client_id: id }, { as: agent })), id).to.equal('401 invalid_client');
      const plain = await house.post({ ...GRANT, client_id: 'plain' }, { as: agent });
      expect(plain.claims).to.deep.include({ sub: 'plain', act: { sub: agent.uri } });
    });

    it('A-622 is not that of another workload, whose SPIFFE ID somebody names: GRANT_CLIENT', async () => {
      const named = await house.post({ ...GRANT, client_id: agent.uri }, { as: orders });
      expect(endOf(named)).to.equal('401 invalid_client');
    });
  });

  describe('an API key and the token of a user', () => {
    const start = async (id: string) => {
      const bounds = { spiffe: [{ exact: AGENT }], audiences: ['payments'], scopes: ['read', 'write'] };
      await house.order('client-create', { ...bounds, id, methods: ['api_key'] });
      const { key, apiKey } = await house.order('key-create', { client: id, owner: 'team', scopes: ['read'] });
      const asked = { as: agent, headers: { authorization: `Bearer ${String(key)}` } };
      return { asked, keyId: (apiKey as { readonly id: string }).id };
    };

    it('A-623 are refused where the key is in the URL, cut, or shown elsewhere', async () => {
      const { asked } = await start('bot-url');
      const key = asked.headers.authorization.slice(7);
      const url = { as: agent, path: `/token?api_key=${key}` };
      expect(endOf(await exchange(house.login(), url))).to.equal('400 invalid_request');
      const cut = { as: agent, headers: { 'x-api-key': key.slice(0, -1) } };
      expect(endOf(await exchange(house.login(), cut))).to.equal('401 invalid_client');
      expect(endOf(await exchange(house.login(), { ...asked, as: orders }))).to.equal('401 invalid_client');
      expect(JSON.stringify(house.ca.log.lines)).to.not.include(key.slice(-20));
    });

    it('A-621 A-623 give no scope that the key lacks, though client and user have it: GRANT_SCOPE', async () => {
      const { asked } = await start('bot-scope');
      const wide = house.login({ scope: 'read write' });
      expect(endOf(await exchange(wide, asked, { scope: 'write' }))).to.equal('400 invalid_scope');
      expect((await exchange(wide, asked)).claims['scope']).to.equal('read');
    });

    it('A-621 A-623 give the user, acted for by the workload, with client and key as origins', async () => {
      const { asked, keyId } = await start('bot-pair');
      const { claims } = await exchange(house.login(), asked);
      expect(claims).to.deep.include({ sub: 'alice', client_id: 'bot-pair', act: { sub: agent.uri } });
      expect(claims['origin']).to.have.members(['client:bot-pair', `key:${keyId}`]);
      expect(claims['cnf']).to.have.keys('x5t#S256');
    });

    for (const [what, verb] of [
      ['its client is disabled', 'client-disable'],
      ['its key is revoked', 'key-revoke'],
    ] as const)
      it(`A-621 A-623 end with all that came by exchange once ${what}`, async () => {
        const id = `bot-${verb}`;
        const { asked, keyId } = await start(id);
        const token = tokenIn(await exchange(house.login(), asked));
        const onward = tokenIn(await exchange(token, { as: orders }, { audience: 'ledger' }));
        expect([await isActive(onward, orders), (await exchange(token, asked)).status]).to.deep.equal([true, 200]);
        await house.order(verb, { id: verb === 'key-revoke' ? keyId : id });
        const value = verb === 'key-revoke' ? `key:${keyId}` : `client:${id}`;
        const entry = house.ca.revocations.current().entries.at(-1);
        expect(entry).to.deep.include({ kind: 'origin', issuer: TOKENS.issuer, value });
        expect(await isActive(onward, orders)).to.equal(false);
        expect(endOf(await exchange(token, { as: orders }, { audience: 'ledger' }))).to.equal('400 invalid_request');
        expect(endOf(await exchange(house.login(), asked))).to.equal('401 invalid_client');
      });
  });

  describe('a mandate', () => {
    const mandate = {
      spiffe: { exact: AGENT },
      audience: 'payments',
      scopes: ['refund'],
      for: '60s',
      purpose: 'order 7',
    };

    it('A-621 widens no exchange, neither by scope nor by audience', async () => {
      const made = await house.order('mandate-create', mandate);
      const subject = tokenIn(await house.post(GRANT, { as: agent }));
      const login = house.login({ scope: 'refund' });
      expect(endOf(await exchange(login, { as: agent }, { scope: 'refund' }))).to.equal('400 invalid_target');
      expect(endOf(await exchange(subject, { as: agent }, { scope: 'refund' }))).to.equal('400 invalid_target');
      await house.order('mandate-end', { id: (made['mandate'] as { readonly id: string }).id });
    });

    it('gives what no rule gives, no longer than itself, and its token ends with it', async () => {
      const made = await house.order('mandate-create', mandate);
      const { id } = made['mandate'] as { readonly id: string };
      const refund = { ...GRANT, scope: 'refund' };
      const granted = await house.post(refund, { as: agent });
      expect(granted.claims).to.deep.include({ scope: 'refund', origin: `mandate:${id}` });
      expect(granted.claims['exp']).to.be.at.most(house.now() + 60);
      expect(endOf(await house.post(refund, { as: orders }))).to.equal('400 invalid_target');
      expect(await isActive(tokenIn(granted), agent)).to.equal(true);
      await house.order('mandate-end', { id });
      expect(await isActive(tokenIn(granted), agent)).to.equal(false);
      expect(endOf(await house.post(refund, { as: agent }))).to.equal('400 invalid_scope');
    });
  });

  describe('a client that is registered for DPoP', () => {
    const call = (dpop?: string, as?: Workload): Promise<Reply> => {
      const form = { client_assertion_type: ASSERTION, client_assertion: assertion({ iss: 'phone', sub: 'phone' }) };
      return house.post({ ...GRANT, ...form }, { as, headers: dpop === undefined ? {} : { dpop } });
    };

    it('A-446 is refused without a proof, and by a certificate that it is not registered for', async () => {
      expect(endOf(await call())).to.equal('400 invalid_dpop_proof');
      expect(endOf(await call(proof(), agent))).to.equal('401 invalid_client');
    });

    it('A-446 is refused with a proof for another URL, method or time, and with one used before: BINDING_PROOF', async () => {
      for (const change of [
        { htu: TOKENS.issuer },
        { htu: `${TOKENS.issuer}/introspect` },
        { htm: 'GET' },
        { iat: house.now() - 61 },
        { jti: undefined },
      ])
        expect(endOf(await call(proof(change))), JSON.stringify(change)).to.equal('400 invalid_dpop_proof');
      const once = proof();
      expect(endOf(await call(once))).to.equal('200');
      expect(endOf(await call(once))).to.equal('400 invalid_dpop_proof');
    });

    it('A-446 A-621 exchanges its token with the proof of its key alone: another key is a stolen token', async () => {
      const first = await call(proof());
      expect(first.body).to.include({ token_type: 'DPoP' });
      expect(first.claims['cnf']).to.have.keys('jkt');
      const again = (key: SigningKey) =>
        exchange(
          tokenIn(first),
          { headers: { dpop: proof({ ath: hashOf(tokenIn(first)) }, key) } },
          { client_assertion_type: ASSERTION, client_assertion: assertion({ iss: 'phone', sub: 'phone' }) },
        );
      expect(endOf(await again(ecKey('thief')))).to.equal('400 invalid_request');
      expect(house.audited.join('')).to.include('stolen-subject-token');
      const good = await again(phone);
      expect(good.claims).to.deep.include({ sub: 'phone', cnf: first.claims['cnf'] });
      expect(endOf(await exchange(tokenIn(first), { as: agent }))).to.equal('400 invalid_request');
    });
  });
});
