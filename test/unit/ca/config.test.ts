import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import { caConfigTable } from '../../../ca/config.ts';
import { loadConfig } from '../../../runtime/config/load.ts';
import { formatMistake } from '../../../runtime/config/mistake.ts';

const load = (text: string) =>
  loadConfig({ file: 'ca.yaml', text: `trustDomain: a\n${text}`, environment: {}, table: caConfigTable });
const keysIn = (text: string): readonly string[] => {
  const loaded = load(text);
  return loaded.ok ? [] : loaded.mistakes.map(({ key, allowed }) => `${key}: ${allowed}`);
};
const rule = (spiffe: string): string =>
  `tokens: {issuer: https://a, rules: [{for: {spiffe: ${spiffe}}, audience: a, scopes: [b]}]}`;

describe('ca.yaml', () => {
  it('needs a trust domain and nothing else', () => {
    const empty = loadConfig({ file: 'ca.yaml', text: '', environment: {}, table: caConfigTable });
    expect(empty.ok ? [] : empty.mistakes.map(({ key }) => key)).to.deep.equal(['trustDomain']);
    expect(load('').ok).to.equal(true);
  });

  it('refuses a default lifetime outside of the shortest and the longest', () => {
    expect(keysIn('certificates: {ttl: 1h, ttlMin: 2h}')).to.deep.equal([
      'certificates.ttl: at least certificates.ttlMin',
    ]);
    expect(keysIn('certificates: {ttl: 1h, ttlMax: 30m}')).to.deep.equal([
      'certificates.ttl: at most certificates.ttlMax',
    ]);
    expect(keysIn('certificates: {ttl: 30s}')).to.have.length(1);
    expect(keysIn('certificates: {ttlMax: 25h}')).to.have.length(1);
  });

  it('refuses an issuer whose source and files do not belong together, and a share that is none', () => {
    const files = 'files: {certificate: /a, key: /b, roots: /c}';
    const together = 'issuer.files: the three files with `source: files`, and only then';
    expect(keysIn('issuer: {source: files}')).to.deep.equal([together]);
    expect(keysIn(`issuer: {${files}}`)).to.deep.equal([together]);
    expect(keysIn('issuer: {source: files, files: {certificate: /a, key: b}}')).to.have.length(2);
    expect(keysIn(`issuer: {source: files, ${files}}`)).to.deep.equal([]);
    for (const share of ['9%', '91%', '50', '0.5', '50.5%', 'always', '""'])
      expect(keysIn(`issuer: {rotateAfter: ${share}}`), share).to.have.length(1);
    for (const share of ['10%', '50%', '90%', 'never'])
      expect(keysIn(`issuer: {rotateAfter: ${share}}`), share).to.deep.equal([]);
  });

  it('refuses two listeners on one address, except on port 0', () => {
    expect(keysIn('listen: {mesh: "0.0.0.0:8443"}')).to.deep.equal(['listen: four different addresses']);
    expect(keysIn('listen: {mesh: "127.0.0.1:0", https: "127.0.0.1:0"}')).to.deep.equal([]);
    expect(keysIn('listen: {mesh: "podIP:1"}')).to.have.length(1);
  });

  it('refuses rules for names that only the CA has', () => {
    for (const pattern of ['{exact: /cleat}', '{exact: /cleat/ca}', '{under: /cleat}', '{under: /cleat/admin}'])
      expect(keysIn(rule(pattern)), pattern).to.deep.equal([
        'tokens.rules[0].for.spiffe: a path outside of /cleat, which is reserved for the CA',
      ]);
    for (const pattern of ['{exact: /cleats}', '{under: /ns}', '{any: true}'])
      expect(keysIn(rule(pattern)), pattern).to.deep.equal([]);
  });

  it('refuses tokens without an issuer, keys of weak types, and names that are none', () => {
    expect(keysIn('tokens: {ttl: 1m}')).to.deep.equal(['tokens.issuer: an https URL without user, query and fragment']);
    expect(keysIn('certificates: {keyTypes: []}')).to.have.length(1);
    expect(keysIn('certificates: {keyTypes: [p256, rsa1024]}')).to.have.length(1);
    expect(keysIn('serverNames: ["*.a", 10.0.0.1, a_b]')).to.have.length(3);
  });

  it('has no key that turns anything off', () => {
    for (const key of ['insecure', 'disableTls', 'tls', 'clientAuth']) expect(keysIn(`${key}: true`)).to.have.length(1);
  });

  it('loads examples/ca.yaml', () => {
    const text = readFileSync(new URL('../../../examples/ca.yaml', import.meta.url), 'utf8');
    const loaded = loadConfig({ file: 'examples/ca.yaml', text, environment: {}, table: caConfigTable });
    expect(loaded.ok ? [] : loaded.mistakes.map(formatMistake)).to.deep.equal([]);
    expect(loaded).to.have.nested.property('value.tokens.rules').with.length(7);
  });
});
