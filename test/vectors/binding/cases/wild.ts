/** Tokens as the issuers of the world write them, and the trap of each. The names of tenants and hosts are made up. */
import { NOW } from '../authority.ts';
import { bad, type Definition, good, open, type Reason, type Topic } from '../definition.ts';
import { createSigningKey, type Jwk, type Members, part, signJws, type SigningKey } from '../token.ts';
import { AUDIENCE, issuerOf, type World } from '../world.ts';

/** One issuer as it is configured, and the claims that it writes. */
interface Wild {
  readonly iss: string;
  readonly key: SigningKey;
  readonly header?: Members;
  readonly claims: Members;
  readonly entry: Members;
  readonly jwk?: Jwk;
}

const TENANT = '7b2f6a34-0c1d-4e55-9a77-1d2c3b4a5f60';
const API = '0f8e7d6c-5b4a-4938-8271-605f4e3d2c1b';

const typ: Reason = { flag: 'Typ', clause: 'RFC 8725 3.11', code: 'TOKEN_TYPE' };
const aud: Reason = { flag: 'Aud', clause: 'RFC 7519 4.1.3', code: 'TOKEN_AUDIENCE' };
const iss: Reason = { flag: 'Iss', clause: 'RFC 8725 3.8', code: 'TOKEN_ISSUER' };
const hmac: Reason = { flag: 'Algorithm', clause: 'RFC 8725 3.1', code: 'TOKEN_ALGORITHM' };
const scope: Reason = {
  flag: 'Scope',
  clause: 'RFC 6750 3.1',
  code: 'POLICY_SCOPE',
  told: { verdict: 'refuse', status: 403, scheme: 'Bearer', error: 'insufficient_scope', method: null },
};
const claims: Reason = { flag: 'TokenUse', clause: 'RFC 8725 3.12', code: 'TOKEN_CLAIMS' };

export function wildTopic(world: World): Topic {
  const all = {
    keycloak: keycloak(world),
    entra1: entra1(world),
    entra2: entra2(world),
    auth0: auth0(world),
    okta: okta(world),
    cognito: cognito(world),
    github: github(world),
    adfs: adfs(world),
  };
  const settings = Object.entries(all).map(([name, one]) => [name, settingsOf(world, one)] as const);
  const of = (name: keyof typeof all, changes: Members = {}, header: Members = {}) => ({
    settings: name,
    token: tokenOf(all[name], changes, header),
    target: '/v1/x',
  });
  return {
    topic: 'issuers-in-the-wild',
    settings: Object.fromEntries(settings),
    cases: [...keycloakCases(world, of), ...entraCases(of), ...auth0Cases(of), ...otherCases(of)],
  };
}

type Of = (
  name: 'keycloak' | 'entra1' | 'entra2' | 'auth0' | 'okta' | 'cognito' | 'github' | 'adfs',
  changes?: Members,
  header?: Members,
) => { readonly settings: string; readonly token: string; readonly target: string };

/** Unbound tokens, on a route that lets them in: what is tested is the shape of each issuer. */
function settingsOf(world: World, { iss: issuer, key, entry, jwk = key.jwk }: Wild): object {
  const policy = { rules: [{ id: 'scoped', peers: [{ any: true }], scopes: ['pay.read'] }] };
  const own = issuerOf(key, {
    issuer,
    jwks: { keys: [jwk] },
    trustDomain: null,
    mustBind: false,
    lineage: false,
    algorithms: ['RS256'],
    types: ['JWT'],
    ...entry,
  });
  return world.settings({}, { issuers: [own], binding: 'optional', policy });
}

function tokenOf({ key, header = {}, claims: sound, iss: issuer }: Wild, changes: Members, more: Members): string {
  const all = { iss: issuer, exp: NOW + 300, iat: NOW - 10, ...sound, ...changes };
  return signJws(key, { alg: 'RS256', typ: 'JWT', kid: key.jwk['kid'], ...header, ...more }, all);
}

