/** Exchange of tokens that this CA issued itself, and what holds for each exchange. Those of others: `subjects.test.ts`. */
import { expect } from 'chai';

import type { TokenRequester } from '../../../../ca/tokens/requester.ts';
import type { RevokedThing } from '../../../../core/identity/revocation.ts';
import { AGENT } from '../small-ca.ts';
import { ecKey, signToken } from '../../core/token/tokens.ts';
import { apiKey, client, renewed, workload } from './askers.ts';
import {
  ACCESS_TOKEN,
  claimsIn,
  claimsOf,
  endOf,
  type ExchangeScene,
  ISSUER,
  JWT,
  startScene,
  TYPE,
} from './exchange-scene.ts';
import { NOW } from './registered.ts';

const ORDERS = '/ns/shop/sa/orders';
const STOCK = '/ns/shop/sa/stock';
const RULES = [
  { for: { spiffe: { exact: AGENT } }, audience: 'orders', scopes: ['read', 'write'] },
  { for: { client: 'billing-bot' }, audience: 'payments', scopes: ['read', 'write'] },
  { for: { client: 'phone' }, audience: 'orders', scopes: ['read'] },
  { for: { spiffe: { exact: AGENT } }, onBehalfOf: { issuer: 'own' }, audience: 'orders', scopes: ['read'] },
  { for: { client: 'billing-bot' }, onBehalfOf: { issuer: 'login' }, audience: 'payments', scopes: ['read', 'write'] },
  { for: { spiffe: { exact: ORDERS } }, onBehalfOf: { audience: 'orders' }, audience: 'stock', scopes: ['read'] },
  { for: { spiffe: { exact: ORDERS } }, onBehalfOf: { audience: 'payments' }, audience: 'stock', scopes: ['read'] },
  { for: { spiffe: { under: '/ns/shop' } }, onBehalfOf: {}, audience: 'stock', scopes: ['read', 'write', 'admin'] },
  { for: { spiffe: { exact: STOCK } }, onBehalfOf: { audience: 'stock' }, audience: 'ledger', scopes: ['read'] },
];
const STOLEN = 'GRANT_SUBJECT';

