/** Who may do what, once the caller is known: 401 for a bad credential, 403 for a good one that may not. */
import { issueLeaf } from '../authority.ts';
import { bad, type Definition, good, type Input, type Reason, TOLD, type Topic } from '../definition.ts';
import type { Members } from '../token.ts';
import { ISSUER, type World } from '../world.ts';

const noRule: Reason = { flag: 'NoRule', clause: 'RFC 9110 15.5.4', code: 'POLICY_NO_RULE', told: TOLD.forbidden };
const denied: Reason = { flag: 'Deny', clause: 'RFC 9110 15.5.4', code: 'POLICY_DENIED', told: TOLD.forbidden };
const scope: Reason = { flag: 'Scope', clause: 'RFC 6750 3.1', code: 'POLICY_SCOPE', told: TOLD.scope };

const AGENT_ONLY = [{ exact: '/ns/shop/sa/agent' }];

const RULES = [
  { id: 'never', peers: [{ any: true }], paths: [{ under: '/v1/admin' }], deny: true },
  { id: 'read', peers: AGENT_ONLY, methods: ['GET'], paths: [{ under: '/v1' }], scopes: ['pay.read'] },
  {
    id: 'write',
    peers: AGENT_ONLY,
    methods: ['POST'],
    paths: [{ exact: '/v1/pay' }],
    scopes: ['pay.read', 'pay.write'],
  },
  { id: 'write-again', peers: [{ any: true }], methods: ['POST'], paths: [{ exact: '/v1/pay' }] },
  { id: 'shop', peers: [{ under: '/ns/shop' }], paths: [{ exact: '/shop' }] },
  { id: 'issuer', peers: [{ any: true }], paths: [{ exact: '/ours' }], issuers: [ISSUER] },
  { id: 'tenant', peers: [{ any: true }], paths: [{ exact: '/tenant' }], claims: { tenant: ['acme', 'apex'] } },
  { id: 'level', peers: [{ any: true }], paths: [{ exact: '/level' }], claims: { 'org.level': [1] } },
  { id: 'net', peers: [{ any: true }], paths: [{ exact: '/net' }], from: ['10.0.0.0/8', 'fd00::/8'] },
  { id: 'direct', peers: [{ any: true }], paths: [{ exact: '/direct' }], delegated: false },
  { id: 'chain', peers: [{ any: true }], paths: [{ exact: '/chain' }], chain: [{ under: '/ns/shop' }] },
  { id: 'night', peers: [{ any: true }], paths: [{ exact: '/night' }], times: [{ from: '00:00', to: '00:01' }] },
  { id: 'day', peers: [{ any: true }], paths: [{ exact: '/day' }], times: [{ from: '00:01', to: '24:00' }] },
  {
    id: 'login',
    peers: [{ any: true }],
    paths: [{ exact: '/login' }],
    login: { acr: ['loa2'], amr: ['otp'], maxAge: '10m' },
  },
];

const ROUTES = [
  { path: { exact: '/health' }, binding: 'optional' },
  { path: { exact: '/exact' }, binding: 'required', lineage: false },
  { methods: ['GET'], path: { under: '/ident' }, binding: 'identity' },
];

export function policyTopic(world: World): Topic {
  const strict = world.settings(
    { mustBind: false },
    {
      policy: {
        routes: ROUTES,
        rules: [
          ...RULES,
          {
            id: 'open',
            peers: [{ any: true }],
            paths: [{ exact: '/health' }, { exact: '/exact' }, { under: '/ident' }],
          },
        ],
      },
    },
  );
  return {
    topic: 'policy',
    settings: { strict },
    cases: [
      ...paths(world),
      ...peers(world),
      ...scopes(world),
      ...routes(world),
      ...claims(world),
      ...places(world),
      ...logins(world),
    ],
  };
}

const on = (world: World, target: string, more: Input = {}): Input => ({ token: world.token(), target, ...more });