const rsa = (kid: string): SigningKey => createSigningKey(kid, 'RS256');

function keycloak({ agent }: World): Wild {
  return {
    iss: 'https://sso.example.org/realms/shop',
    key: rsa('kc-1'),
    claims: {
      jti: 'trrtcc:6f1f',
      aud: ['account', AUDIENCE],
      sub: '31f5a1c2',
      typ: 'Bearer',
      azp: 'shop-agent',
      realm_access: { roles: ['offline_access', 'pay.read'] },
      resource_access: { pay: { roles: ['reader'] } },
      scope: 'profile email',
      cnf: { 'x5t#S256': agent.x5t },
    },
    entry: { scopes: [['scope'], ['realm_access', 'roles']] },
  };
}

function keycloakCases({ agent }: World, of: Of): readonly Definition[] {
  return [
    good('Keycloak: role of the realm as scope, certificate bound', 'RFC 8705 3.1', 'x5t#S256', of('keycloak')),
    bad(
      { ...aud, flag: 'Aud' },
      'Keycloak: only account in aud, as without a mapper',
      of('keycloak', { aud: 'account' }),
    ),
    bad({ ...aud, code: 'TOKEN_CLAIMS' }, 'Keycloak: no aud, as without a mapper', of('keycloak', { aud: undefined })),
    bad(scope, 'Keycloak: role of another client is no scope here', of('keycloak', { realm_access: { roles: [] } })),
    bad(
      { flag: 'UnknownMember', clause: 'RFC 7800 3.1', code: 'BINDING_UNKNOWN' },
      'Keycloak: kc-jkt-type alone in cnf',
      of('keycloak', { cnf: { 'kc-jkt-type': 'DPoP' } }),
    ),
    good(
      'Keycloak: kc-jkt-type beside x5t#S256',
      'RFC 7800 3.1',
      'x5t#S256',
      of('keycloak', { cnf: { 'x5t#S256': agent.x5t, 'kc-jkt-type': 'DPoP' } }),
    ),
    good(
      'Keycloak: exchange that lost the binding, on a route that lets unbound tokens in',
      'RFC 6750 2.1',
      'none',
      of('keycloak', { cnf: undefined }),
    ),
    bad(
      { ...typ, flag: 'IdToken' },
      'Keycloak: an ID token',
      of('keycloak', { typ: 'ID', nonce: 'n-1', at_hash: 'abc' }),
    ),
    bad(
      iss,
      'Keycloak: another realm of the same host',
      of('keycloak', { iss: 'https://sso.example.org/realms/master' }),
    ),
  ];
}

/** Its keys name no `alg`. */
function withoutAlg({ jwk }: SigningKey): Jwk {
  return { ...jwk, alg: undefined };
}

function entra1(_world: World): Wild {
  const key = rsa('entra-1');
  return {
    iss: `https://sts.windows.net/${TENANT}/`,
    key,
    jwk: withoutAlg(key),
    claims: {
      aud: `api://${API}`,
      appid: 'b1c2',
      oid: 'o-1',
      sub: 's-1',
      tid: TENANT,
      ver: '1.0',
      scp: 'user_impersonation pay.read',
    },
    entry: { audiences: [`api://${API}`], scopes: [['scp'], ['roles']] },
  };
}

function entra2(_world: World): Wild {
  const key = rsa('entra-2');
  return {
    iss: `https://login.microsoftonline.com/${TENANT}/v2.0`,
    key,
    jwk: withoutAlg(key),
    claims: { aud: API, azp: 'b1c2', oid: 'o-1', sub: 's-1', tid: TENANT, ver: '2.0', roles: ['pay.read'] },
    entry: { audiences: [API], scopes: [['scp'], ['roles']] },
  };
}

