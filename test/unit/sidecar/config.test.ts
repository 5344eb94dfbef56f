import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import { loadConfig } from '../../../runtime/config/load.ts';
import { formatMistake } from '../../../runtime/config/mistake.ts';
import { sidecarConfigTable } from '../../../sidecar/config.ts';

const LEAST = `trustDomain: a
credentials: {ca: {bootstrap: [ca:1], mesh: [ca:2], evidence: {kind: joinToken, file: /run/token}}}
`;
const load = (text: string) => loadConfig({ file: 'sidecar.yaml', text, environment: {}, table: sidecarConfigTable });
const mistakesIn = (text: string): readonly string[] => {
  const loaded = load(LEAST + text);
  return loaded.ok ? [] : loaded.mistakes.map(({ key, allowed }) => `${key}: ${allowed}`);
};
const issuer = (more: string): string => `issuers: [{name: a, issuer: "https://a", jwks: "https://a/jwks", ${more}}]`;
const upstream = (name: string): string => `{name: ${name}, address: "b:1", spiffe: {exact: /b}, audience: b}`;

describe('sidecar.yaml', () => {
  it('names all that it needs', () => {
    const loaded = load('');
    expect(loaded.ok ? [] : loaded.mistakes.map(({ key }) => key)).to.deep.equal(['trustDomain', 'credentials.ca']);
    const empty = load('trustDomain: a\ncredentials: {ca: {}}');
    expect(empty.ok ? [] : empty.mistakes.map(({ key }) => key)).to.deep.equal([
      'credentials.ca.bootstrap',
      'credentials.ca.mesh',
      'credentials.ca.evidence',
    ]);
  });

  it('takes credentials from the CA or from files, never from both or neither', () => {
    const keys = (text: string): readonly string[] => {
      const loaded = load(`trustDomain: a\n${text}`);
      return loaded.ok ? [] : loaded.mistakes.map(({ key }) => key);
    };
    const ca = 'ca: {bootstrap: [ca:1], mesh: [ca:2], evidence: {kind: joinToken, file: /run/token}}';
    const files = 'files: {certificate: /c/tls.crt, key: /c/tls.key, bundle: /c/ca.crt}';
    expect(keys(`credentials: {source: files, ${files}}`)).to.deep.equal([]);
    expect(keys(`credentials: {source: files, ${files}, ${ca}}`)).to.deep.equal(['credentials.ca']);
    expect(keys(`credentials: {${files}, ${ca}}`)).to.deep.equal(['credentials.files']);
    expect(keys('credentials: {source: files}')).to.deep.equal(['credentials.files']);
    expect(keys(`credentials: {source: files, files: {certificate: tls.crt, key: /k}}`)).to.deep.equal([
      'credentials.files.bundle',
      'credentials.files.certificate',
    ]);
    expect(keys(`credentials: {source: elsewhere, ${ca}}`)).to.deep.equal(['credentials.source']);
  });

  it('demands of each kind of evidence what it needs, no more, and a bundle where no join token names the root', () => {
    const keys = (evidence: string, bundle = ''): readonly string[] => {
      const loaded = load(
        `trustDomain: a\ncredentials: {ca: {bootstrap: [ca:1], mesh: [ca:2], evidence: {${evidence}}${bundle}}}`,
      );
      return loaded.ok ? [] : loaded.mistakes.map(({ key }) => key);
    };
    const roots = ', bundle: /roots';
    const pair = 'certificate: /c, key: /k';
    for (const evidence of [
      'kind: joinToken',
      'kind: oidc',
      'kind: x509',
      'kind: x509, certificate: /c',
      'kind: x509, key: /k',
    ])
      expect(keys(evidence, roots), evidence).to.deep.equal(['credentials.ca.evidence']);
    for (const evidence of [
      `kind: joinToken, file: /f, ${pair}`,
      `kind: oidc, file: /f, key: /k`,
      `kind: x509, file: /f, ${pair}`,
    ])
      expect(keys(evidence, roots), evidence).to.deep.equal(['credentials.ca.evidence']);
    expect(keys('kind: password, file: /f', roots)).to.deep.equal(['credentials.ca.evidence.kind']);
    for (const evidence of ['kind: oidc, file: /f', `kind: x509, ${pair}`]) {
      expect(keys(evidence), evidence).to.deep.equal(['credentials.ca.bundle']);
      expect(keys(evidence, roots), evidence).to.deep.equal([]);
    }
    expect(keys('kind: joinToken, file: /f')).to.deep.equal([]);
  });

  it('refuses an upstream that wants a token where there is no CA to mint it', () => {
    const files = 'credentials: {source: files, files: {certificate: /c/a, key: /c/b, bundle: /c/c}}';
    const keys = (one: string): readonly string[] => {
      const loaded = load(`trustDomain: a\n${files}\negress: {upstreams: [${one}]}`);
      return loaded.ok ? [] : loaded.mistakes.map(({ key }) => key);
    };
    expect(keys(upstream('b'))).to.deep.equal(['egress.upstreams']);
    expect(keys('{name: b, address: "b:1", spiffe: {exact: /b}}')).to.deep.equal([]);
  });

  it('says of a list, a word or a number that a mapping is wanted', () => {
    for (const text of ['- a\n- b\n', 'hello', '7']) {
      const loaded = load(text);
      expect(loaded.ok ? [] : loaded.mistakes.map(({ allowed }) => allowed.slice(0, 9)), text).to.deep.equal([
        'a mapping',
      ]);
    }
  });

  it('refuses inbound without a policy or an audience', () => {
    expect(mistakesIn('inbound: [{listen: "podIP:80", app: "127.0.0.1:80", audience: a}]')).to.deep.equal([
      'policy: an absolute path; inbound needs a policy',
    ]);
    expect(mistakesIn('policy: /p\ninbound: [{listen: "podIP:80", app: "127.0.0.1:80"}]')[0]).to.match(
      /^inbound\[0\]\.audience: /,
    );
  });

  it('refuses a mode that it does not know', () => {
    for (const mode of ['off', 'none', 'STRICT', '""'])
      expect(
        mistakesIn(`policy: /p\ninbound: [{listen: "podIP:80", app: "127.0.0.1:80", audience: a, mode: ${mode}}]`),
      ).to.have.length(1);
  });

  it('refuses an app across the network, and egress that others could reach', () => {
    expect(mistakesIn('policy: /p\ninbound: [{listen: "podIP:80", app: "10.0.0.1:80", audience: a}]')).to.have.length(
      1,
    );
    for (const listen of ['0.0.0.0:15001', 'podIP:15001', '10.0.0.1:15001', '[::]:15001'])
      expect(mistakesIn(`egress: {listen: "${listen}"}`), listen).to.have.length(1);
  });

  it('refuses algorithms without an asymmetric key', () => {
    for (const algorithm of ['none', 'None', 'HS256', 'HS384', 'HS512', 'es256', 'RSA1_5', 'ES256K'])
      expect(mistakesIn(issuer(`algorithms: [${algorithm}]`)), algorithm).to.have.length(1);
    expect(mistakesIn(issuer('algorithms: []'))).to.have.length(1);
  });

  it('bounds skew and lifetime', () => {
    for (const wrong of [
      'skew: 61s',
      'skew: 30',
      'maxLifetime: 0s',
      'maxLifetime: 25h',
      'types: []',
      'trust: none',
      'mustBind: yes',
      'lineage: yes',
    ])
      expect(mistakesIn(issuer(wrong)), wrong).to.have.length(1);
    for (const right of [
      'skew: 0s',
      'skew: 60s',
      'maxLifetime: 24h',
      'trust: system',
      'trust: "file:/a"',
      'mustBind: true',
      'lineage: false',
    ])
      expect(mistakesIn(issuer(right)), right).to.deep.equal([]);
  });

  it('refuses one name twice: issuers by name and iss, upstreams by name without case', () => {
    const one = '{name: a, issuer: "https://a", jwks: "file:/a"}';
    expect(mistakesIn(`issuers: [${one}, {name: a, issuer: "https://b", jwks: "file:/a"}]`)).to.deep.equal([
      'issuers: each name once',
    ]);
    expect(mistakesIn(`issuers: [${one}, {name: b, issuer: "https://a", jwks: "file:/a"}]`)).to.deep.equal([
      'issuers: each issuer once',
    ]);
    expect(mistakesIn(`egress: {upstreams: [${upstream('b')}, ${upstream('B')}]}`)).to.deep.equal([
      'egress.upstreams: each name once',
    ]);
  });

  it('refuses an upstream without an expected identity, or with any', () => {
    expect(mistakesIn('egress: {upstreams: [{name: b, address: "b:1", audience: b}]}')).to.have.length(1);
    expect(
      mistakesIn('egress: {upstreams: [{name: b, address: "b:1", audience: b, spiffe: {any: true}}]}'),
    ).to.have.length.greaterThan(0);
  });

  it('refuses a drain that ends before its grace', () => {
    expect(mistakesIn('drain: {grace: 30s}')).to.deep.equal(['drain.deadline: at least drain.grace']);
  });

  it('refuses a literal token as evidence', () => {
    const token = `cleat-join.${'0a'.repeat(32)}.${'B'.repeat(43)}`;
    const loaded = load(LEAST.replace('/run/token', token));
    expect(loaded.ok).to.equal(false);
    expect(JSON.stringify(loaded)).to.not.include('BBBB');
    expect(mistakesIn(`log: {token: ${token}}`)).to.have.length(1);
  });

  it('has a default for all the rest', () => {
    const loaded = load(LEAST);
    expect(loaded).to.have.deep.nested.property('value.connections', {
      max: 10_000,
      maxAge: 3_600_000,
      maxAgeGrace: 300_000,
      perPeer: 256,
      requests: 100_000,
      handshakesPerTurn: 8,
      handshakesInProgress: 256,
    });
    expect(loaded).to.have.deep.nested.property('value.limits', {
      head: 16_384,
      fields: 100,
      pipelined: 65_536,
      newTokensPerSecond: 50,
      newTokensBurst: 200,
    });
    expect(loaded).to.have.deep.nested.property('value.drain', { grace: 5000, deadline: 25_000 });
    expect(loaded).to.have.deep.nested.property('value.log', { level: 'info', admittedSample: 0.01 });
    expect(loaded).to.have.nested.property('value.inbound').with.length(0);
    expect(loaded).to.not.have.nested.property('value.egress');
  });

  it('loads examples/sidecar-files.yaml', () => {
    const text = readFileSync(new URL('../../../examples/sidecar-files.yaml', import.meta.url), 'utf8');
    const loaded = loadConfig({
      file: 'examples/sidecar-files.yaml',
      text,
      environment: {},
      table: sidecarConfigTable,
    });
    expect(loaded.ok ? [] : loaded.mistakes.map(formatMistake)).to.deep.equal([]);
  });

  it('loads examples/sidecar.yaml', () => {
    const text = readFileSync(new URL('../../../examples/sidecar.yaml', import.meta.url), 'utf8');
    const loaded = loadConfig({ file: 'examples/sidecar.yaml', text, environment: {}, table: sidecarConfigTable });
    expect(loaded.ok ? [] : loaded.mistakes.map(formatMistake)).to.deep.equal([]);
    expect(loaded).to.have.deep.nested.property('value.issuers[0].trust', { kind: 'mesh' });
  });
});