describe('the exchange desk', () => {
  let scene: ExchangeScene;
  const [agent, orders, stock] = [workload(AGENT), workload(ORDERS), workload(STOCK)];
  beforeEach(async () => {
    scene = await startScene({ rules: RULES, clients: ['billing-bot'] });
  });
  afterEach(() => scene[Symbol.asyncDispose]());
  const uriOf = (asker: TokenRequester): string => asker.workload?.id.uri ?? '';
  const thumbprintOf = (asker: TokenRequester) => asker.workload?.leaf.thumbprint.toString('base64url');
  const own = (asker = agent): string => scene.own(asker, 'orders');
  const onward = (asker: TokenRequester, subject: string, audience = 'stock') =>
    scene.exchange(asker, subject, { audience });

  describe('types', () => {
    for (const [name, change] of Object.entries({
      'a refresh token': { subjectTokenType: `${TYPE}refresh_token` },
      SAML: { subjectTokenType: `${TYPE}saml2` },
      'a type of no namespace': { subjectTokenType: 'access_token' },
      'an actor token without type': { actorToken: 'x' },
      'a type without actor token': { actorTokenType: ACCESS_TOKEN },
      'an actor of unknown type': { actorToken: 'x', actorTokenType: 'x' },
      'a JWT as result': { requestedTokenType: JWT },
      'a refresh token as result': { requestedTokenType: `${TYPE}refresh_token` },
    }))
      it(`refuses ${name}: GRANT_TOKEN_REQUEST`, async () => {
        const refused = await scene.exchange(orders, own(), { audience: 'stock', ...change });
        expect(endOf(refused)).to.equal('GRANT_TOKEN_REQUEST');
      });

    it('repeats nothing of what was sent under the wrong name', async () => {
      const refused = await scene.exchange(orders, own(), { subjectTokenType: own() });
      expect(JSON.stringify(refused)).to.not.include('eyJ');
    });
  });

  describe('a token of ours', () => {
    it('A-405 A-420 is refused with a signature of another key, cut, or from another issuer: GRANT_SUBJECT', async () => {
      const [head, body, signature] = own().split('.');
      const forged = signToken(ecKey('k'), claimsIn(own()));
      for (const [text, why] of [
        [forged, 'TOKEN_KEY'],
        [`${head}.${body}.`, 'TOKEN_GRAMMAR'],
        [`${head}.${body}`, 'TOKEN_GRAMMAR'],
        [`${head}.${body}.${signature}.x`, 'TOKEN_GRAMMAR'],
        [`${head}.${body}.${Buffer.alloc(64).toString('base64url')}`, 'TOKEN_SIGNATURE'],
        [signToken(ecKey('k'), { ...claimsIn(own()), iss: `${ISSUER}/` }), 'TOKEN_ISSUER'],
        ['', 'TOKEN_GRAMMAR'],
      ] as const)
        expect(endOf(await onward(orders, text)), text).to.equal(`GRANT_SUBJECT ${why}`);
    });

    it('is refused once it is over, and its end is that of what comes of it', async () => {
      const subject = own();
      const { exp } = claimsOf(await scene.exchange(orders, subject, { audience: 'stock' }, NOW + 299));
      expect(exp).to.equal(NOW + 300);
      const over = await scene.exchange(orders, subject, { audience: 'stock' }, NOW + 300);
      expect(endOf(over)).to.equal('GRANT_SUBJECT TOKEN_EXPIRED');
    });

    for (const kind of ['jti', 'sub', 'kid'] as const)
      it(`is refused once its ${kind} is revoked: GRANT_SUBJECT`, async () => {
        const subject = own();
        const { kid } = JSON.parse(Buffer.from(subject.split('.')[0] ?? '', 'base64url').toString()) as { kid: string };
        const value = kind === 'kid' ? kid : claimsIn(subject)[kind];
        scene.revoke({ kind, issuer: ISSUER, value: String(value) });
        expect(endOf(await onward(orders, subject))).to.equal('GRANT_SUBJECT');
      });

    it('A-625 counts by the key that signed before, and by the one that follows', async () => {
      const before = own();
      scene.rotateKey();
      expect(endOf(await onward(orders, before))).to.equal('ok');
      expect(endOf(await onward(orders, own()))).to.equal('ok');
    });

    it('is for the certificate of whoever asks: nothing of its own binding goes on', async () => {
      const { cnf } = claimsOf(await onward(orders, own()));
      expect(cnf).to.deep.equal({ 'x5t#S256': thumbprintOf(orders) });
    });

    it('A-441 counts for the next certificate of its holder by lineage, and after that is stolen', async () => {
      const subject = own();
      const next = renewed(agent, NOW + 100);
      const again = (now: number) => scene.exchange(next, subject, { audience: 'orders' }, now);
      expect(claimsOf(await again(NOW + 99))).to.deep.include({ cnf: { 'x5t#S256': thumbprintOf(next) } });
      expect(endOf(await again(NOW + 100))).to.equal(STOLEN);
    });
  });

  describe('a stolen token', () => {
    const alarms = () => scene.audit.lines.filter(({ kind }) => kind === 'stolen-subject-token');

    it('A-621 A-424 is refused to who is not its audience by a rule, with an alarm that names victim and presenter', async () => {
      const subject = own();
      expect(endOf(await onward(stock, subject))).to.equal(STOLEN);
      const facts = {
        subjectToken: claimsIn(subject)['jti'],
        subject: uriOf(agent),
        subjectIssuer: 'own',
        presenter: uriOf(stock),
        serial: stock.workload?.leaf.serial,
        client: undefined,
      };
      expect(alarms()).to.deep.equal([{ kind: 'stolen-subject-token', facts }]);
      expect(scene.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields)).to.deep.equal([facts]);
      expect(scene.metrics.render()).to.include('cleat_ca_stolen_subject_tokens_total 1');
    });

    it('A-424 is found out whatever the thief asks for, and in another certificate of the same workload', async () => {
      const subject = own();
      for (const change of [{ audience: 'no such' }, { audience: 'a b' }, { audience: 'stock', scopes: ['admin'] }])
        expect(endOf(await scene.exchange(stock, subject, change))).to.equal(STOLEN);
      expect(endOf(await scene.exchange(stock, subject, { actorToken: 'x', actorTokenType: JWT }))).to.equal(STOLEN);
      expect(endOf(await onward(workload(AGENT), subject))).to.equal(STOLEN);
      expect(alarms()).to.have.length(5);
    });

    it('is no alarm where the pair is named, and the target is not', async () => {
      expect(endOf(await onward(orders, own(), 'ledger'))).to.equal('GRANT_TOKEN_RULE');
      expect(alarms()).to.deep.equal([]);
    });

    it('A-446 that is bound to a key alone is stolen without the proof of that key', async () => {
      const phone: TokenRequester = {
        workload: undefined,
        client: client({ id: 'phone', audiences: ['orders'] }),
        apiKey: undefined,
        jkt: 'k'.repeat(43),
      };
      const subject = own(phone);
      const others = [{ ...phone, jkt: undefined }, { ...phone, jkt: 'j'.repeat(43) }, stock];
      for (const other of others) expect(endOf(await onward(other, subject))).to.equal(STOLEN);
      expect(alarms()).to.have.length(3);
      expect(endOf(await onward(phone, subject))).to.equal('GRANT_TARGET');
    });
  });

  describe('an actor token', () => {
    const actor = (text: string) => ({ audience: 'stock', actorToken: text, actorTokenType: ACCESS_TOKEN });

    it('must be ours, live, and of whoever asks: GRANT_SUBJECT', async () => {
      const subject = own();
      for (const text of [scene.login(), own(), 'x', scene.svid()])
        expect(endOf(await scene.exchange(orders, subject, actor(text)))).to.match(/^GRANT_SUBJECT/);
    });

    it('says no more than the certificate does', async () => {
      const first = claimsOf(await scene.exchange(agent, own(), actor(own())));
      expect(first)
        .to.deep.include({ sub: uriOf(agent) })
        .and.to.not.have.property('act');
    });

    it('of the same name, bound to another certificate, is refused: GRANT_SUBJECT', async () => {
      const sibling = workload(AGENT);
      expect(endOf(await scene.exchange(agent, own(), actor(own(sibling))))).to.equal('GRANT_SUBJECT');
    });
  });

  describe('the chain of actors', () => {
    it('A-621 grows by whoever asks, and holds names alone', async () => {
      const second = await onward(orders, own());
      expect(claimsOf(second)['act']).to.deep.equal({ sub: uriOf(orders) });
      const third = await onward(stock, second.ok ? second.value.token : '', 'ledger');
      expect(claimsOf(third)).to.deep.include({
        sub: uriOf(agent),
        client_id: uriOf(stock),
        act: { sub: uriOf(stock), act: { sub: uriOf(orders) } },
      });
    });

    it('stays as it is where who acted last exchanges again', async () => {
      const second = await onward(orders, own());
      const again = await onward(orders, second.ok ? second.value.token : '');
      expect(claimsOf(again)).to.deep.include({ sub: uriOf(agent), act: { sub: uriOf(orders) } });
    });

    it('A-621 has four levels at most: GRANT_SUBJECT', async () => {
      let token = own();
      const pods = Array.from({ length: 5 }, (_, at) => workload(`/ns/shop/sa/pod-${at}`));
      await using deep = await startScene({
        rules: [
          ...RULES.slice(0, 1),
          {
            for: { spiffe: { under: '/ns/shop' } },
            onBehalfOf: { audience: 'orders' },
            audience: 'orders',
            scopes: ['read'],
          },
        ],
      });
      token = deep.own(agent, 'orders');
      for (const pod of pods.slice(0, 4)) {
        const next = await deep.exchange(pod, token, { audience: 'orders' });
        token = next.ok ? next.value.token : endOf(next);
      }
      const fifth = await deep.exchange(pods[4] ?? agent, token, { audience: 'orders' });
      expect(endOf(fifth)).to.equal('GRANT_SUBJECT');
      const fourth = await deep.exchange(pods[3] ?? agent, token, { audience: 'orders' });
      expect(endOf(fourth)).to.equal('ok');
    });

    it('is in the audit line with subject, audience, scopes and rule', async () => {
      const subject = own();
      const second = await onward(orders, subject);
      const third = await onward(stock, second.ok ? second.value.token : '', 'ledger');
      expect(scene.audit.lines.at(-1)).to.have.property('kind', 'token');
      expect(scene.audit.lines.at(-1)?.facts).to.include({
        jti: claimsOf(third)['jti'],
        subject: uriOf(agent),
        subjectIssuer: 'own',
        subjectToken: claimsOf(second)['jti'],
        actors: JSON.stringify([uriOf(stock), uriOf(orders)]),
        audience: 'ledger',
        scopes: 'read',
        rule: 'tokens.rules[8]',
      });
    });
  });

  describe('scopes and targets', () => {
    it('A-621 only ever narrow: GRANT_SCOPE', async () => {
      const asked = (...scopes: readonly string[]) => scene.exchange(orders, own(), { audience: 'stock', scopes });
      for (const wider of [['write'], ['read', 'write'], ['admin'], ['READ']])
        expect(endOf(await asked(...wider)), wider.join(' ')).to.equal('GRANT_SCOPE');
      expect(claimsOf(await asked('read'))).to.have.property('scope', 'read');
      expect(claimsOf(await asked())).to.have.property('scope', 'read');
    });

    it('are never those of the rule alone: what the subject lacks is not granted', async () => {
      const narrow = await onward(orders, own());
      const back = await scene.exchange(orders, narrow.ok ? narrow.value.token : '', {
        audience: 'stock',
        scopes: ['write'],
      });
      expect(endOf(back)).to.equal('GRANT_SCOPE');
    });

    it('of an audience that no rule grants, or that is none: GRANT_TOKEN_RULE | GRANT_TOKEN_REQUEST', async () => {
      expect(endOf(await onward(orders, own(), 'catalog'))).to.equal('GRANT_TOKEN_RULE');
      expect(endOf(await onward(orders, own(), 'two words'))).to.equal('GRANT_TOKEN_REQUEST');
    });
  });

  describe('an API key beside the token of a user', () => {
    const bot = (): TokenRequester => ({ ...agent, client: client(), apiKey: apiKey({ audiences: ['payments'] }) });
    const asked = (change = {}) => scene.exchange(bot(), scene.login(change));

    it('gives a token about the user, by the client, within its key, with both as origins', async () => {
      expect(claimsOf(await asked())).to.deep.include({
        sub: 'alice',
        sub_iss: 'https://login.example.org',
        client_id: 'billing-bot',
        act: { sub: uriOf(agent) },
        scope: 'read',
        origin: ['client:billing-bot', 'key:0123456789abcdef'],
        cnf: { 'x5t#S256': thumbprintOf(agent) },
      });
    });

    it('is bound by the registration of both: GRANT_SCOPE | GRANT_TARGET', async () => {
      const wide = await scene.exchange(bot(), scene.login(), { scopes: ['write'] });
      expect(endOf(wide)).to.equal('GRANT_SCOPE');
      expect(endOf(await scene.exchange(bot(), scene.login(), { audience: 'stock' }))).to.equal('GRANT_TARGET');
    });

    it('keeps its origins through the next exchange, and ends with each of them: GRANT_SUBJECT', async () => {
      const first = await asked();
      const token = first.ok ? first.value.token : '';
      const next = claimsOf(await onward(orders, token));
      expect(next).to.deep.include({
        sub: 'alice',
        sub_iss: 'https://login.example.org',
        act: { sub: uriOf(orders), act: { sub: uriOf(agent) } },
        origin: ['client:billing-bot', 'key:0123456789abcdef'],
      });
      for (const value of ['client:billing-bot', 'key:0123456789abcdef']) {
        scene.revoke({ kind: 'origin', issuer: ISSUER, value });
        expect(endOf(await onward(orders, token)), value).to.equal('GRANT_SUBJECT');
      }
    });
  });

  describe('who is stopped', () => {
    it('acts through nobody else either: GRANT_SUBJECT', async () => {
      const first = await onward(orders, own());
      const token = first.ok ? first.value.token : '';
      const things: readonly RevokedThing[] = [agent, orders].map((one) => ({
        kind: 'spiffe-id',
        spiffeId: uriOf(one),
      }));
      for (const thing of things) {
        scene.revoke(thing);
        expect(endOf(await onward(stock, token, 'ledger'))).to.equal('GRANT_SUBJECT');
      }
    });
  });
});
