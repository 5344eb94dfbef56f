import { expect } from 'chai';

import type { Caller } from '../../../../core/token/bind.ts';
import type { JsonObject } from '../../../../core/token/json.ts';
import { epochSeconds, milliseconds } from '../../../../core/time/units.ts';
import { createRuleLimits } from '../../../../sidecar/policy/limits.ts';
import { loginOf } from '../../../../sidecar/policy/login.ts';
import { Permit } from '../../../../sidecar/policy/permit.ts';
import type { RequestFacts, Rule } from '../../../../sidecar/policy/policy.ts';
import { parsePolicy } from '../../../../sidecar/policy/read.ts';
import { callerOf, tokenOf } from '../callers.ts';

const AGENT = '/ns/shop/sa/agent';
const ID = 'spiffe://mesh.test/ns/shop/sa/agent';
/** Wednesday, 27 May 2026, 20:26:40 UTC. */
const NOW = epochSeconds(1_780_000_000 - 86_400);
const FACTS: RequestFacts = { method: 'GET', path: '/x', remote: '10.1.2.3', now: NOW };

/** The one rule of a policy file, with these keys. */
function ruleOf(keys: string): Rule {
  const read = parsePolicy('p', `rules: [{id: r, peers: [{any: true}], ${keys}}]\n`, { issuers: [], audiences: [] });
  if (!read.ok || read.value.rules[0] === undefined) throw new Error(JSON.stringify(read));
  return read.value.rules[0];
}
const claiming = (claims: JsonObject, change: object = {}): Caller =>
  callerOf(AGENT, tokenOf({ claims: { ...tokenOf().claims, ...claims }, ...change }));

function codeOf(keys: string, caller: Caller, facts: Partial<RequestFacts> = {}): string {
  const decided = Permit.decide(caller, { ...FACTS, ...facts }, [ruleOf(keys)]);
  return decided.ok ? 'admitted' : decided.refusal.code;
}
const NO = 'POLICY_NO_RULE';