function entraCases(of: Of): readonly Definition[] {
  const other = '11111111-2222-4333-8444-555555555555';
  return [
    good('Entra v1: delegated, scp as a string, a key without alg', 'RFC 7517 4.4', 'none', of('entra1')),
    good('Entra v2: app only, roles as an array, no scp', 'RFC 7519 4.3', 'none', of('entra2')),
    bad(
      iss,
      'Entra v1: token of v2, where the API is of v1',
      of('entra1', { iss: `https://login.microsoftonline.com/${TENANT}/v2.0` }),
    ),
    bad(iss, 'Entra v1: iss without the slash', of('entra1', { iss: `https://sts.windows.net/${TENANT}` })),
    bad(
      iss,
      'Entra v2: another tenant',
      of('entra2', { iss: `https://login.microsoftonline.com/${other}/v2.0`, tid: other }),
    ),
    bad(
      iss,
      'Entra v2: the template of the common metadata',
      of('entra2', { iss: 'https://login.microsoftonline.com/{tenantid}/v2.0' }),
    ),
    bad(aud, 'Entra v2: api:// in aud, where v2 writes the GUID', of('entra2', { aud: `api://${API}` })),
    bad(aud, 'Entra: token for Graph', of('entra1', { aud: '00000003-0000-0000-c000-000000000000' })),
    bad(scope, 'Entra v2: app only without the role', of('entra2', { roles: ['other'] })),
    open(
      'Entra: a header with nonce is that of Graph; those tokens fail by their signature, this one is signed as it stands',
      'RFC 7515 4',
      of('entra1', {}, { nonce: 'n-1' }),
    ),
  ];
}

function auth0(_world: World): Wild {
  return {
    iss: 'https://shop.eu.auth0.example/',
    key: rsa('auth0-1'),
    claims: {
      sub: 'abc@clients',
      aud: [AUDIENCE, 'https://shop.eu.auth0.example/userinfo'],
      azp: 'abc',
      gty: 'client-credentials',
      permissions: ['pay.read'],
      scope: 'openid',
    },
    entry: { scopes: [['scope'], ['permissions']], types: ['JWT', 'at+jwt'] },
  };
}

function auth0Cases(of: Of): readonly Definition[] {
  return [
    good('Auth0: iss with a slash, two audiences, permissions', 'RFC 7519 4.1.3', 'none', of('auth0')),
    good(
      'Auth0: the dialect of RFC 9068',
      'RFC 9068 2',
      'none',
      of('auth0', { client_id: 'abc', jti: 'j-1' }, { typ: 'at+jwt' }),
    ),
    bad(
      { flag: 'MissingClaim', clause: 'RFC 9068 2.2', code: 'TOKEN_CLAIMS' },
      'Auth0: typ at+jwt without client_id',
      of('auth0', { jti: 'j-1' }, { typ: 'at+jwt' }),
    ),
    bad(iss, 'Auth0: iss without the slash', of('auth0', { iss: 'https://shop.eu.auth0.example' })),
    bad(aud, 'Auth0: only userinfo in aud', of('auth0', { aud: ['https://shop.eu.auth0.example/userinfo'] })),
    bad(hmac, 'Auth0: HS256, as an API can be set to', of('auth0', {}, { alg: 'HS256' })),
  ];
}

function okta(_world: World): Wild {
  return {
    iss: 'https://shop.okta.example/oauth2/default',
    key: rsa('okta-1'),
    header: { typ: undefined },
    claims: {
      ver: 1,
      jti: 'AT.1',
      aud: 'api://default',
      cid: '0oa1',
      uid: '00u1',
      scp: ['openid', 'pay.read'],
      sub: 'a@example.org',
    },
    entry: { audiences: ['api://default'], scopes: [['scp']] },
  };
}

