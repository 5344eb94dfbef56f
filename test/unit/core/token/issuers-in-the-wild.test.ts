/** What known issuers write, and the entry that reads it: each trap of theirs is a case. */
import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { checkClaims } from '../../../../core/token/claims.ts';
import { type IssuerOptions, issuerRules } from '../../../../core/token/issuer.ts';
import { parseStrictObject } from '../../../../core/token/json.ts';
import type { VerifiedToken } from '../../../../core/token/verified-token.ts';
import { NOW } from './tokens.ts';

type Claims = Readonly<Record<string, unknown>>;
type Entry = Omit<IssuerOptions, 'name' | 'algorithms'>;

function judge(claims: Claims, entry: Entry, type: string | undefined = 'jwt'): unknown {
  const document = demand(parseStrictObject(Buffer.from(JSON.stringify({ exp: NOW + 300, iat: NOW, ...claims }))));
  const rules = issuerRules({ name: 'wild', algorithms: ['RS256'], ...entry });
  const signed = { type, keyId: 'k', claims: document, digest: '0123456789ab' };
  const token = checkClaims(signed, { rules, audiences: ['https://api.test', 'https://other.test'], now: NOW });
  return token.ok ? token.value : token.refusal.code;
}

function admitted(...given: Parameters<typeof judge>): VerifiedToken {
  const token = judge(...given);
  if (typeof token !== 'object') throw new TypeError(JSON.stringify(token));
  return token as VerifiedToken;
}

describe('Keycloak', () => {
  const iss = 'https://sso.test/realms/main';
  const entry: Entry = {
    issuer: iss,
    types: ['JWT'],
    claims: [{ claim: ['typ'], oneOf: ['Bearer'] }],
    scopes: [['scope'], ['realm_access', 'roles'], ['resource_access', 'api', 'roles']],
  };
  const claims = {
    iss,
    typ: 'Bearer',
    aud: ['account', 'https://api.test'],
    azp: 'agent',
    sub: 'f3c1',
    scope: 'email',
  };

  it('refuses a token without aud, and one for the account console alone', () => {
    expect(judge({ ...claims, aud: undefined }, entry)).to.equal('TOKEN_CLAIMS');
    expect(judge({ ...claims, aud: 'account' }, entry)).to.equal('TOKEN_AUDIENCE');
  });

  it('refuses its ID and refresh tokens by the claim typ', () => {
    for (const typ of ['ID', 'Refresh', 'Offline', 'bearer', undefined, null, ['Bearer']])
      expect(judge({ ...claims, typ }, entry), JSON.stringify(typ)).to.equal('TOKEN_CLAIMS');
  });

  it('takes the access token, its client from azp, its roles as scopes, without kc-jkt-type', () => {
    const roles = { realm_access: { roles: ['ops', 'Default Role'] }, resource_access: { api: { roles: ['write'] } } };
    const token = admitted({ ...claims, ...roles, cnf: { jkt: 'x', 'kc-jkt-type': 'y' } }, entry);
    expect(token).to.deep.include({ actor: 'agent', scopes: ['email', 'ops', 'write'], confirmation: { jkt: 'x' } });
  });
});

describe('Entra ID', () => {
  const iss = 'https://login.microsoftonline.com/9b7c/v2.0';
  const guid = '6731de76-14a6-49ae-97bc-6eba6914391e';
  const entry: Entry = {
    issuer: iss,
    types: ['JWT'],
    audiences: [{ claim: 'aud', accept: guid, for: 'https://api.test' }],
    scopes: [['scp'], ['roles']],
  };
  const claims = { iss, aud: guid, azp: 'c0ffee', sub: 'x', ver: '2.0' };

  it('refuses another tenant, the template, and a v1 token', () => {
    const others = [
      'https://login.microsoftonline.com/other/v2.0',
      'https://login.microsoftonline.com/{tenantid}/v2.0',
      'https://login.microsoftonline.com/common/v2.0',
      'https://sts.windows.net/9b7c/',
    ];
    for (const other of others) expect(judge({ ...claims, iss: other }, entry), other).to.equal('TOKEN_ISSUER');
  });

  it('refuses the GUID of another application, in other case, or where no rule names it', () => {
    expect(judge({ ...claims, aud: guid.replace('6', '7') }, entry)).to.equal('TOKEN_AUDIENCE');
    expect(judge({ ...claims, aud: guid.toUpperCase() }, entry)).to.equal('TOKEN_AUDIENCE');
    expect(judge(claims, { ...entry, audiences: [] })).to.equal('TOKEN_AUDIENCE');
    const elsewhere: Entry = { ...entry, audiences: [{ claim: 'aud', accept: guid, for: 'https://elsewhere.test' }] };
    expect(judge(claims, elsewhere), 'an audience of another port').to.equal('TOKEN_AUDIENCE');
  });

  it('refuses an ID token by its nonce', () => {
    expect(judge({ ...claims, nonce: 'n' }, entry)).to.equal('TOKEN_TYPE');
  });

  it('takes scp as text and roles as array, alone or together', () => {
    expect(admitted({ ...claims, scp: 'read write' }, entry).scopes).to.deep.equal(['read', 'write']);
    expect(admitted({ ...claims, roles: ['Pay.All'] }, entry).scopes).to.deep.equal(['Pay.All']);
    const both = admitted({ ...claims, scp: 'read', roles: ['Pay.All'] }, entry);
    expect(both).to.deep.include({ scopes: ['read', 'Pay.All'], audience: 'https://api.test', actor: 'c0ffee' });
  });
});

