/** Exchange of tokens that others issued: OpenID providers, a cluster, another trust domain. */
import { expect } from 'chai';

import type { TokenRequester } from '../../../../ca/tokens/requester.ts';
import { ecKey, signToken } from '../../core/token/tokens.ts';
import { AGENT } from '../small-ca.ts';
import { client, workload } from './askers.ts';
import {
  ACCESS_TOKEN,
  claimsOf,
  CLUSTER,
  endOf,
  type ExchangeScene,
  HERE,
  ID_TOKEN,
  JWT,
  LOGIN,
  startScene,
} from './exchange-scene.ts';
import { NOW } from './registered.ts';

const ANY = { for: { spiffe: { any: true } }, audience: 'payments', scopes: ['read', 'write'] };
const RULES = [
  { ...ANY, onBehalfOf: { issuer: 'login' } },
  { ...ANY, onBehalfOf: { issuer: 'cluster' } },
  { ...ANY, onBehalfOf: { issuer: 'partner' } },
  { ...ANY, onBehalfOf: { audience: 'payments' }, audience: 'ledger' },
  { for: { client: 'any' }, audience: 'payments', onBehalfOf: { issuer: 'login' }, scopes: ['read'] },
];
const READ = { map: [{ scopes: ['read'] }] };
const ENTRIES = { cluster: READ, partner: READ };
const jwt = { subjectTokenType: JWT };