function paths(world: World): readonly Definition[] {
  return [
    good('a rule matches', 'Cleat policy', 'x5t#S256', on(world, '/v1/x')),
    good('the folder itself', 'Cleat policy', 'x5t#S256', on(world, '/v1')),
    good('a query is no part of the path', 'Cleat policy', 'x5t#S256', on(world, '/v1/x?y=/admin')),
    bad(noRule, 'a path that only begins alike', on(world, '/v10')),
    bad(noRule, 'no rule', on(world, '/nobody')),
    bad(
      { ...noRule, flag: 'Escape', clause: 'RFC 3986 2.3' },
      'a needless escape in the path',
      on(world, '/v1/%61dmin'),
    ),
    bad({ ...noRule, flag: 'Case' }, 'the path in another case', on(world, '/V1/x')),
    bad(
      { ...noRule, flag: 'Path', clause: 'RFC 3986 3.3', code: 'REQUEST_TARGET', told: TOLD.invalidRequest },
      'a dot segment',
      on(world, '/v1/../nobody'),
    ),
    bad(denied, 'denied by the first rule that matches', on(world, '/v1/admin/x')),
    bad(
      { ...noRule, flag: 'Method' },
      'a method that the rule does not name',
      on(world, '/v1/x', { method: 'DELETE' }),
    ),
    bad({ ...noRule, flag: 'Method' }, 'HEAD is not GET', on(world, '/v1/x', { method: 'HEAD' })),
    bad({ ...noRule, flag: 'Path' }, 'below an exact path', on(world, '/v1/pay/1', { method: 'POST' })),
  ];
}

function peers(world: World): readonly Definition[] {
  const as = (path: string, target: string): Input => {
    const leaf = issueLeaf(world.root, { path });
    const id = `spiffe://example.org${path}`;
    return {
      token: world.token({ claims: { cnf: { 'x5t#S256': leaf.x5t }, sub: id, client_id: id } }),
      chain: [leaf.der],
      target,
    };
  };
  return [
    good('a peer under the folder', 'Cleat policy', 'x5t#S256', as('/ns/shop/sa/cart', '/shop')),
    bad({ ...noRule, flag: 'Peer' }, 'another peer with a good token of its own', as('/ns/shop/sa/cart', '/v1/x')),
    bad({ ...noRule, flag: 'Peer' }, 'a peer whose ID only begins alike', as('/ns/shop/sa/agent2', '/v1/x')),
    bad({ ...noRule, flag: 'Peer' }, 'a peer below an exact ID', as('/ns/shop/sa/agent/x', '/v1/x')),
    bad({ ...noRule, flag: 'Peer' }, 'a folder that only begins alike', as('/ns/shopping/sa/cart', '/shop')),
    good('an issuer that the rule names', 'Cleat policy', 'x5t#S256', on(world, '/ours')),
  ];
}

function scopes(world: World): readonly Definition[] {
  const of = (changes: Members, target: string, method = 'GET'): Input => ({
    token: world.token({ claims: changes }),
    target,
    method,
  });
  return [
    bad(scope, 'the scope is missing', of({ scope: 'other' }, '/v1/x')),
    bad(scope, 'no scope at all', of({ scope: undefined }, '/v1/x')),
    bad(scope, 'the scope in another case', of({ scope: 'PAY.READ' }, '/v1/x')),
    bad(scope, 'a scope that begins alike', of({ scope: 'pay.readonly' }, '/v1/x')),
    bad(
      scope,
      'one of two scopes: a later rule without scopes is not tried',
      of({ scope: 'pay.read' }, '/v1/pay', 'POST'),
    ),
    good('both scopes', 'RFC 6750 3.1', 'x5t#S256', of({ scope: 'x pay.write pay.read' }, '/v1/pay', 'POST')),
    bad(
      { flag: 'Exp', clause: 'RFC 6750 3.1', code: 'TOKEN_EXPIRED' },
      'expired and without scope: 401 comes first',
      of({ scope: undefined, exp: 1_767_220_000 }, '/v1/x'),
    ),
  ];
}

function routes(world: World): readonly Definition[] {
  const unbound = world.token({ claims: { cnf: undefined } });
  const absent: Reason = { flag: 'Unbound', clause: 'RFC 8705 3', code: 'BINDING_ABSENT' };
  return [
    good('an optional route without a token', 'Cleat routes', 'none', { target: '/health' }),
    bad(absent, 'the default route is required', { target: '/v1/x', token: unbound }),
    good('an identity route with an unbound token of the peer', 'Cleat routes', 'identity', {
      target: '/ident/x',
      token: unbound,
    }),
    bad(absent, 'the identity route is for another method', { target: '/ident/x', token: unbound, method: 'POST' }),
    bad(
      { flag: 'NoCredential', clause: 'RFC 6750 3.1', code: 'TOKEN_ABSENT', told: TOLD.challenge },
      'a path that only begins like an optional route',
      { target: '/healthz' },
    ),
  ];
}

