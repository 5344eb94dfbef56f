import { expect } from 'chai';

import { metadataPlaces, readMetadata } from '../../../../core/token/metadata.ts';

const ISSUER = 'https://sso.test/realms/main';
const SAME = { iss: ISSUER, issuer: ISSUER };
const ADFS = { iss: 'http://sts.test/adfs/services/trust', issuer: 'https://sts.test/adfs' };

function read(document: unknown, wanted = SAME): string {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  const place = readMetadata(Buffer.from(text), wanted);
  return place.ok ? place.value : place.refusal.code;
}

describe('metadataPlaces()', () => {
  const places: readonly (readonly [string, string, string])[] = [
    [
      'https://a.test',
      'https://a.test/.well-known/openid-configuration',
      'https://a.test/.well-known/oauth-authorization-server',
    ],
    [
      'https://a.test/',
      'https://a.test/.well-known/openid-configuration',
      'https://a.test/.well-known/oauth-authorization-server',
    ],
    [
      'https://a.test:8443/t/x',
      'https://a.test:8443/t/x/.well-known/openid-configuration',
      'https://a.test:8443/.well-known/oauth-authorization-server/t/x',
    ],
    [
      'https://a.test/t/x/',
      'https://a.test/t/x/.well-known/openid-configuration',
      'https://a.test/.well-known/oauth-authorization-server/t/x',
    ],
  ];
  for (const [issuer, openid, oauth] of places) {
    it(`appends and inserts for ${issuer}`, () => expect(metadataPlaces(issuer)).to.deep.equal([openid, oauth]));
  }
});

describe('readMetadata()', () => {
  const good = { issuer: ISSUER, jwks_uri: 'https://keys.test/jwks' };

  it('A-420 refuses the document of another issuer, and one that names none: TOKEN_ISSUER', () => {
    const others = [
      `${ISSUER}/`,
      'https://SSO.test/realms/main',
      'https://sso.test/realms/other',
      '',
      undefined,
      null,
      [ISSUER],
      5,
    ];
    for (const issuer of others) expect(read({ ...good, issuer }), JSON.stringify(issuer)).to.equal('TOKEN_ISSUER');
    const template = 'https://login.microsoftonline.com/{tenantid}/v2.0';
    const common = 'https://login.microsoftonline.com/common/v2.0';
    expect(read({ ...good, issuer: template }, { iss: common, issuer: common })).to.equal('TOKEN_ISSUER');
  });

  it('refuses an ADFS document without the issuer of its access tokens: TOKEN_ISSUER', () => {
    const document = { ...good, issuer: ADFS.issuer };
    for (const access of [undefined, ADFS.issuer, `${ADFS.iss}/`, null])
      expect(read({ ...document, access_token_issuer: access }, ADFS), String(access)).to.equal('TOKEN_ISSUER');
    expect(read({ ...document, issuer: ADFS.iss, access_token_issuer: ADFS.iss }, ADFS)).to.equal('TOKEN_ISSUER');
    expect(read({ ...document, access_token_issuer: ADFS.iss }, ADFS)).to.equal(good.jwks_uri);
  });

  it('A-428 refuses a jwks_uri that is no plain https URL: TOKEN_KEY', () => {
    const places = [
      'http://keys.test/jwks',
      'https://u@keys.test/jwks',
      'https://keys.test/jwks#a',
      'file:///etc/passwd',
      '/jwks',
    ];
    const others = [
      'https://',
      '',
      'HTTPS://keys.test/',
      'https://keys.test/a b',
      `https://keys.test/${'x'.repeat(512)}`,
    ];
    for (const place of [...places, ...others, undefined, null, 5, ['https://keys.test/jwks']])
      expect(read({ ...good, jwks_uri: place }), JSON.stringify(place)).to.equal('TOKEN_KEY');
  });

  it('A-412 A-414 A-415 refuses what is no strict JSON object: TOKEN_JSON', () => {
    const twice = JSON.stringify(good).replace('{', '{"issuer":"https://evil.test",');
    for (const text of ['', '[]', '"x"', '{', twice, `\ufeff${JSON.stringify(good)}`, '{"a":'.repeat(100)])
      expect(read(text), text.slice(0, 30)).to.equal('TOKEN_JSON');
  });

  it('gives the place of the keys, with its query', () => {
    expect(read(good)).to.equal(good.jwks_uri);
    expect(read({ ...good, jwks_uri: 'https://keys.test/keys?p=b2c_1' })).to.equal('https://keys.test/keys?p=b2c_1');
  });
});