describe('a subject token of another issuer', () => {
  let scene: ExchangeScene;
  const agent = workload(AGENT);
  const uri = agent.workload?.id.uri ?? '';
  const thumbprint = agent.workload?.leaf.thumbprint.toString('base64url');
  beforeEach(async () => {
    scene = await startScene({ rules: RULES, entries: ENTRIES, clients: ['alice-bot'] });
  });
  afterEach(() => scene[Symbol.asyncDispose]());
  const login = async (changes = {}, header = {}, asker: TokenRequester = agent): Promise<string> =>
    endOf(await scene.exchange(asker, scene.login(changes, header)));

  describe('of an OpenID provider', () => {
    for (const [what, changes, why] of [
      ['for another audience', { aud: 'account' }, 'TOKEN_AUDIENCE'],
      ['for the audience that is asked for', { aud: 'payments' }, 'TOKEN_AUDIENCE'],
      ['for nobody', { aud: undefined }, 'TOKEN_CLAIMS'],
      ['of another realm', { iss: `${LOGIN}/` }, 'TOKEN_ISSUER'],
      ['in the name of this CA', { iss: 'https://ca.mesh.example' }, 'TOKEN_KEY'],
      ['in the name of the cluster', { iss: CLUSTER }, ''],
      ['that is over', { exp: NOW - 31 }, 'TOKEN_EXPIRED'],
      ['of tomorrow', { nbf: NOW + 31 }, 'TOKEN_EARLY'],
      ['that lives too long', { exp: NOW + 3601 }, 'TOKEN_LIFETIME'],
      ['without end', { exp: undefined }, 'TOKEN_CLAIMS'],
      ['without a subject', { sub: undefined }, 'TOKEN_CLAIMS'],
    ] as const)
      it(`A-418 A-419 A-420 is refused ${what}: GRANT_SUBJECT`, async () => {
        expect(await login(changes)).to.equal(['GRANT_SUBJECT', why].filter(Boolean).join(' '));
      });

    for (const [what, header, why] of [
      ['no algorithm', { alg: 'none' }, 'TOKEN_ALGORITHM'],
      ['a shared secret', { alg: 'HS256' }, 'TOKEN_ALGORITHM'],
      ['an algorithm that is not its own', { alg: 'ES384' }, 'TOKEN_ALGORITHM'],
      ['another kid', { kid: 'login-2' }, 'TOKEN_KEY'],
      ['critical members', { crit: ['exp'] }, 'TOKEN_HEADER'],
      ['the type of a proof', { typ: 'dpop+jwt' }, 'TOKEN_TYPE'],
    ] as const)
      it(`A-401 A-402 A-408 is refused with ${what}: GRANT_SUBJECT`, async () => {
        expect(await login({}, header)).to.match(new RegExp(`^GRANT_SUBJECT ${why}`));
      });

    it('A-407 is verified by no key of its own header', async () => {
      const thief = ecKey('login-1');
      const claims = { iss: LOGIN, sub: 'alice', aud: HERE, client_id: 'web', jti: 'x', iat: NOW, exp: NOW + 60 };
      const header = { alg: 'ES256', typ: 'at+jwt', kid: 'login-1', jwk: thief.jwk, jku: 'https://thief.example/jwks' };
      const forged = await scene.exchange(agent, signToken(thief, claims, header));
      expect(endOf(forged)).to.equal('GRANT_SUBJECT TOKEN_SIGNATURE');
    });

    it('A-621 is refused where may_act names another, though no actor token came (keycloak#52691)', async () => {
      const others = [
        { sub: 'spiffe://mesh.example/ns/shop/sa/other' },
        { sub: 'alice' },
        { sub: uri, iss: LOGIN },
        { iss: 'https://ca.mesh.example' },
        { sub: [uri] },
        [{ sub: uri }],
        uri,
        null,
      ];
      for (const may of others) expect(await login({ may_act: may }), JSON.stringify(may)).to.equal('GRANT_SUBJECT');
      expect(await login({ may_act: { sub: uri } })).to.equal('ok');
      expect(await login({ may_act: { sub: uri, iss: 'https://ca.mesh.example' } })).to.equal('ok');
      const bot: TokenRequester = { ...agent, client: client() };
      expect(await login({ may_act: { sub: 'billing-bot' } }, {}, bot)).to.equal('ok');
      const token = claimsOf(await scene.exchange(agent, scene.login({ may_act: { sub: uri } })));
      expect(token).to.not.have.property('may_act');
    });

    it('A-621 is refused with actors that nobody believes (authorizer#658): GRANT_SUBJECT', async () => {
      for (const act of [{ sub: uri }, { sub: 'bob' }, { sub: 'bob', act: { sub: uri } }, null, 'bob'])
        expect(await login({ act }), JSON.stringify(act)).to.match(/^GRANT_SUBJECT/);
    });

    it('keeps actors that the operator believes, below the new one and by name alone', async () => {
      await using trusting = await startScene({ rules: RULES, entries: { login: { actors: true } } });
      const act = { sub: 'portal', exp: 1, cnf: { jkt: 'x' }, act: { sub: 'bob', aud: 'z' } };
      const token = claimsOf(await trusting.exchange(agent, trusting.login({ act })));
      expect(token['act']).to.deep.equal({ sub: uri, act: { sub: 'portal', act: { sub: 'bob' } } });
      const four = { sub: 'a', act: { sub: 'b', act: { sub: 'c', act: { sub: 'd' } } } };
      expect(endOf(await trusting.exchange(agent, trusting.login({ act: four })))).to.equal('GRANT_SUBJECT');
      const five = { sub: 'a', act: four };
      expect(endOf(await trusting.exchange(agent, trusting.login({ act: five })))).to.match(/^GRANT_SUBJECT/);
    });

    it('never becomes a workload, a client, or a user of another issuer: GRANT_SUBJECT', async () => {
      for (const sub of [uri, 'SPIFFE://mesh.example/x', 'spiffe:', 'alice-bot'])
        expect(await login({ sub }), sub).to.equal('GRANT_SUBJECT');
      const token = claimsOf(await scene.exchange(agent, scene.login()));
      expect(token)
        .to.include({ sub: 'alice', sub_iss: LOGIN })
        .and.to.deep.include({ act: { sub: uri } });
      const forged = claimsOf(await scene.exchange(agent, scene.login({ sub_iss: 'https://other.example' })));
      expect(forged).to.have.property('sub_iss', LOGIN);
    });

    it('brings no claim that this CA writes itself', async () => {
      const brought = { origin: 'client:alice-bot', groups: ['admin'], cnf: { 'x5t#S256': thumbprint }, azp: 'x' };
      const token = claimsOf(await scene.exchange(agent, scene.login(brought)));
      expect(token).to.not.have.any.keys('origin', 'groups', 'azp', 'nonce');
      expect(token).to.include({ client_id: uri, iss: 'https://ca.mesh.example' });
      expect(token['jti']).to.not.equal('l-1');
    });

    it('A-621 is stolen where its cnf is another certificate, and refused with a cnf that cannot be checked', async () => {
      const other = workload('/ns/shop/sa/other').workload?.leaf.thumbprint.toString('base64url');
      expect(await login({ cnf: { 'x5t#S256': other } })).to.equal('GRANT_SUBJECT');
      expect(scene.audit.lines.map(({ kind }) => kind)).to.deep.equal(['stolen-subject-token']);
      for (const cnf of [{ kid: 'x' }, {}, 'x', { 'x5t#S256': thumbprint, other: 1 }, { 'x5t#S256': 'x' }])
        expect(await login({ cnf }), JSON.stringify(cnf)).to.match(/^GRANT_SUBJECT BINDING_/);
      expect(scene.audit.lines).to.have.length(1);
      expect(await login({ cnf: { 'x5t#S256': thumbprint } })).to.equal('ok');
    });

    it('carries the login on through each exchange, in its own form alone', async () => {
      const said = { acr: 'mfa', amr: ['pwd', 'otp'], auth_time: NOW - 60 };
      const first = await scene.exchange(agent, scene.login(said));
      expect(claimsOf(first)).to.deep.include(said);
      const orders = workload('/ns/shop/sa/orders');
      const second = await scene.exchange(orders, first.ok ? first.value.token : '', { audience: 'ledger' });
      expect(claimsOf(second)).to.deep.include({ ...said, sub: 'alice', sub_iss: LOGIN });
      const forged = claimsOf(await scene.exchange(agent, scene.login({ acr: 1, amr: 'pwd', auth_time: '9' })));
      expect(forged).to.not.have.any.keys('acr', 'amr', 'auth_time');
    });

    it('gets scopes by its groups, and its tenant is carried on by our name for it', async () => {
      const map = [
        { claim: 'realm_access.roles', value: 'payments-admin', scopes: ['write'] },
        { claim: 'tid', as: 'tenant' },
      ];
      await using mapped = await startScene({ rules: RULES, entries: { login: { map } } });
      const asked = async (changes: object) =>
        claimsOf(await mapped.exchange(agent, mapped.login({ scope: 'read', ...changes })));
      expect(await asked({ tid: 't-1' })).to.include({ scope: 'read', tenant: 't-1' });
      const roles = { realm_access: { roles: ['x', 'payments-admin'] } };
      expect(await asked(roles)).to.include({ scope: 'read write' });
      const nested = await mapped.exchange(agent, mapped.login({ tid: { a: 1 } }));
      expect(endOf(nested)).to.equal('GRANT_SUBJECT');
    });

    it('makes no token that is longer than a sidecar takes: GRANT_TOKEN_REQUEST', async () => {
      const map = Array.from({ length: 21 }, (_, at) => ({ claim: `c${at}`, as: `c${at}${'-'.repeat(50)}` }));
      await using mapped = await startScene({ rules: RULES, entries: { login: { map } } });
      const of = (length: number): object => Object.fromEntries(map.map(({ claim }) => [claim, 'x'.repeat(length)]));
      expect(endOf(await mapped.exchange(agent, mapped.login({ ...of(256) })))).to.equal('GRANT_TOKEN_REQUEST');
      expect(endOf(await mapped.exchange(agent, mapped.login({ ...of(180) })))).to.equal('ok');
    });
  });

  describe('that is an ID token', () => {
    const id = { sub: 'alice', aud: 'web', nonce: 'n', scope: undefined, client_id: undefined, jti: undefined };
    const entries = {
      login: { idTokens: { client: 'web' }, map: [{ claim: 'groups', value: 'a', scopes: ['read'] }] },
    };
    const asked = async (changes = {}, header: object = { typ: 'JWT' }, type = ID_TOKEN): Promise<string> => {
      await using taking = await startScene({ rules: RULES, entries });
      const text = taking.login({ ...id, groups: ['a'], ...changes }, { typ: undefined, ...header });
      return endOf(await taking.exchange(agent, text, { subjectTokenType: type }));
    };

    it('is refused where the entry does not say so, and by kinds that have none: GRANT_SUBJECT', async () => {
      const type = { subjectTokenType: ID_TOKEN };
      for (const text of [scene.login(id, { typ: 'JWT' }), scene.login(), scene.account(), scene.svid()])
        expect(endOf(await scene.exchange(agent, text, type))).to.equal('GRANT_SUBJECT');
    });

    it('is refused for another client, for several, and asked for by another: GRANT_SUBJECT', async () => {
      for (const changes of [
        { aud: 'app' },
        { aud: HERE },
        { aud: ['web', 'app'] },
        { azp: 'app' },
        { aud: undefined },
      ])
        expect(await asked(changes), JSON.stringify(changes)).to.match(/^GRANT_SUBJECT TOKEN_/);
    });

    it('is refused where it is another kind of token: GRANT_SUBJECT', async () => {
      expect(await asked({ scope: 'read' })).to.equal('GRANT_SUBJECT TOKEN_TYPE');
      expect(await asked({ events: {} })).to.equal('GRANT_SUBJECT TOKEN_TYPE');
      expect(await asked({}, { typ: 'at+jwt' })).to.equal('GRANT_SUBJECT TOKEN_TYPE');
      expect(await asked({ jti: 'x', client_id: 'web' }, { typ: 'at+jwt' })).to.equal('GRANT_SUBJECT TOKEN_TYPE');
    });

    it('is no access token by another name, nor the other way round', async () => {
      for (const type of [ACCESS_TOKEN, JWT]) expect(await asked({}, {}, type)).to.match(/^GRANT_SUBJECT TOKEN_/);
      expect(await asked({ aud: HERE }, {}, JWT)).to.equal('GRANT_SUBJECT TOKEN_TYPE');
    });

    it('allows what its groups are worth, for the one client of the entry', async () => {
      expect(await asked()).to.equal('ok');
      expect(await asked({ aud: ['web'], azp: 'web' }, {})).to.equal('ok');
      expect(await asked({ groups: ['b'] })).to.equal('GRANT_SCOPE');
    });
  });

  describe('of a cluster', () => {
    const asked = async (changes = {}, header = {}): Promise<string> =>
      endOf(await scene.exchange(agent, scene.account(changes, header), jwt));

    it('is refused where no pod holds it, or it is no service account: GRANT_SUBJECT', async () => {
      const pods = [undefined, {}, { pod: {} }, { pod: { name: 'cart-1' } }, { pod: { uid: 'u' } }, { pod: 'cart-1' }];
      for (const pod of pods)
        expect(await asked({ 'kubernetes.io': pod }), JSON.stringify(pod)).to.equal('GRANT_SUBJECT');
      expect(await asked({ sub: 'system:node:n1' })).to.equal('GRANT_SUBJECT');
      expect(await asked({ sub: 'admin' })).to.equal('GRANT_SUBJECT');
    });

    it('is refused for another audience, over, and as an access token: GRANT_SUBJECT', async () => {
      expect(await asked({ aud: ['https://kubernetes.default.svc'] })).to.equal('GRANT_SUBJECT TOKEN_AUDIENCE');
      expect(await asked({ exp: NOW - 31 })).to.equal('GRANT_SUBJECT TOKEN_EXPIRED');
      expect(endOf(await scene.exchange(agent, scene.account()))).to.equal('GRANT_SUBJECT');
    });

    it('gets the scopes of a row for everybody, and none without it', async () => {
      const token = claimsOf(await scene.exchange(agent, scene.account(), jwt));
      const sub = 'system:serviceaccount:shop:cart';
      expect(token).to.deep.include({ sub, sub_iss: CLUSTER, scope: 'read', act: { sub: uri } });
      await using bare = await startScene({ rules: RULES });
      expect(endOf(await bare.exchange(agent, bare.account(), jwt))).to.equal('GRANT_SCOPE');
    });
  });

  describe('of another trust domain (JWT-SVID)', () => {
    const asked = async (changes = {}, header = {}): Promise<string> =>
      endOf(await scene.exchange(agent, scene.svid(changes, header), jwt));

    for (const [what, header] of [
      ['jku', { jku: 'https://thief.example' }],
      ['jwk', { jwk: {} }],
      ['x5c', { x5c: [] }],
      ['crit', { crit: ['exp'] }],
      ['cty', { cty: 'JWT' }],
      ['no kid', { kid: undefined }],
      ['the type of an access token', { typ: 'at+jwt' }],
      ['EdDSA', { alg: 'EdDSA' }],
      ['Ed25519', { alg: 'Ed25519' }],
      ['HS256', { alg: 'HS256' }],
    ] as const)
      it(`is refused with ${what} in its header: GRANT_SUBJECT`, async () => {
        expect(await asked({}, header)).to.match(/^GRANT_SUBJECT TOKEN_/);
      });

    it('is found by the trust domain of its sub, never by iss: GRANT_SUBJECT', async () => {
      expect(await asked({ sub: 'spiffe://mesh.example/ns/shop/sa/agent' })).to.equal('GRANT_SUBJECT TOKEN_ISSUER');
      expect(await asked({ sub: 'spiffe://login.example.org/x' })).to.equal('GRANT_SUBJECT TOKEN_ISSUER');
      expect(await asked({ sub: 'alice' })).to.equal('GRANT_SUBJECT TOKEN_ISSUER');
      expect(await asked({ sub: 'spiffe://partner.example/billing?x' })).to.equal('GRANT_SUBJECT TOKEN_ISSUER');
      expect(await asked({ iss: LOGIN })).to.match(/^GRANT_SUBJECT TOKEN_/);
      expect(await asked({ iss: 'https://spire.partner.example' })).to.equal('ok');
    });

    it('is refused without audience or end, over, and for longer than the entry allows: GRANT_SUBJECT', async () => {
      for (const changes of [
        { aud: undefined },
        { aud: ['other'] },
        { exp: undefined },
        { exp: NOW - 31 },
        { exp: NOW + 3601 },
        { iat: undefined, exp: NOW + 3631 },
      ])
        expect(await asked(changes), JSON.stringify(changes)).to.match(/^GRANT_SUBJECT TOKEN_/);
      expect(await asked({ iat: undefined, exp: NOW + 3600 })).to.equal('ok');
    });

    it('keeps its name, which is of its own trust domain', async () => {
      for (const typ of ['JWT', 'JOSE', undefined]) {
        const token = claimsOf(await scene.exchange(agent, scene.svid({}, { typ }), jwt));
        const sub = 'spiffe://partner.example/billing';
        expect(token)
          .to.deep.include({ sub, scope: 'read', act: { sub: uri } })
          .and.to.not.have.property('sub_iss');
      }
    });

    it('is verified by keys for JWT-SVIDs alone: one for TLS of the same bundle signs none', async () => {
      const text = scene.svid({}, {}, 'partnerTls');
      expect(endOf(await scene.exchange(agent, text, jwt))).to.equal('GRANT_SUBJECT TOKEN_KEY');
    });
  });
});
