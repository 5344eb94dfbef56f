import { expect } from 'chai';

import { decideGrant, type RuleSubject, type RuleTerms, type TokenRule } from '../../../../ca/tokens/rules.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { codeOf } from '../small-ca.ts';
import { apiKey, client, mandate, workload } from './askers.ts';

const RULES: readonly TokenRule[] = [
  { for: { spiffe: { exact: '/ns/shop/sa/agent' } }, audience: 'payments', scopes: ['read', 'write'] },
  { for: { spiffe: { under: '/ns/shop' } }, audience: 'payments', scopes: ['read', 'refund'] },
  { for: { spiffe: { any: true } }, audience: 'catalog', scopes: [] },
  { for: { client: 'billing-bot' }, audience: 'payments', scopes: ['read', 'refund'] },
  { for: { anyClient: true }, audience: 'ledger', scopes: ['read'] },
  { for: { spiffe: { under: '/ns/shop' } }, onBehalfOf: {}, audience: 'payments', scopes: ['read', 'write'] },
  { for: { spiffe: { under: '/ns/shop' } }, onBehalfOf: { audience: 'catalog' }, audience: 'ledger', scopes: ['read'] },
  { for: { client: 'billing-bot' }, onBehalfOf: { issuer: 'idp' }, audience: 'payments', scopes: ['read'] },
];
const AGENT = workload();
const TERMS: RuleTerms = { rules: RULES, mandates: [], subject: undefined };
const decide = (audience: string, scopes: readonly string[] = [], requester = AGENT, terms: Partial<RuleTerms> = {}) =>
  decideGrant(requester, { audience, scopes }, { ...TERMS, ...terms });
const scopesOf = (...asked: Parameters<typeof decide>) => demand(decide(...asked)).scopes;
const subject = (change: Partial<RuleSubject> = {}): RuleSubject => ({
  issuer: 'idp',
  audience: 'cleat',
  scopes: ['read', 'write', 'admin'],
  isBoundElsewhere: false,
  ...change,
});

