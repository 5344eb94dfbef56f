import { expect } from 'chai';

import { loadConfig } from '../../../../runtime/config/load.ts';
import { sidecarConfigTable } from '../../../../sidecar/config.ts';

const TOKENS = 'tokens: {url: "https://ca:8445/token"}, ';

/** The configuration of upstreams whose `token` sections are these. */
function load(sections: readonly string[], egress = TOKENS, more = ', audience: b') {
  const upstreams = sections.map(
    (section, at) => `{name: u${at}, address: "b:1", spiffe: {exact: /b}${more}, token: {${section}}}`,
  );
  const text = `trustDomain: a
credentials: {ca: {bootstrap: [ca:1], mesh: [ca:2], evidence: {kind: joinToken, file: /run/token}}}
egress: {${egress}upstreams: [${upstreams.join(', ')}]}
`;
  return loadConfig({ file: 'sidecar.yaml', text, environment: {}, table: sidecarConfigTable });
}

function mistakesOf(loaded: ReturnType<typeof load>): readonly string[] {
  return loaded.ok ? [] : loaded.mistakes.map(({ key, allowed }) => `${key}: ${allowed}`);
}

function planOf(section: string): unknown {
  const loaded = load([section]);
  return loaded.ok ? loaded.value.egress?.upstreams[0]?.token : mistakesOf(loaded);
}

const ISSUER = 'issuer: {url: "https://idp/token", clientId: app}';

describe('egress.upstreams[].token', () => {
  for (const section of [
    'source: identity, file: /f',
    'source: identity, apiKey: /k',
    'source: apiKey',
    'source: apiKey, file: /f, apiKey: /k',
    'source: apiKey, file: /f, type: jwt',
    `source: apiKey, file: /f, ${ISSUER}`,
    'source: oidc',
    'source: oidc, apiKey: /k',
    `source: oidc, file: /f, ${ISSUER}`,
    'source: refreshToken, file: /f',
    `source: refreshToken, ${ISSUER}`,
    `source: refreshToken, file: /f, type: jwt, ${ISSUER}`,
    'source: onBehalfOf, file: /f',
    `source: onBehalfOf, ${ISSUER}`,
  ])
    it(`refuses ${section}`, () => {
      const [mistake = ''] = mistakesOf(load([section]));
      expect(mistake).to.match(/^egress\.upstreams\[0\]\.token: with source: /);
    });

  it('refuses another source, a relative path, and an issuer that is not https', () => {
    for (const [section, key] of [
      ['source: password, file: /f', 'source'],
      ['source: apiKey, file: key', 'file'],
      ['source: refreshToken, file: /f, issuer: {url: "http://idp/token", clientId: a}', 'issuer.url'],
      ['source: refreshToken, file: /f, issuer: {url: "https://idp/token"}', 'issuer.clientId'],
      ['source: refreshToken, file: /f, issuer: {url: "https://idp/t", clientId: a, trust: mesh}', 'issuer.trust'],
      ['source: refreshToken, file: /f, issuer: {url: "https://idp/t", clientId: a, secret: x}', 'issuer.secret'],
    ] as const)
      expect(
        mistakesOf(load([section])).some((one) => one.startsWith(`egress.upstreams[0].token.${key}`)),
        section,
      ).to.equal(true);
  });

  it('needs the token service where a source asks there, and an audience', () => {
    expect(mistakesOf(load(['source: apiKey, file: /f'], ''))).to.deep.equal([
      'egress.tokens: a section with url; a token.source other than identity asks there',
    ]);
    expect(mistakesOf(load(['source: apiKey, file: /f'], TOKENS, ''))).to.deep.equal([
      'egress.upstreams[0].audience: an audience; a token is asked for one',
    ]);
    expect(mistakesOf(load(['source: identity'], ''))).to.deep.equal([]);
    expect(mistakesOf(load([''], '', ''))).to.deep.equal([]);
  });

  it('lets nobody spend one refresh token in two ways', () => {
    const section = (issuer: string, more = ''): string => `source: refreshToken, file: /f${more}, ${issuer}`;
    const other = ISSUER.replace('app', 'other');
    const mistake = 'egress.upstreams: for one file of a refresh token the same issuer and type everywhere';
    expect(mistakesOf(load([section(ISSUER), section(other)]))).to.deep.equal([mistake]);
    expect(mistakesOf(load([section(ISSUER), section(ISSUER, ', type: idToken')]))).to.deep.equal([mistake]);
    expect(mistakesOf(load([section(ISSUER), section(ISSUER, ', apiKey: /k')]))).to.deep.equal([]);
  });

  it('is our own identity where nothing is said', () => {
    expect(planOf('')).to.deep.equal({ source: 'identity' });
  });

  it('reads each source', () => {
    expect(planOf('source: apiKey, file: /f')).to.deep.equal({ source: 'apiKey', file: '/f' });
    expect(planOf('source: oidc, file: /f, apiKey: /k, type: idToken')).to.deep.equal({
      source: 'oidc',
      file: '/f',
      type: 'id_token',
      apiKey: '/k',
    });
    expect(planOf('source: onBehalfOf')).to.deep.include({ source: 'onBehalfOf', type: 'jwt' });
    expect(planOf(`source: refreshToken, file: /f, ${ISSUER}`)).to.deep.include({
      source: 'refreshToken',
      file: '/f',
      type: 'access_token',
      issuer: { url: 'https://idp/token', clientId: 'app', scopes: [], trust: { kind: 'system' } },
    });
  });

  it('refuses every source where credentials come from files: nothing of them is known to a CA', () => {
    const files = 'credentials: {source: files, files: {certificate: /c, key: /k, bundle: /b}}';
    const upstream = '{name: b, address: "b:1", spiffe: {exact: /b}, audience: b, token: {source: apiKey, file: /f}}';
    const text = `trustDomain: a\n${files}\negress: {${TOKENS}upstreams: [${upstream}]}\n`;
    const loaded = loadConfig({ file: 'sidecar.yaml', text, environment: {}, table: sidecarConfigTable });
    expect(mistakesOf(loaded)).to.have.length(1);
  });
});