describe('criteria of a rule', () => {
  describe('claims', () => {
    const misses: readonly [string, string, JsonObject][] = [
      ['an absent claim', 'claims: {tenant: [acme]}', {}],
      ['another value', 'claims: {tenant: [acme]}', { tenant: 'acme2' }],
      ['a value in another case', 'claims: {tenant: [acme]}', { tenant: 'Acme' }],
      ['a text for a number', 'claims: {level: [1]}', { level: '1' }],
      ['a number for a text', "claims: {level: ['1']}", { level: 1 }],
      ['a text for a truth value', 'claims: {admin: [true]}', { admin: 'true' }],
      ['an object', 'claims: {tenant: [acme]}', { tenant: { acme: true } }],
      ['an empty list', 'claims: {groups: [a]}', { groups: [] }],
      ['a list that nests the value', 'claims: {groups: [a]}', { groups: [['a']] }],
      ['one of two claims', 'claims: {tenant: [acme], plan: [gold]}', { tenant: 'acme' }],
      ['a path through a text', 'claims: {a.b: [x]}', { a: 'x' }],
      ['a pattern, since there are none', "claims: {tenant: ['*']}", { tenant: 'acme' }],
    ];
    for (const [what, keys, claims] of misses)
      it(`A-455 refuses ${what}`, () => expect(codeOf(keys, claiming(claims))).to.equal(NO));

    it('A-413 finds nothing by a prototype', () => {
      expect(codeOf('claims: {constructor.name: [Object]}', claiming({}))).to.equal(NO);
      expect(codeOf('claims: {__proto__.x: [y]}', claiming({}))).to.equal(NO);
    });

    it('refuses a request without a token', () => {
      expect(codeOf('claims: {tenant: [acme]}', { ...callerOf(AGENT), token: undefined })).to.equal(NO);
    });

    it('admits an exact value, one of several, one in a list, and one in the depth', () => {
      expect(codeOf('claims: {tenant: [a, acme]}', claiming({ tenant: 'acme' }))).to.equal('admitted');
      expect(codeOf('claims: {groups: [a, b]}', claiming({ groups: ['x', 'b'] }))).to.equal('admitted');
      expect(codeOf('claims: {realm_access.roles: [a]}', claiming({ realm_access: { roles: ['a'] } }))).to.equal(
        'admitted',
      );
      expect(codeOf('claims: {level: [1], admin: [true]}', claiming({ level: 1, admin: true }))).to.equal('admitted');
    });
  });

  describe('actors', () => {
    const acting = (...actors: readonly string[]): Caller => claiming({}, { actor: actors[0] ?? 'alice', actors });

    it('A-452 refuses another current actor, though the one that was meant stands below', () => {
      expect(
        codeOf('actors: [{exact: /ns/shop/sa/agent}]', acting('spiffe://mesh.test/ns/shop/sa/other', ID)),
      ).to.equal(NO);
      expect(codeOf('actors: [{exact: /ns/shop/sa/agent}]', acting('spiffe://other.test/ns/shop/sa/agent'))).to.equal(
        NO,
      );
      expect(codeOf('actors: [{under: /ns/shop}]', acting('spiffe://mesh.test/ns/shopping/sa/a'))).to.equal(NO);
      expect(codeOf('actors: [{name: bot}]', acting('bot2'))).to.equal(NO);
    });

    it('admits by pattern and by name', () => {
      expect(codeOf('actors: [{under: /ns/shop}]', acting(ID))).to.equal('admitted');
      expect(codeOf('actors: [{exact: /x}, {name: bot}]', acting('bot'))).to.equal('admitted');
    });

    it('looks at the whole chain', () => {
      const chain = 'chain: [{under: /ns/shop}]';
      expect(codeOf(chain, acting(ID, 'spiffe://mesh.test/ns/other/sa/a'))).to.equal(NO);
      expect(codeOf(chain, { ...callerOf(AGENT), token: undefined })).to.equal(NO);
      expect(codeOf(chain, acting(ID, 'spiffe://mesh.test/ns/shop/sa/b'))).to.equal('admitted');
    });

    it('tells delegated tokens from others', () => {
      expect(codeOf('delegated: false', acting(ID))).to.equal(NO);
      expect(codeOf('delegated: true', acting())).to.equal(NO);
      expect(codeOf('delegated: false', { ...callerOf(AGENT), token: undefined })).to.equal(NO);
      expect(codeOf('delegated: false', acting())).to.equal('admitted');
      expect(codeOf('delegated: true', acting(ID))).to.equal('admitted');
    });
  });

  describe('from', () => {
    it('A-456 refuses an address outside, one that is not known, and a likeness in text', () => {
      for (const remote of ['11.1.2.3', '110.1.2.3', undefined, '::1', '10.1.2', 'fe80::10.1.2.3'])
        expect(codeOf('from: [10.0.0.0/8]', callerOf(AGENT), { remote }), remote).to.equal(NO);
    });

    it('A-456 takes an IPv4-mapped address for what it is', () => {
      expect(codeOf('from: [10.0.0.0/8]', callerOf(AGENT), { remote: '::ffff:10.1.2.3' })).to.equal('admitted');
      expect(codeOf('from: [10.0.0.0/8]', callerOf(AGENT), { remote: '::ffff:11.1.2.3' })).to.equal(NO);
      expect(codeOf("from: ['fd00::/8', 10.1.2.3]", callerOf(AGENT))).to.equal('admitted');
    });
  });

  describe('times', () => {
    const at = (keys: string, now = NOW): string => codeOf(`times: [${keys}]`, callerOf(AGENT), { now });

    it('refuses outside of its times, at the minute of the end, and where the time is not known', () => {
      expect(at("{from: '08:00', to: '20:26'}")).to.equal(NO);
      expect(at("{from: '20:27', to: '24:00'}")).to.equal(NO);
      expect(at("{days: [mon, tue], from: '00:00', to: '24:00'}")).to.equal(NO);
      expect(codeOf("times: [{from: '00:00', to: '24:00'}]", callerOf(AGENT), { now: undefined })).to.equal(NO);
    });

    it('admits at the minute of the beginning, on its day, in its zone', () => {
      expect(at("{from: '20:26', to: '20:27'}")).to.equal('admitted');
      expect(at("{days: [wed], from: '00:00', to: '24:00'}")).to.equal('admitted');
      // 22:26 in Berlin in summer; Thursday in Tokyo.
      expect(at("{from: '22:26', to: '22:27', zone: Europe/Berlin}")).to.equal('admitted');
      expect(at("{days: [thu], from: '05:00', to: '06:00', zone: Asia/Tokyo}")).to.equal('admitted');
      expect(at("{from: '00:00', to: '01:00'}, {from: '20:00', to: '21:00'}")).to.equal('admitted');
    });
  });
});