function cognito(_world: World): Wild {
  return {
    iss: 'https://cognito-idp.eu-west-1.amazonaws.example/eu-west-1_abc',
    key: rsa('cognito-1'),
    header: { typ: undefined },
    claims: { sub: 's-1', client_id: 'app-1', token_use: 'access', scope: 'pay.read', jti: 'j-1', version: 2 },
    entry: { clientsWithoutAudience: ['app-1'], claims: [{ claim: ['token_use'], oneOf: ['access'] }] },
  };
}

function github(_world: World): Wild {
  return {
    iss: 'https://token.actions.githubusercontent.com',
    key: rsa('github-1'),
    claims: {
      sub: 'repo:example/shop:ref:refs/heads/main',
      aud: AUDIENCE,
      repository: 'example/shop',
      ref: 'refs/heads/main',
      jti: 'j-1',
      scope: 'pay.read',
    },
    entry: { claims: [{ claim: ['repository'], oneOf: ['example/shop'] }] },
  };
}

function adfs(_world: World): Wild {
  return {
    iss: 'http://adfs.example.org/adfs/services/trust',
    key: rsa('adfs-1'),
    claims: {
      aud: 'microsoft:identityserver:pay',
      appid: 'b1c2',
      apptype: 'Confidential',
      authmethod: 'x',
      ver: '1.0',
      scp: 'pay.read',
    },
    entry: { audiences: ['microsoft:identityserver:pay'], scopes: [['scp']] },
  };
}

function otherCases(of: Of): readonly Definition[] {
  return [
    good('Okta: scp as an array, no typ', 'RFC 7519 5.1', 'none', of('okta')),
    bad(iss, 'Okta: token of the org server', of('okta', { iss: 'https://shop.okta.example' })),
    bad(scope, 'Okta: scp lacks the scope', of('okta', { scp: ['openid'] })),
    good('Cognito: no aud, a client that is listed', 'RFC 7519 4.1.3', 'none', of('cognito')),
    bad(aud, 'Cognito: no aud, a client that is not listed', of('cognito', { client_id: 'app-2' })),
    bad(claims, 'Cognito: an ID token', of('cognito', { token_use: 'id' })),
    bad(claims, 'Cognito: token_use absent', of('cognito', { token_use: undefined })),
    good('GitHub Actions: the repository that was asked for', 'RFC 7519 4.3', 'none', of('github')),
    bad(aud, 'GitHub Actions: the default audience', of('github', { aud: 'https://github.com/example' })),
    bad(
      { ...claims, flag: 'Repository' },
      'GitHub Actions: another repository whose sub begins alike',
      of('github', { repository: 'example/shop-fork', sub: 'repo:example/shop-fork:ref:refs/heads/main' }),
    ),
    good('ADFS: the access token issuer', 'RFC 8414 3.3', 'none', of('adfs')),
    bad(iss, 'ADFS: the issuer of the metadata', of('adfs', { iss: 'https://adfs.example.org/adfs' })),
    bad(
      { ...typ, flag: 'LogoutToken' },
      'a logout token',
      of('okta', { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }),
    ),
    bad({ ...typ, flag: 'LogoutToken' }, 'typ of a logout token', of('okta', {}, { typ: 'logout+jwt' })),
    bad({ ...typ, flag: 'CodeHash' }, 'an ID token with c_hash', of('okta', { c_hash: 'abc' })),
    bad({ flag: 'Opaque', clause: 'RFC 7515 7.1', code: 'TOKEN_GRAMMAR' }, 'Okta: an opaque token of the org server', {
      ...of('okta'),
      token: '2YotnFZFEjr1zCsicMWpAA',
    }),
    bad(
      { flag: 'JWE', clause: 'RFC 7516 3.1', code: 'TOKEN_GRAMMAR' },
      'Auth0: an encrypted token, as where no audience was asked for',
      {
        ...of('auth0'),
        token: `${part({ alg: 'dir', enc: 'A256GCM', iss: 'https://shop.eu.auth0.example/' })}..aXY.Y2lwaGVy.dGFn`,
      },
    ),
  ];
}
