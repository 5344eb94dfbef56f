import { expect } from 'chai';

import { loadConfig } from '../../../../runtime/config/load.ts';
import { sidecarConfigTable } from '../../../../sidecar/config.ts';

const BEGIN = `trustDomain: a
credentials: {ca: {bootstrap: [ca:1], mesh: [ca:2], evidence: {kind: joinToken, file: /run/token}}}
policy: /policy.yaml
inbound:
  - {listen: "127.0.0.1:1", app: "127.0.0.1:2", audience: https://pay.test}
  - {listen: "127.0.0.1:3", app: "127.0.0.1:4", audience: catalog}
`;

function load(issuers: string) {
  return loadConfig({ file: 'sidecar.yaml', text: BEGIN + issuers, environment: {}, table: sidecarConfigTable });
}

function mistakesIn(issuers: string): readonly string[] {
  const loaded = load(issuers);
  return loaded.ok ? [] : loaded.mistakes.map(({ key }) => key);
}

/** The first issuer entry, of this `iss` and with these keys. */
const entry = (more: string, iss = 'https://sso.test'): string => `issuers: [{name: sso, issuer: "${iss}", ${more}}]`;
const keyed = (more: string): string => entry(`jwks: "https://k", ${more}`);

const VALUES = Array.from({ length: 64 }, () => 'a').join(', ');
const CLAIMS = Array.from({ length: 17 }, (_none, at) => `c${at}: [a]`).join(', ');

describe('an issuer entry of sidecar.yaml', () => {
  it('refuses keys from nowhere, from two places, and over http', () => {
    expect(mistakesIn(entry('trust: system'))).to.deep.equal(['issuers[0].jwks']);
    const introspection = 'introspection: {url: "https://i"}';
    expect(mistakesIn(keyed(introspection))).to.deep.equal(['issuers[0].jwks']);
    for (const jwks of [
      'http://k',
      'discover:',
      'discover:http://k',
      'Discover',
      'discover:https://k?a',
      'discover: https://k',
    ])
      expect(mistakesIn(entry(`jwks: "${jwks}"`)), jwks).to.deep.equal(['issuers[0].jwks']);
  });

  it('refuses discovery where the issuer has no address of its own', () => {
    const others = ['http://sso.test', 'kubernetes', 'https://sso.test?a', 'https://u@sso.test', 'https://sso.test#a'];
    const templates = ['https://login.microsoftonline.com/{tenantid}/v2.0', 'https://login.test/%7Btenantid%7D'];
    for (const iss of [...others, ...templates])
      expect(mistakesIn(entry('jwks: discover', iss)), iss).to.deep.equal(['issuers[0].jwks']);
    expect(mistakesIn(entry('jwks: "discover:https://login.test/{tenantid}"'))).to.deep.equal(['issuers[0].jwks']);
  });

  it('refuses audiences that stand for none of ours', () => {
    expect(mistakesIn(keyed('audiences: [{accept: x, for: elsewhere}]'))).to.deep.equal(['issuers']);
    for (const wrong of [
      '{accept: x}',
      '{for: catalog}',
      '{accept: "a b", for: catalog}',
      '{claim: sub, accept: x, for: catalog}',
    ])
      expect(mistakesIn(keyed(`audiences: [${wrong}]`)), wrong).to.have.length(1);
  });

  it('refuses places that are no claims', () => {
    for (const wrong of ['[]', '[""]', '["a..b"]', '[scp, 5]', 'scp', '[a, b, c, d, e, f, g, h, i]'])
      expect(mistakesIn(keyed(`scopes: ${wrong}`)), wrong).to.have.length(1);
    for (const wrong of ['{"a..b": [x]}', '{a: x}', '{a: []}', '{a: [5]}', `{a: [${VALUES}, b]}`, `{${CLAIMS}}`, '[a]'])
      expect(mistakesIn(keyed(`claims: ${wrong}`)), wrong).to.have.length(1);
  });

  it('refuses an introspection client that is half of one, and a second issuer that is asked', () => {
    const halves = [
      '{client: secret}',
      '{client: secret, id: a}',
      '{client: secret, secretFile: /s}',
      '{secretFile: /s}',
      '{client: mtls, secretFile: /s, id: a}',
    ];
    for (const half of halves) {
      const whole = half.replace('{', '{url: "https://i", ');
      expect(mistakesIn(entry(`introspection: ${whole}`)), half).to.deep.equal(['issuers[0].introspection.client']);
    }
    for (const url of ['http://i', 'https://u@i', 'https://i#a'])
      expect(mistakesIn(entry(`introspection: {url: "${url}"}`)), url).to.deep.equal(['issuers[0].introspection.url']);
    const asked = (name: string): string =>
      `{name: ${name}, issuer: "https://${name}", introspection: {url: "https://i"}}`;
    expect(mistakesIn(`issuers: [${asked('a')}, ${asked('b')}]`)).to.deep.equal(['issuers']);
  });

  it('takes discovery, names of audiences, places of scopes, and what marks an access token', () => {
    const loaded = load(`issuers:
  - name: adfs
    issuer: http://sts.test/adfs/services/trust
    jwks: discover:https://sts.test/adfs
    types: [JWT]
    audiences: [{accept: "6731", for: catalog}, {claim: client_id, accept: 7rf, for: https://pay.test}]
    scopes: [scp, 'resource_access."my.api".roles']
    claims: {token_use: [access], a.b: [x, y]}
`);
    expect(loaded).to.have.deep.nested.property('value.issuers[0].jwks', {
      kind: 'discover',
      issuer: 'https://sts.test/adfs',
    });
    expect(loaded).to.have.deep.nested.property('value.issuers[0].audiences', [
      { claim: 'aud', accept: '6731', for: 'catalog' },
      { claim: 'client_id', accept: '7rf', for: 'https://pay.test' },
    ]);
    expect(loaded).to.have.deep.nested.property('value.issuers[0].scopes', [
      ['scp'],
      ['resource_access', 'my.api', 'roles'],
    ]);
    expect(loaded).to.have.deep.nested.property('value.issuers[0].claims', [
      { claim: ['token_use'], oneOf: ['access'] },
      { claim: ['a', 'b'], oneOf: ['x', 'y'] },
    ]);
  });

  it('has defaults: scope, no other names, nothing demanded', () => {
    const loaded = load(entry('jwks: discover'));
    expect(loaded)
      .to.have.nested.property('value.issuers[0]')
      .that.deep.includes({ scopes: [['scope']], audiences: [], claims: [] });
    const asked = load(entry('introspection: {url: "https://i/introspect?realm=a"}'));
    expect(asked).to.have.deep.nested.property('value.issuers[0].introspection', {
      url: 'https://i/introspect?realm=a',
      client: 'mtls',
    });
  });
});
