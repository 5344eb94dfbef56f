/** Exchange over the real listener: subject tokens of others, what they are worth here, and who acts for whom. */
import { expect } from 'chai';

import { caConfigTable } from '../../../ca/config.ts';
import { epochSeconds } from '../../../core/time/units.ts';
import { loadConfig } from '../../../runtime/config/load.ts';
import { claimsOf, ecKey, signToken } from '../core/token/tokens.ts';
import { AGENT, MESH, TOKENS } from './small-ca.ts';
import {
  ACCESS_TOKEN,
  CLUSTER,
  endOf,
  EXCHANGE,
  HERE,
  JWT,
  LOGIN,
  type Reply,
  startTokenHouse,
  type TokenHouse,
  type Workload,
} from './tokens/token-house.ts';

type Fields = Readonly<Record<string, unknown>>;
type Form = Readonly<Record<string, string>>;

const ORDERS = '/ns/shop/sa/orders';
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';
const ANYBODY = { spiffe: { any: true } };
const SHOPS = ['a', 'b', 'c', 'd', 'e'] as const;
const RULES = [
  { for: { spiffe: { exact: AGENT } }, audience: 'a', scopes: ['read', 'write'] },
  ...SHOPS.slice(1).map((name, at) => ({
    for: { spiffe: { exact: `/ns/shop/sa/${name}` } },
    onBehalfOf: { audience: SHOPS[at] },
    audience: name,
    scopes: ['read'],
  })),
  { for: { spiffe: { exact: '/ns/shop/sa/f' } }, onBehalfOf: { audience: 'e' }, audience: 'f', scopes: ['read'] },
  ...['login', 'cluster', 'partner'].map((issuer) => ({
    for: ANYBODY,
    onBehalfOf: { issuer },
    audience: 'payments',
    scopes: ['read', 'write', 'admin'],
  })),
];
const CART = 'system:serviceaccount:shop:cart';
const BILLING = 'spiffe://partner.example/billing';
const MAP = [
  { claim: 'groups', value: 'payers', scopes: ['write'] },
  { claim: 'tid', as: 'tenant' },
  ...[CART, BILLING].map((value) => ({ claim: 'sub', value, scopes: ['read'] })),
];

