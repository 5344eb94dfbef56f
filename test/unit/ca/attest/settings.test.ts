import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import { caConfigTable } from '../../../../ca/config.ts';
import { namesOf } from '../../../../core/identity/name-template.ts';
import { effectiveConfig } from '../../../../runtime/config/effective.ts';
import { loadConfig } from '../../../../runtime/config/load.ts';
import { schemaOf } from '../../../../runtime/config/schema.ts';

const load = (text: string) =>
  loadConfig({ file: 'ca.yaml', text: `trustDomain: a\nattestors: {${text}}`, environment: {}, table: caConfigTable });
const keysIn = (text: string): readonly string[] => {
  const loaded = load(text);
  return loaded.ok ? [] : loaded.mistakes.map(({ key }) => key);
};
const x509 = (rules: string, more = ''): string =>
  `x509: [{name: corp, roots: /etc/corp.pem, rules: [${rules}]${more}}]`;
const oidc = (rules: string, more = ''): string =>
  `oidc: [{name: ci, issuer: https://ci.example, jwks: https://ci.example/keys, audience: cleat, rules: [${rules}]${more}}]`;

const DEVICE = '{dns: "{device}.devices.example", path: "/devices/{device}"}';
const REPO = '{claims: {repository: "acme/{repo}"}, path: "/ci/{repo}"}';

describe('attestors of ca.yaml', () => {
  it('refuses an attestor without rules, audience or roots: nobody would be named, or everybody', () => {
    expect(keysIn(x509(''))).to.deep.equal(['attestors.x509[0].rules']);
    expect(keysIn('x509: [{name: corp, rules: [{uri: a, path: /a}]}]')).to.deep.equal(['attestors.x509[0].roots']);
    expect(keysIn(oidc(''))).to.deep.equal(['attestors.oidc[0].rules']);
    expect(keysIn(`oidc: [{name: ci, issuer: a, jwks: https://a/b, rules: [${REPO}]}]`)).to.deep.equal([
      'attestors.oidc[0].audience',
    ]);
  });

  it('refuses a rule that demands nothing', () => {
    expect(keysIn(x509('{path: /a}'))).to.deep.equal(['attestors.x509[0].rules[0]']);
    expect(keysIn(oidc('{path: /a}'))).to.deep.equal(['attestors.oidc[0].rules[0].claims']);
    expect(keysIn(oidc('{claims: {}, path: /a}'))).to.deep.equal(['attestors.oidc[0].rules[0].claims']);
  });

  it('refuses a path with a placeholder that the rule does not take, one taken twice, and a reserved path', () => {
    expect(keysIn(x509('{dns: "{a}.example", path: "/{b}"}'))).to.deep.equal(['attestors.x509[0].rules[0].path']);
    expect(keysIn(x509('{dns: "{a}.example", uri: "urn:{a}", path: "/{a}"}'))).to.deep.equal([
      'attestors.x509[0].rules[0].path',
    ]);
    expect(keysIn(oidc('{claims: {x: "{a}", y: "{a}"}, path: "/{a}"}'))).to.deep.equal([
      'attestors.oidc[0].rules[0].path',
    ]);
    for (const path of ['/cleat', '/cleat/ca', '/cleat/{repo}', 'ci/{repo}', '/ci-{repo}', '/ci/../{repo}'])
      expect(keysIn(oidc(`{claims: {x: "acme/{repo}"}, path: "${path}"}`)), path).to.deep.equal([
        'attestors.oidc[0].rules[0].path',
      ]);
  });

  it('refuses templates that are none, and a DNS name that no rule has', () => {
    expect(keysIn(x509('{dns: "x{a}.example", path: /a}'))).to.deep.equal(['attestors.x509[0].rules[0].dns']);
    expect(keysIn(oidc('{claims: {x: "acme{"}, path: /a}'))).to.deep.equal(['attestors.oidc[0].rules[0].claims.x']);
    expect(keysIn(oidc('{claims: {x: 7}, path: /a}'))).to.deep.equal(['attestors.oidc[0].rules[0].claims.x']);
    expect(keysIn(x509('{uri: "urn:{a}", path: "/{a}", keepDns: true}'))).to.deep.equal([
      'attestors.x509[0].rules[0].keepDns',
    ]);
  });

  it('refuses one name or one issuer twice, the mesh as trust, and algorithms that are none', () => {
    const entry = `{name: corp, roots: /a, rules: [${DEVICE}]}`;
    expect(keysIn(`x509: [${entry}, ${entry}]`)).to.deep.equal(['attestors.x509']);
    const issuer = (name: string): string => `{name: ${name}, issuer: i, jwks: file:/a, audience: c, rules: [${REPO}]}`;
    expect(keysIn(`oidc: [${issuer('a')}, ${issuer('b')}]`)).to.deep.equal(['attestors.oidc']);
    expect(keysIn(oidc(REPO, ', trust: mesh'))).to.deep.equal(['attestors.oidc[0].trust']);
    expect(keysIn(oidc(REPO, ', algorithms: [HS256]'))).to.deep.equal(['attestors.oidc[0].algorithms[0]']);
    expect(keysIn(oidc(REPO, ', skew: 61s'))).to.deep.equal(['attestors.oidc[0].skew']);
  });

  it('reads rules, with the defaults of workload tokens', () => {
    const loaded = load(`${x509(DEVICE)}, ${oidc(REPO)}`);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
    const { x509: authorities, oidc: issuers } = loaded.value.attestors;
    expect(
      authorities[0]?.rules.map(({ dns, uri, path, keepDns }) => [dns?.text, uri, path.text, keepDns]),
    ).to.deep.equal([['{device}.devices.example', undefined, '/devices/{device}', false]]);
    const [ci] = issuers;
    expect([ci?.types, ci?.algorithms, ci?.trust, ci?.maxLifetime]).to.deep.equal([
      ['JWT'],
      ['ES256', 'RS256'],
      { kind: 'system' },
      3_600_000,
    ]);
    const [rule] = ci?.rules ?? [];
    expect(rule?.claims.map(({ name, template }) => [name, namesOf(template)])).to.deep.equal([
      ['repository', ['repo']],
    ]);
    const shown = effectiveConfig(loaded.source, schemaOf(caConfigTable));
    expect(shown).to.have.nested.property('attestors.oidc[0].rules[0].claims.repository', 'acme/{repo}');
  });

  it('takes the examples of docs/attestors.md as they stand', () => {
    const page = readFileSync(new URL('../../../../docs/attestors.md', import.meta.url), 'utf8');
    const blocks = [...page.matchAll(/```yaml\n(# ca\.yaml\n[^`]*)```/g)].map(([, block = '']) => block);
    expect(blocks).to.have.length(2);
    for (const block of blocks) {
      const text = `trustDomain: mesh.example\n${block}`;
      const loaded = loadConfig({ file: 'ca.yaml', text, environment: {}, table: caConfigTable });
      expect(loaded.ok ? [] : loaded.mistakes).to.deep.equal([]);
    }
  });
});