describe('decideGrant()', () => {
  it('refuses a malformed audience with GRANT_TOKEN_REQUEST', () => {
    for (const audience of ['', 'a b', 'a\n', 'ä', 'x'.repeat(256), 'a\u0000'])
      expect(codeOf(decide(audience)), JSON.stringify(audience)).to.equal('GRANT_TOKEN_REQUEST');
  });

  it('refuses malformed scopes, and more than 64, with GRANT_TOKEN_REQUEST', () => {
    const many = Array.from({ length: 65 }, (_, place) => `s${place}`);
    for (const scopes of [[''], ['a b'], ['a"'], ['a\\'], ['ä'], ['x'.repeat(129)], many])
      expect(codeOf(decide('payments', scopes)), JSON.stringify(scopes)).to.equal('GRANT_TOKEN_REQUEST');
  });

  it('refuses an audience that no rule names for this caller with GRANT_TOKEN_RULE', () => {
    expect(codeOf(decide('accounts'))).to.equal('GRANT_TOKEN_RULE');
    expect(codeOf(decide('Payments'))).to.equal('GRANT_TOKEN_RULE');
    expect(codeOf(decide('payments', [], workload('/ns/other/sa/agent')))).to.equal('GRANT_TOKEN_RULE');
    expect(codeOf(decide('payments', [], AGENT, { rules: [] }))).to.equal('GRANT_TOKEN_RULE');
  });

  it('A-456 matches by segment: a neighbour whose name only begins alike gets nothing', () => {
    expect(codeOf(decide('payments', [], workload('/ns/shopping/sa/agent')))).to.equal('GRANT_TOKEN_RULE');
    expect(codeOf(decide('payments', ['write'], workload('/ns/shop/sa/agent2')))).to.equal('GRANT_SCOPE');
  });

  it('refuses a scope beyond the first matching rule with GRANT_SCOPE, though a later one would grant it', () => {
    expect(codeOf(decide('payments', ['refund']))).to.equal('GRANT_SCOPE');
    expect(codeOf(decide('payments', ['read', 'refund']))).to.equal('GRANT_SCOPE');
    expect(codeOf(decide('payments', ['READ']))).to.equal('GRANT_SCOPE');
    expect(codeOf(decide('catalog', ['read']))).to.equal('GRANT_SCOPE');
  });

  it('grants what was asked, each once, or all of the rule where nothing was asked', () => {
    expect(scopesOf('payments', ['write', 'write'])).to.deep.equal(['write']);
    expect(scopesOf('payments')).to.deep.equal(['read', 'write']);
    expect(scopesOf('payments', [], workload('/ns/shop/sa/other'))).to.deep.equal(['read', 'refund']);
    expect(scopesOf('catalog')).to.deep.equal([]);
  });

  describe('clients', () => {
    const bot = { ...AGENT, client: client() };

    it('refuses a client the rules of the workload that it is used from, and the other way round', () => {
      expect(codeOf(decide('payments', ['write'], bot))).to.equal('GRANT_SCOPE');
      expect(codeOf(decide('ledger', [], AGENT))).to.equal('GRANT_TOKEN_RULE');
    });

    it('refuses an audience or a scope beyond the registration: GRANT_TARGET, GRANT_SCOPE', () => {
      expect(codeOf(decide('ledger', [], bot))).to.equal('GRANT_TARGET');
      expect(codeOf(decide('payments', ['refund'], bot))).to.equal('GRANT_SCOPE');
      expect(codeOf(decide('payments', [], { ...bot, client: client({ scopes: ['write'] }) }))).to.equal('GRANT_SCOPE');
    });

    it('A-623 refuses what the API key is not for, though its client is', () => {
      expect(codeOf(decide('payments', ['write'], { ...bot, apiKey: apiKey() }))).to.equal('GRANT_SCOPE');
      expect(codeOf(decide('payments', [], { ...bot, apiKey: apiKey({ audiences: ['x'] }) }))).to.equal('GRANT_TARGET');
    });

    it('grants what rule, registration and key have in common', () => {
      expect(scopesOf('payments', [], bot)).to.deep.equal(['read']);
      const wide = client({ audiences: ['ledger', 'payments'] });
      expect(scopesOf('ledger', [], { ...bot, client: wide })).to.deep.equal(['read']);
    });
  });

  describe('mandates', () => {
    const mandates = [mandate()];

    it('refuses what a mandate of another workload, audience or scope allows', () => {
      for (const other of [
        mandate({ for: { spiffe: { exact: '/ns/shop/sa/other' } } }),
        mandate({ audience: 'ledger' }),
        mandate({ scopes: ['void'] }),
        mandate({ for: { client: 'billing-bot' } }),
      ])
        expect(codeOf(decide('payments', ['refund'], AGENT, { mandates: [other] }))).to.equal('GRANT_SCOPE');
    });

    it('A-621 refuses to widen an exchange by a mandate', () => {
      const about = subject({ scopes: ['read', 'refund'] });
      expect(codeOf(decide('payments', ['refund'], AGENT, { mandates, subject: about }))).to.equal('GRANT_SCOPE');
    });

    it('grants what the rules do not, by name', () => {
      const granted = demand(decide('payments', ['refund'], AGENT, { mandates }));
      expect(granted).to.deep.equal({ scopes: ['refund'], rule: 'mandate fedcba9876543210', mandate: mandates[0] });
      expect(demand(decide('payments', ['read'], AGENT, { mandates })).mandate).to.equal(undefined);
    });
  });

  describe('exchanges', () => {
    it('refuses by the rules of what is asked in one own name', () => {
      expect(codeOf(decide('catalog', [], AGENT, { subject: subject() }))).to.equal('GRANT_TOKEN_RULE');
    });

    it('A-621 refuses more than the subject token has, though the rule grants it', () => {
      const narrow = subject({ scopes: ['read'] });
      expect(codeOf(decide('payments', ['write'], AGENT, { subject: narrow }))).to.equal('GRANT_SCOPE');
      expect(codeOf(decide('payments', [], AGENT, { subject: subject({ scopes: [] }) }))).to.equal('GRANT_SCOPE');
      expect(scopesOf('payments', [], AGENT, { subject: narrow })).to.deep.equal(['read']);
    });

    it('A-621 refuses a token that is bound elsewhere, but by a rule that names its audience', () => {
      const elsewhere = subject({ isBoundElsewhere: true, issuer: 'own', audience: 'catalog' });
      expect(codeOf(decide('payments', [], AGENT, { subject: elsewhere }))).to.equal('GRANT_TOKEN_RULE');
      expect(scopesOf('ledger', [], AGENT, { subject: elsewhere })).to.deep.equal(['read']);
      const other = { ...elsewhere, audience: 'payments' };
      expect(codeOf(decide('ledger', [], AGENT, { subject: other }))).to.equal('GRANT_TOKEN_RULE');
    });

    it('refuses the token of another issuer than the rule names', () => {
      const bot = { ...AGENT, client: client() };
      expect(codeOf(decide('payments', [], bot, { subject: subject({ issuer: 'own' }) }))).to.equal('GRANT_TOKEN_RULE');
      expect(scopesOf('payments', [], bot, { subject: subject() })).to.deep.equal(['read']);
    });
  });
});
