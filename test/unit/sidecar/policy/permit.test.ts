import { expect } from 'chai';

import { Permit, scopesOf } from '../../../../sidecar/policy/permit.ts';
import type { Rule } from '../../../../sidecar/policy/policy.ts';
import { callerOf, tokenOf } from '../callers.ts';

const rule = (changes: Partial<Rule> & { readonly id: string }): Rule => ({
  peers: [{ any: true }],
  scopes: [],
  deny: false,
  ...changes,
});

const PAYS = rule({
  id: 'agent-pays',
  peers: [{ exact: '/ns/shop/sa/agent' }],
  methods: ['POST'],
  paths: [{ under: '/payments' }],
  issuers: ['cleat'],
  audiences: ['payments'],
  scopes: ['payments.write'],
});
const AGENT = '/ns/shop/sa/agent';
const writer = tokenOf({ scopes: ['payments.read', 'payments.write'] });
const post = { method: 'POST', path: '/payments/1' };

describe('Permit.decide()', () => {
  const misses: readonly [string, Parameters<typeof Permit.decide>[0], typeof post, string][] = [
    ['another peer', callerOf('/ns/shop/sa/agent2', writer), post, 'peers'],
    ['a peer below the exact one', callerOf('/ns/shop/sa/agent/x', writer), post, 'peers'],
    ['another method', callerOf(AGENT, writer), { ...post, method: 'GET' }, 'methods'],
    ['a method in lower case', callerOf(AGENT, writer), { ...post, method: 'post' }, 'methods'],
    ['another path', callerOf(AGENT, writer), { ...post, path: '/paymentsx' }, 'paths'],
    ['another issuer', callerOf(AGENT, tokenOf({ ...writer, issuer: 'other' })), post, 'issuers'],
    ['another audience', callerOf(AGENT, tokenOf({ ...writer, audience: 'catalog' })), post, 'audiences'],
    ['no token', { ...callerOf(AGENT), token: undefined, binding: 'identity' }, post, 'issuers, audiences'],
  ];
  for (const [what, caller, facts, criteria] of misses) {
    it(`A-455 refuses ${what} by POLICY_NO_RULE, and tells the operator why`, () => {
      expect(Permit.decide(caller, facts, [PAYS])).to.deep.equal({
        ok: false,
        refusal: { code: 'POLICY_NO_RULE', detail: `closest rule agent-pays does not match in: ${criteria}` },
      });
    });
  }

  it('A-455 refuses everything where there are no rules', () => {
    expect(Permit.decide(callerOf(AGENT, writer), post, [])).to.have.nested.property('refusal.code', 'POLICY_NO_RULE');
  });

  it('names the rule that came closest', () => {
    const far = rule({ id: 'far', peers: [{ exact: '/x' }], methods: ['GET'], paths: [{ exact: '/y' }] });
    const near = rule({ id: 'near', methods: ['GET'] });
    expect(Permit.decide(callerOf(AGENT), post, [far, near])).to.have.nested.property(
      'refusal.detail',
      'closest rule near does not match in: methods',
    );
  });

  it('A-456 matches peers by segment: /ns/shop is not over /ns/shopping', () => {
    const shop = rule({ id: 'shop', peers: [{ under: '/ns/shop' }] });
    expect(Permit.decide(callerOf('/ns/shopping/sa/a'), post, [shop])).to.have.property('ok', false);
    expect(Permit.decide(callerOf('/ns/shop/sa/a'), post, [shop])).to.have.property('ok', true);
  });

  it('A-455 refuses by the first rule that matches: a deny before an allow', () => {
    const deny = rule({ id: 'no-agents', peers: [{ under: '/ns/shop' }], deny: true });
    const allow = rule({ id: 'all' });
    expect(Permit.decide(callerOf(AGENT, writer), post, [deny, allow])).to.deep.equal({
      ok: false,
      refusal: { code: 'POLICY_DENIED', detail: 'rule no-agents' },
    });
    expect(Permit.decide(callerOf(AGENT, writer), post, [allow, deny])).to.have.property('ok', true);
  });

  it('refuses a missing scope by POLICY_SCOPE, names all that the rule demands, and tries no later rule', () => {
    const decided = Permit.decide(callerOf(AGENT), post, [
      { ...PAYS, scopes: ['payments.read', 'payments.write'] },
      rule({ id: 'all' }),
    ]);
    expect(decided).to.have.nested.property('refusal.code', 'POLICY_SCOPE');
    expect(decided).to.have.nested.property('refusal.detail', 'rule agent-pays demands payments.write');
    expect(decided.ok ? [] : scopesOf(decided.refusal)).to.deep.equal(['payments.read', 'payments.write']);
  });

  it('refuses a caller without a token where a scope is demanded', () => {
    const caller = { ...callerOf(AGENT), token: undefined, binding: 'identity' } as const;
    const decided = Permit.decide(caller, post, [rule({ id: 'scoped', scopes: ['a'] })]);
    expect(decided).to.have.nested.property('refusal.code', 'POLICY_SCOPE');
  });

  it('compares scopes whole: payments.writer is not payments.write', () => {
    const caller = callerOf(AGENT, tokenOf({ scopes: ['payments.writer', 'PAYMENTS.WRITE', 'payments'] }));
    expect(Permit.decide(caller, post, [PAYS])).to.have.nested.property('refusal.code', 'POLICY_SCOPE');
  });

  it('A-249 refuses a path that escapes an unreserved character, whatever the rules say', () => {
    const facts = { method: 'GET', path: '/%61dmin' };
    const deny = rule({ id: 'admin', paths: [{ under: '/admin' }], deny: true });
    expect(Permit.decide(callerOf(AGENT), facts, [deny, rule({ id: 'all' })])).to.have.nested.property(
      'refusal.code',
      'POLICY_NO_RULE',
    );
  });

  it('never grants more when a rule that allows is taken away', () => {
    const rules = [PAYS, rule({ id: 'read', methods: ['GET'], scopes: ['payments.read'] })];
    for (const facts of [post, { method: 'GET', path: '/payments' }, { method: 'PUT', path: '/' }]) {
      for (const token of [tokenOf(), writer]) {
        const all = Permit.decide(callerOf(AGENT, token), facts, rules).ok;
        const fewer = rules.map(
          (left) =>
            Permit.decide(
              callerOf(AGENT, token),
              facts,
              rules.filter((one) => one !== left),
            ).ok,
        );
        if (!all) expect(fewer).to.not.include(true);
      }
    }
  });

  it('gives the permit of the rule that matched, with the caller', () => {
    const caller = callerOf(AGENT, writer);
    const decided = Permit.decide(caller, post, [PAYS]);
    expect(decided.ok && decided.value.rule).to.equal('agent-pays');
    expect(decided.ok && decided.value.caller).to.equal(caller);
  });
});

describe('scopesOf()', () => {
  it('names none for any other refusal', () => {
    expect(scopesOf({ code: 'POLICY_NO_RULE', detail: '' })).to.deep.equal([]);
    expect(scopesOf({ code: 'POLICY_SCOPE', detail: '' })).to.deep.equal([]);
  });
});