const ME = 'spiffe://example.org/ns/shop/sa/agent';

function claims(world: World): readonly Definition[] {
  const of = (changes: Members, target: string): Input => ({ token: world.token({ claims: changes }), target });
  const miss: Reason = { ...noRule, flag: 'Claim' };
  const actor: Reason = { ...noRule, flag: 'Actor' };
  return [
    bad(miss, 'the claim is missing', of({}, '/tenant')),
    bad(miss, 'another value of the claim', of({ tenant: 'acme2' }, '/tenant')),
    bad(miss, 'the value in another case', of({ tenant: 'Acme' }, '/tenant')),
    bad(miss, 'a list without the value', of({ tenant: ['other'] }, '/tenant')),
    bad(miss, 'the value below the claim', of({ tenant: { acme: true } }, '/tenant')),
    good('one of two values', 'Cleat policy', 'x5t#S256', of({ tenant: 'apex' }, '/tenant')),
    good('a list that holds the value', 'Cleat policy', 'x5t#S256', of({ tenant: ['x', 'acme'] }, '/tenant')),
    bad(miss, 'a text where a number is wanted', of({ org: { level: '1' } }, '/level')),
    bad(miss, 'the claim one level too high', of({ level: 1 }, '/level')),
    good('a nested claim', 'Cleat policy', 'x5t#S256', of({ org: { level: 1 } }, '/level')),
    bad(actor, 'somebody acts where nobody may', of({ sub: 'alice', act: { sub: ME } }, '/direct')),
    good('nobody acts', 'RFC 8693 4.1', 'x5t#S256', of({}, '/direct')),
    bad(
      actor,
      'an actor in the chain that may not be there',
      of({ sub: 'alice', act: { sub: ME, act: { sub: 'spiffe://example.org/ns/other/sa/x' } } }, '/chain'),
    ),
    good(
      'a chain of those who may',
      'RFC 8693 4.1',
      'x5t#S256',
      of({ sub: 'alice', act: { sub: ME, act: { sub: 'spiffe://example.org/ns/shop/sa/cart' } } }, '/chain'),
    ),
  ];
}

function places(world: World): readonly Definition[] {
  const miss: Reason = { ...noRule, flag: 'Network' };
  return [
    bad(miss, 'an address outside of the networks', on(world, '/net', { from: '11.0.0.1' })),
    bad(miss, 'an IPv4 address that is mapped, and outside', on(world, '/net', { from: '::ffff:11.0.0.1' })),
    good('an address inside', 'Cleat policy', 'x5t#S256', on(world, '/net', { from: '10.255.0.1' })),
    good(
      'an IPv4 address that is mapped',
      'RFC 4291 2.5.5.2',
      'x5t#S256',
      on(world, '/net', { from: '::ffff:10.0.0.1' }),
    ),
    good('an IPv6 address inside', 'Cleat policy', 'x5t#S256', on(world, '/net', { from: 'fd12::1' })),
    bad({ ...noRule, flag: 'Time' }, 'before the time begins', on(world, '/day')),
    good('in the minute in which the time begins', 'Cleat policy', 'x5t#S256', on(world, '/night')),
  ];
}

/** The cases are of 2026-01-01T00:00:00Z. */
const MIDNIGHT = 1_767_225_600;

function logins(world: World): readonly Definition[] {
  const login = { acr: 'loa2', amr: ['pwd', 'otp'], auth_time: MIDNIGHT - 600 };
  const of = (changes: Members): Input => ({
    token: world.token({ claims: { ...login, ...changes } }),
    target: '/login',
  });
  const weak: Reason = { flag: 'Login', clause: 'RFC 9470 3', code: 'POLICY_LOGIN', told: TOLD.login };
  return [
    bad(weak, 'a weaker login', of({ acr: 'loa1' })),
    bad(weak, 'no acr', of({ acr: undefined })),
    bad(weak, 'without the second factor', of({ amr: ['pwd'] })),
    bad(weak, 'amr that is no list', of({ amr: 'otp' })),
    bad(weak, 'a login a second too old', of({ auth_time: MIDNIGHT - 601 })),
    bad(weak, 'a login without its time', of({ auth_time: undefined })),
    bad(weak, 'a time that is a text', of({ auth_time: String(MIDNIGHT) })),
    good('a login that is strong and young enough', 'RFC 9470 5', 'x5t#S256', of({})),
  ];
}