describe('exchange over the listener', function () {
  this.timeout(30_000);
  let house: TokenHouse;
  let agent: Workload;
  let orders: Workload;
  before(async () => {
    house = await startTokenHouse({ rules: RULES }, { perAddressPerMinute: 100_000 }, { map: MAP });
    agent = await house.workload(AGENT);
    orders = await house.workload(ORDERS);
  });
  after(() => house[Symbol.asyncDispose]());
  const exchange = (subject: string, change: Form = {}, as = orders): Promise<Reply> =>
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
  const own = (): Promise<Reply> => house.post({ grant_type: 'client_credentials', audience: 'a' }, { as: agent });
  const tokenIn = ({ body }: Reply): string => String(body['access_token']);
  /** Why it is refused, as the log has it: of a fresh instance, since only the first refusal of a kind is written whole. */
  const refusalOf = async (subject: string, change: Form = {}, path = ORDERS): Promise<string> => {
    expect(endOf(await exchange(subject, change, await house.workload(path)))).to.equal('400 invalid_request');
    const { code, detail } = house.refused();
    expect(code).to.equal('GRANT_SUBJECT');
    return detail;
  };
  const revoke = async (target: object): Promise<void> => {
    const end = epochSeconds(house.now() + 600);
    const times = { revokedAt: epochSeconds(house.now()), endsAt: end, fallbackEnd: end };
    const added = await house.ca.journal.addRevocation({ target, reason: 'keyCompromise', ...times } as never);
    expect(added.ok).to.equal(true);
    await house.ca.revocations.reload();
  };

  describe('the request', () => {
    it('is refused with two targets, whichever: GRANT_TARGET', async () => {
      for (const more of [
        { resource: 'https://api.example' },
        { audience: '', resource: 'https://api.example/#part' },
        { audience: '', resource: '/relative' },
      ] as const)
        expect(endOf(await exchange(house.login(), more)), JSON.stringify(more)).to.equal('400 invalid_target');
      expect(endOf(await exchange(house.login(), { audience: '' }))).to.equal('400 invalid_request');
    });

    it('is refused with scopes that two spaces part, or that begin or end with one: GRANT_SCOPE', async () => {
      for (const scope of ['read  write', ' read', 'read '])
        expect(endOf(await exchange(house.login(), { scope })), scope).to.equal('400 invalid_scope');
    });

    it('is refused without subject token or its type, and with a parameter twice: GRANT_TOKEN_REQUEST', async () => {
      for (const change of [{ subject_token: '' }, { subject_token_type: '' }] as readonly Form[])
        expect(endOf(await exchange(house.login(), change))).to.equal('400 invalid_request');
      const twice = `grant_type=${encodeURIComponent(EXCHANGE)}&audience=payments&subject_token=a&subject_token=b`;
      expect(endOf(await house.post(twice, { as: orders }))).to.equal('400 invalid_request');
    });

    it('is refused for an ID token where no issuer entry takes them: GRANT_SUBJECT', async () => {
      const idToken = house.login({}, { typ: 'JWT' });
      expect(await refusalOf(idToken, { subject_token_type: ID_TOKEN })).to.equal('ID tokens of login are not taken');
    });
  });

  describe('may_act', () => {
    const wrong: readonly (readonly [string, unknown])[] = [
      ['another workload', { sub: `spiffe://${MESH}/ns/shop/sa/billing` }],
      ['null', null],
      ['an empty object', {}],
      ['an array with the right one', [{ sub: `spiffe://${MESH}/ns/shop/sa/orders` }]],
      ['the bare name', `spiffe://${MESH}/ns/shop/sa/orders`],
      ['the right sub of another issuer', { sub: `spiffe://${MESH}/ns/shop/sa/orders`, iss: LOGIN }],
      ['the right sub of no issuer', { sub: `spiffe://${MESH}/ns/shop/sa/orders`, iss: null }],
      ['a list of names', { sub: [`spiffe://${MESH}/ns/shop/sa/orders`] }],
    ];
    for (const [what, value] of wrong)
      it(`A-621 that is ${what} refuses, though no actor token came: GRANT_SUBJECT`, async () => {
        expect(await refusalOf(house.login({ may_act: value }))).to.equal('may_act names somebody else');
      });

    it('A-621 that names the caller, with or without our issuer, admits', async () => {
      for (const more of [{}, { iss: TOKENS.issuer }]) {
        const { claims } = await exchange(house.login({ may_act: { sub: orders.uri, ...more } }));
        expect(claims).to.deep.include({ sub: 'alice', sub_iss: LOGIN, act: { sub: orders.uri } });
        expect(claims).to.not.have.property('may_act');
      }
    });
  });

  describe('a service-account token', () => {
    const pod = { name: 'cart-1', uid: 'u-1' };
    const POD = 'bound to no pod';
    const wrong: readonly (readonly [string, Fields, string])[] = [
      ['without a pod', { 'kubernetes.io': { namespace: 'shop', secret: { name: 's', uid: 'u' } } }, POD],
      ['whose pod has no uid', { 'kubernetes.io': { namespace: 'shop', pod: { name: 'cart-1' } } }, POD],
      ['whose pod is a text', { 'kubernetes.io': { pod: 'cart-1' } }, POD],
      ['without the claim of the cluster', { 'kubernetes.io': undefined }, POD],
      ['for a user', { sub: 'system:admin', 'kubernetes.io': { pod } }, 'no service account'],
      ['for the API server', { aud: ['https://kubernetes.default.svc'] }, 'TOKEN_AUDIENCE'],
      ['for nobody', { aud: [] }, 'TOKEN_'],
      ['of another cluster', { iss: 'https://kubernetes.other.svc' }, 'TOKEN_ISSUER'],
    ];
    for (const [what, change, why] of wrong)
      it(`A-621 is refused ${what}: GRANT_SUBJECT`, async () => {
        expect(await refusalOf(house.account(change), { subject_token_type: JWT })).to.include(why);
      });

    it('is refused as an access token: GRANT_SUBJECT', async () => {
      expect(await refusalOf(house.account())).to.equal('tokens of cluster are of the type jwt');
    });
  });

  describe('a JWT-SVID', () => {
    const wrong: readonly (readonly [string, Fields, Fields, string])[] = [
      ['with EdDSA', {}, { alg: 'EdDSA' }, 'TOKEN_ALGORITHM'],
      ['with Ed25519', {}, { alg: 'Ed25519' }, 'TOKEN_ALGORITHM'],
      [
        'with another member in its header',
        {},
        { jku: 'https://partner.example/keys' },
        '"jku" in the header of a JWT-SVID',
      ],
      ['without kid', {}, { kid: undefined }, 'a JWT-SVID without kid'],
      ['with the type of an access token', {}, { typ: 'at+jwt' }, 'TOKEN_TYPE'],
      ['of our own trust domain', { sub: `spiffe://${MESH}/billing` }, {}, 'TOKEN_ISSUER'],
      ['of a trust domain that nobody configured', { sub: 'spiffe://stranger.example/billing' }, {}, 'TOKEN_ISSUER'],
      ['whose sub is no SPIFFE ID', { sub: 'spiffe://partner.example/billing/' }, {}, 'TOKEN_ISSUER'],
      ['for somebody else', { aud: ['other'] }, {}, 'TOKEN_AUDIENCE'],
      ['without exp', { exp: undefined }, {}, 'exp'],
    ];
    for (const [what, change, header, why] of wrong)
      it(`A-621 is refused ${what}: GRANT_SUBJECT`, async () => {
        expect(await refusalOf(house.svid(change, header), { subject_token_type: JWT })).to.include(why);
      });
  });

  describe('a sub from elsewhere', () => {
    it('A-621 never looks like a workload: GRANT_SUBJECT', async () => {
      const ids = [agent.uri, 'spiffe://partner.example/x', 'SPIFFE://MESH.EXAMPLE/x', 'spiffe:', 'Spiffe://'];
      for (const sub of ids) expect(await refusalOf(house.login({ sub })), sub).to.include('looks like a SPIFFE ID');
      expect(await refusalOf(house.login({ sub: undefined }))).to.include('sub');
    });

    it('A-621 is never the id of a client, not even of one that is disabled: GRANT_SUBJECT', async () => {
      const terms = { methods: ['tls'], spiffe: [{ exact: AGENT }], audiences: ['payments'] };
      expect(endOf(await exchange(house.login({ sub: 'billing', scope: 'read' })))).to.equal('200');
      await house.order('client-create', { ...terms, id: 'billing' });
      expect(endOf(await exchange(house.login({ sub: 'billing' })))).to.equal('400 invalid_request');
      await house.order('client-disable', { id: 'billing' });
      expect(await refusalOf(house.login({ sub: 'billing' }))).to.equal('sub of login is the id of a client');
    });
  });

  describe('scopes and life', () => {
    it('A-621 only narrow: GRANT_SCOPE for what the subject lacks, and for a subject without any', async () => {
      for (const scope of ['write', 'read write', 'admin'])
        expect(endOf(await exchange(house.login(), { scope })), scope).to.equal('400 invalid_scope');
      for (const scope of [undefined, '', 'unknown'])
        expect(endOf(await exchange(house.login({ scope }))), scope).to.match(/^400 invalid_(scope|request)$/);
      const { claims, body } = await exchange(house.login({ scope: 'read write other' }));
      expect([claims['scope'], body['scope']]).to.deep.equal(['read write', 'read write']);
    });

    it('A-621 end no later than the subject token and the certificate', async () => {
      const exp = house.now() + 20;
      const short = await exchange(house.login({ exp }));
      expect([short.claims['exp'], short.body['expires_in']]).to.deep.equal([exp, 20]);
      const long = await exchange(house.login({ exp: house.now() + 3000 }));
      expect(long.claims['exp']).to.equal(house.now() + 300);
    });

    it('is refused past its end, and without one: GRANT_SUBJECT', async () => {
      for (const exp of [house.now() - 60, undefined])
        expect(endOf(await exchange(house.login({ exp })))).to.equal('400 invalid_request');
    });
  });

  describe('a chain of actors', () => {
    it('A-621 keeps A below B, and a fifth actor is refused: GRANT_SUBJECT', async () => {
      let token = tokenIn(await own());
      let act: object | undefined;
      for (const name of SHOPS.slice(1)) {
        const shop = await house.workload(`/ns/shop/sa/${name}`);
        const next = await exchange(token, { audience: name }, shop);
        act = { sub: shop.uri, ...(act === undefined ? {} : { act }) };
        expect(next.claims).to.deep.include({ sub: agent.uri, act });
        token = tokenIn(next);
      }
      const refused = await refusalOf(token, { audience: 'f' }, '/ns/shop/sa/f');
      expect(refused).to.equal('act of 4 levels, and at most 4 with the new one');
    });

    it('A-621 refuses an actor token of another workload though it is bound to whoever asks: GRANT_SUBJECT', async () => {
      const b = await house.workload('/ns/shop/sa/b');
      const bound = tokenIn(await exchange(tokenIn(await own()), { audience: 'b' }, b));
      const actor = { actor_token: bound, actor_token_type: ACCESS_TOKEN };
      const refused = await refusalOf(house.login(), actor, '/ns/shop/sa/b');
      expect(refused).to.equal('the actor_token names somebody else than who asks');
    });

    it('A-621 refuses an actor token of another issuer, and one that is signed by nobody: GRANT_SUBJECT', async () => {
      const forged = signToken(ecKey('x'), claimsOf({ iss: TOKENS.issuer, sub: orders.uri }));
      for (const actor_token of [house.login({ sub: 'bob' }), forged, 'x'])
        expect(endOf(await exchange(house.login(), { actor_token, actor_token_type: ACCESS_TOKEN }))).to.equal(
          '400 invalid_request',
        );
    });
  });

  describe('a subject that was stopped', () => {
    it('is refused by its jti and by its sub, of that issuer alone: GRANT_SUBJECT', async () => {
      await revoke({ kind: 'jti', issuer: LOGIN, value: 'stolen' });
      await revoke({ kind: 'sub', issuer: LOGIN, value: 'mallory' });
      await revoke({ kind: 'sub', issuer: TOKENS.issuer, value: 'alice' });
      expect(endOf(await exchange(house.login({ jti: 'stolen' })))).to.equal('400 invalid_request');
      expect(endOf(await exchange(house.login({ sub: 'mallory' })))).to.equal('400 invalid_request');
      expect(endOf(await exchange(house.login()))).to.equal('200');
    });

    it('is refused once a workload in its chain is revoked by SPIFFE ID: GRANT_SUBJECT', async () => {
      const [b, c] = [await house.workload('/ns/shop/sa/b'), await house.workload('/ns/shop/sa/c')];
      const token = tokenIn(await exchange(tokenIn(await own()), { audience: 'b' }, b));
      expect(endOf(await exchange(token, { audience: 'c' }, c))).to.equal('200');
      await revoke({ kind: 'spiffe-id', spiffeId: b.uri });
      expect(endOf(await exchange(token, { audience: 'c' }, c))).to.equal('400 invalid_request');
      expect(endOf(await exchange(tokenIn(await own()), { audience: 'b' }, b))).to.equal('401 invalid_client');
    });
  });

  describe('what the operator maps', () => {
    it('A-621 refuses a claim that cannot be carried on: GRANT_SUBJECT', async () => {
      for (const tid of [{ id: 'acme' }, null, 'x'.repeat(257), [['acme']]])
        expect(await refusalOf(house.login({ tid }))).to.equal('claim tid cannot be carried on');
    });

    it('A-621 takes no name that our tokens use themselves: CONFIG_INVALID', () => {
      for (const as of ['sub', 'act', 'cnf', 'origin', 'aud', 'may_act', 'scope', 'client_id', 'acr', '__proto__']) {
        const entry = { name: 'login', issuer: LOGIN, jwks: 'https://login.example.org/jwks', audience: HERE };
        const subjects = [{ ...entry, map: [{ claim: 'tid', as }] }];
        const text = JSON.stringify({ trustDomain: MESH, tokens: { issuer: TOKENS.issuer, subjects } });
        const loaded = loadConfig({ file: 'ca.yaml', text, environment: {}, table: caConfigTable });
        expect(JSON.stringify(loaded), as).to.include('a name that no token of this CA uses itself');
      }
    });

    it('gives scopes for groups, and a claim under the name of ours', async () => {
      const payer = house.login({ groups: ['staff', 'payers'], tid: 'acme' });
      const { claims } = await exchange(payer);
      expect(claims).to.deep.include({ scope: 'read write', tenant: 'acme' });
      expect(claims).to.not.have.any.keys('groups', 'tid');
      for (const groups of ['payer', ['PAYERS'], { payers: true }, undefined])
        expect(endOf(await exchange(house.login({ groups }), { scope: 'write' }))).to.equal('400 invalid_scope');
      expect((await exchange(house.login({ groups: 'payers' }))).claims['scope']).to.equal('read write');
    });

    it('A-621 takes a service-account token that a pod holds, named with its cluster', async () => {
      const { claims } = await exchange(house.account(), { subject_token_type: JWT });
      expect(claims).to.deep.include({ sub: CART, sub_iss: CLUSTER, act: { sub: orders.uri }, scope: 'read' });
    });

    it('A-621 takes a JWT-SVID of the trust domain that is configured, bound to the caller', async () => {
      const { claims } = await exchange(house.svid(), { subject_token_type: JWT });
      expect(claims).to.deep.include({ sub: BILLING, act: { sub: orders.uri }, scope: 'read' });
      const thumbprint = orders.certificate.thumbprint.toString('base64url');
      expect(claims['cnf']).to.deep.equal({ 'x5t#S256': thumbprint });
    });
  });
});