describe('Auth0', () => {
  const iss = 'https://tenant.auth0.test/';
  const entry: Entry = { issuer: iss, types: ['JWT', 'at+jwt'], scopes: [['scope'], ['permissions']] };
  const claims = { iss, aud: ['https://api.test', 'https://tenant.auth0.test/userinfo'], azp: 'c1', sub: 'c1@clients' };

  it('A-420 refuses its iss without the slash, and an entry without it', () => {
    expect(judge({ ...claims, iss: iss.slice(0, -1) }, entry)).to.equal('TOKEN_ISSUER');
    expect(judge(claims, { ...entry, issuer: iss.slice(0, -1) })).to.equal('TOKEN_ISSUER');
  });

  it('refuses a token for userinfo alone', () => {
    expect(judge({ ...claims, aud: 'https://tenant.auth0.test/userinfo' }, entry)).to.equal('TOKEN_AUDIENCE');
  });

  it('takes both dialects, and permissions beside scope', () => {
    const token = admitted({ ...claims, scope: 'read', permissions: ['pay:write'] }, entry);
    expect(token).to.deep.include({ actor: 'c1', scopes: ['read', 'pay:write'] });
    const profile = { ...claims, azp: undefined, client_id: 'c1', jti: 'j' };
    expect(admitted(profile, entry, 'at+jwt').clientId).to.equal('c1');
  });
});

describe('Okta', () => {
  const iss = 'https://org.okta.test/oauth2/default';
  const entry: Entry = {
    issuer: iss,
    types: ['JWT'],
    audiences: [{ claim: 'aud', accept: 'api://default', for: 'https://api.test' }],
    scopes: [['scp']],
  };
  const claims = { iss, aud: 'api://default', cid: '0oa1', uid: '00u1', sub: 'me', scp: ['read', 'write'] };

  it('refuses a token of the org server, which is for Okta alone', () => {
    expect(judge({ ...claims, iss: 'https://org.okta.test' }, entry)).to.equal('TOKEN_ISSUER');
    expect(judge({ ...claims, aud: 'https://org.okta.test' }, entry)).to.equal('TOKEN_AUDIENCE');
  });

  it('takes scp as array, in a token without typ', () => {
    expect(admitted(claims, entry, undefined).scopes).to.deep.equal(['read', 'write']);
  });
});

describe('Cognito', () => {
  const iss = 'https://cognito-idp.eu-west-1.amazonaws.test/eu-west-1_abc';
  const entry: Entry = {
    issuer: iss,
    types: ['JWT'],
    audiences: [{ claim: 'client_id', accept: '7rfbikf', for: 'https://api.test' }],
    claims: [{ claim: ['token_use'], oneOf: ['access'] }],
  };
  const claims = { iss, client_id: '7rfbikf', token_use: 'access', sub: 'u1', scope: 'pay/read' };

  it('refuses a token without aud where no rule names its client', () => {
    expect(judge(claims, { ...entry, audiences: [] })).to.equal('TOKEN_CLAIMS');
    for (const client of ['other', '', undefined, null, ['7rfbikf']])
      expect(judge({ ...claims, client_id: client }, entry), JSON.stringify(client)).to.equal('TOKEN_AUDIENCE');
    const elsewhere: Entry = {
      ...entry,
      audiences: [{ claim: 'client_id', accept: '7rfbikf', for: 'https://x.test' }],
    };
    expect(judge(claims, elsewhere), 'the client of another port').to.equal('TOKEN_CLAIMS');
  });

  it('refuses an ID token: token_use is not access, and its aud is the client', () => {
    expect(judge({ ...claims, token_use: 'id' }, entry)).to.equal('TOKEN_CLAIMS');
    expect(judge({ ...claims, token_use: undefined }, entry)).to.equal('TOKEN_CLAIMS');
    expect(judge({ ...claims, aud: '7rfbikf' }, { ...entry, claims: [] })).to.equal('TOKEN_AUDIENCE');
  });

  it('asks for aud wherever there is one, whatever the client', () => {
    expect(judge({ ...claims, aud: 'https://elsewhere.test' }, entry)).to.equal('TOKEN_AUDIENCE');
    for (const aud of [null, [], 5]) expect(judge({ ...claims, aud }, entry)).to.equal('TOKEN_CLAIMS');
    expect(admitted({ ...claims, aud: 'https://other.test' }, entry).audience).to.equal('https://other.test');
  });

  it('takes the access token of the client that is named, for its port alone', () => {
    expect(admitted(claims, entry).audience).to.equal('https://api.test');
  });
});

describe('GitHub Actions', () => {
  const iss = 'https://token.actions.githubusercontent.com';
  const entry: Entry = { issuer: iss, types: ['JWT'], claims: [{ claim: ['repository'], oneOf: ['acme/pay'] }] };
  const claims = { iss, aud: 'https://api.test', sub: 'repo:acme/pay:ref:refs/heads/main', repository: 'acme/pay' };

  it('refuses the audience that it writes unasked, and another repository with the same prefix', () => {
    expect(judge({ ...claims, aud: 'https://github.com/acme' }, entry)).to.equal('TOKEN_AUDIENCE');
    for (const repository of ['acme/pay-evil', 'acme/Pay', 'acme', undefined])
      expect(judge({ ...claims, repository }, entry), String(repository)).to.equal('TOKEN_CLAIMS');
  });

  it('takes a token of the repository', () => {
    expect(admitted(claims, entry).claims['repository']).to.equal('acme/pay');
  });
});

describe('ADFS', () => {
  const iss = 'http://sts.acme.test/adfs/services/trust';

  it('refuses the issuer of its metadata: access tokens have another', () => {
    const claims = { iss: 'https://sts.acme.test/adfs', aud: 'https://api.test' };
    expect(judge(claims, { issuer: iss, types: ['JWT'] })).to.equal('TOKEN_ISSUER');
    expect(admitted({ ...claims, iss }, { issuer: iss, types: ['JWT'] }).iss).to.equal(iss);
  });
});
