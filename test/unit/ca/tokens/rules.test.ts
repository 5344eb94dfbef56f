import { expect } from 'chai';

import { decideScopes, type TokenRule } from '../../../../ca/tokens/rules.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { spiffeIdOf } from '../../../../core/identity/spiffe-id.ts';
import { codeOf, MESH } from '../small-ca.ts';

const idOf = (path: string) => demand(spiffeIdOf(MESH, path));
const AGENT = idOf('/ns/shop/sa/agent');
const RULES: readonly TokenRule[] = [
  { for: { spiffe: { exact: '/ns/shop/sa/agent' } }, audience: 'payments', scopes: ['read', 'write'] },
  { for: { spiffe: { under: '/ns/shop' } }, audience: 'payments', scopes: ['read', 'refund'] },
  { for: { spiffe: { any: true } }, audience: 'catalog', scopes: [] },
];
const decide = (audience: string, scopes: readonly string[], id = AGENT) =>
  decideScopes(RULES, id, { audience, scopes });

describe('decideScopes()', () => {
  it('refuses a malformed audience with GRANT_TOKEN_REQUEST', () => {
    for (const audience of ['', 'a b', 'a\n', 'ä', 'x'.repeat(256), 'a\u0000'])
      expect(codeOf(decide(audience, [])), JSON.stringify(audience)).to.equal('GRANT_TOKEN_REQUEST');
  });

  it('refuses malformed scopes, and more than 64, with GRANT_TOKEN_REQUEST', () => {
    const many = Array.from({ length: 65 }, (_, place) => `s${place}`);
    for (const scopes of [[''], ['a b'], ['a"'], ['a\\'], ['ä'], ['x'.repeat(129)], many])
      expect(codeOf(decide('payments', scopes)), JSON.stringify(scopes)).to.equal('GRANT_TOKEN_REQUEST');
  });

  it('refuses an audience that no rule names for this caller with GRANT_TOKEN_RULE', () => {
    expect(codeOf(decide('ledger', []))).to.equal('GRANT_TOKEN_RULE');
    expect(codeOf(decide('Payments', []))).to.equal('GRANT_TOKEN_RULE');
    expect(codeOf(decide('payments', [], idOf('/ns/other/sa/agent')))).to.equal('GRANT_TOKEN_RULE');
    expect(codeOf(decideScopes([], AGENT, { audience: 'payments', scopes: [] }))).to.equal('GRANT_TOKEN_RULE');
  });

  it('matches by segment: a neighbour whose name only begins alike gets nothing', () => {
    expect(codeOf(decide('payments', [], idOf('/ns/shopping/sa/agent')))).to.equal('GRANT_TOKEN_RULE');
    expect(codeOf(decide('payments', ['write'], idOf('/ns/shop/sa/agent2')))).to.equal('GRANT_TOKEN_RULE');
  });

  it('refuses a scope beyond the first matching rule, though a later one would grant it', () => {
    expect(codeOf(decide('payments', ['refund']))).to.equal('GRANT_TOKEN_RULE');
    expect(codeOf(decide('payments', ['read', 'refund']))).to.equal('GRANT_TOKEN_RULE');
    expect(codeOf(decide('payments', ['READ']))).to.equal('GRANT_TOKEN_RULE');
    expect(codeOf(decide('catalog', ['read']))).to.equal('GRANT_TOKEN_RULE');
  });

  it('grants what was asked, each once, or all of the rule where nothing was asked', () => {
    expect(demand(decide('payments', ['write', 'write']))).to.deep.equal(['write']);
    expect(demand(decide('payments', []))).to.deep.equal(['read', 'write']);
    expect(demand(decide('payments', [], idOf('/ns/shop/sa/other')))).to.deep.equal(['read', 'refund']);
    expect(demand(decide('catalog', []))).to.deep.equal([]);
  });
});