describe('what a rule demands of a login', () => {
  const LOGIN = { acr: 'loa2', amr: ['pwd', 'otp'], auth_time: NOW - 60 };

  it('refuses by POLICY_LOGIN what is missing, weaker, too old or of another type, once the rule matched', () => {
    const flaws: readonly [string, JsonObject][] = [
      ['acr: [loa2, loa3]', { ...LOGIN, acr: 'loa1' }],
      ['acr: [loa2]', { ...LOGIN, acr: ['loa2'] }],
      ['acr: [loa2]', {}],
      ['amr: [otp, hwk]', LOGIN],
      ['amr: [otp]', { ...LOGIN, amr: 'otp' }],
      ['maxAge: 59s', LOGIN],
      ['maxAge: 1h', { ...LOGIN, auth_time: String(NOW) }],
      ['maxAge: 1h', { ...LOGIN, auth_time: NOW + 61 }],
      ['maxAge: 1h', {}],
    ];
    for (const [demand, claims] of flaws)
      expect(codeOf(`login: {${demand}}`, claiming(claims)), demand).to.equal('POLICY_LOGIN');
    expect(codeOf('login: {acr: [x]}', { ...callerOf(AGENT), token: undefined })).to.equal('POLICY_LOGIN');
  });

  it('says in the refusal what would do', () => {
    const decided = Permit.decide(claiming({}), FACTS, [ruleOf('login: {acr: [loa2], maxAge: 10m}')]);
    expect(!decided.ok && loginOf(decided.refusal)).to.deep.equal({ acr: ['loa2'], amr: undefined, maxAge: 600 });
  });

  it('admits a login that is strong and young enough', () => {
    expect(codeOf('login: {acr: [loa2], amr: [otp], maxAge: 1m}', claiming(LOGIN))).to.equal('admitted');
  });
});

describe('the rate of a rule', () => {
  /** Admitted or the code, and after how many milliseconds to come back. */
  function counter(rule: Rule) {
    const limits = createRuleLimits();
    let now = 0;
    return {
      pass: (span: number) => void (now += span),
      ask: (caller: Caller): string => {
        const count = (one: Rule, who: Caller) => limits.take(one, who, milliseconds(now));
        const decided = Permit.decide(caller, { ...FACTS, count }, [rule]);
        return decided.ok ? 'admitted' : `${decided.refusal.code} ${decided.refusal.retryAfter ?? ''}`.trim();
      },
    };
  }

  it('A-458 is not dodged by new tokens, new leaves or other connections', () => {
    const { ask } = counter(ruleOf('rate: {perCaller: 2/s}'));
    const other = (jti: string): Caller => claiming({}, { jti, label: jti });
    expect([ask(other('a')), ask(other('b'))]).to.deep.equal(['admitted', 'admitted']);
    expect(ask(other('c'))).to.equal('POLICY_RATE 500');
    const leaf = callerOf(AGENT);
    expect(ask({ ...leaf, peer: { ...leaf.peer, serial: 'ff', thumbprint: Buffer.alloc(32, 9) } })).to.match(
      /^POLICY_RATE/,
    );
    expect(ask(callerOf('/ns/shop/sa/other'))).to.equal('admitted');
  });

  it('comes back with time, up to the burst', () => {
    const { ask, pass } = counter(ruleOf('rate: {perCaller: 60/m, burst: 1}'));
    expect([ask(callerOf(AGENT)), ask(callerOf(AGENT))]).to.deep.equal(['admitted', 'POLICY_RATE 1000']);
    pass(1000);
    expect(ask(callerOf(AGENT))).to.equal('admitted');
  });

  it('counts each API key by itself, also where one caller holds several', () => {
    const { ask } = counter(ruleOf('rate: {perOrigin: 1/h}'));
    const by = (...origins: readonly string[]): Caller => claiming({}, { origins });
    expect(ask(by('client:a', 'key:1'))).to.equal('admitted');
    expect(ask(by('client:a', 'key:1'))).to.match(/^POLICY_RATE/);
    expect(ask(by('client:a', 'key:2'))).to.equal('admitted');
    expect(ask(by('client:b'))).to.equal('admitted');
    expect(ask(by())).to.equal('admitted');
  });

  it('takes an origin that another issuer wrote for another one', () => {
    const { ask } = counter(ruleOf('rate: {perOrigin: 1/h}'));
    const by = (issuer: string): Caller => claiming({}, { issuer, origins: ['key:1'] });
    expect([ask(by('sso')), ask(by('cleat'))]).to.deep.equal(['admitted', 'admitted']);
    expect(ask(by('cleat'))).to.match(/^POLICY_RATE/);
  });

  it('spends nothing of a key for a caller who came too often himself', () => {
    const { ask } = counter(ruleOf('rate: {perCaller: 1/h, perOrigin: 2/h}'));
    const by = (path: string): Caller => callerOf(path, tokenOf({ origins: ['key:1'] }));
    expect(ask(by(AGENT))).to.equal('admitted');
    for (let times = 0; times < 5; times += 1) expect(ask(by(AGENT))).to.match(/^POLICY_RATE/);
    expect(ask(by('/ns/shop/sa/other'))).to.equal('admitted');
    expect(ask(by('/ns/shop/sa/third'))).to.match(/^POLICY_RATE/);
  });

  it('counts nothing that is refused for another reason', () => {
    const { ask } = counter(ruleOf('scopes: [s], rate: {perCaller: 1/h}'));
    expect(ask(callerOf(AGENT))).to.equal('POLICY_SCOPE');
    expect(ask(claiming({}, { scopes: ['s'] }))).to.equal('admitted');
  });
});
