/** What a token must say: issuer, names, scopes, audience. */
import { NOW } from '../authority.ts';
import { bad, type Definition, good, type Reason, type Topic } from '../definition.ts';
import { createSigningKey, type Members } from '../token.ts';
import { AUDIENCE, ISSUER, issuerOf, type World } from '../world.ts';

const issuer: Reason = { flag: 'Iss', clause: 'RFC 8725 3.8', code: 'TOKEN_ISSUER' };
const claims: Reason = { flag: 'MissingClaim', clause: 'RFC 9068 2.2', code: 'TOKEN_CLAIMS' };
const shape: Reason = { flag: 'ClaimType', clause: 'RFC 7519 4.1', code: 'TOKEN_CLAIMS' };
const scope: Reason = { flag: 'Scope', clause: 'RFC 8693 4.2', code: 'TOKEN_CLAIMS' };
const audience: Reason = { flag: 'Aud', clause: 'RFC 7519 4.1.3', code: 'TOKEN_AUDIENCE' };

export function claimsTopic(world: World): Topic {
  const second = createSigningKey('k1');
  const elsewhere = 'https://idp.other.example';
  const two = {
    issuers: [
      issuerOf(world.issuerKey),
      issuerOf(second, { issuer: elsewhere, audiences: ['https://other.example'], mustBind: false }),
    ],
  };
  const of = (changes: Members) => ({ token: world.token({ claims: changes }) });
  const ofSecond = (changes: Members) => ({ settings: 'two', token: world.token({ key: second, claims: changes }) });
  return {
    topic: 'claims',
    settings: { strict: world.settings(), two: world.settings({}, two) },
    cases: [
      good('a good token', 'RFC 9068 4', 'x5t#S256', of({})),
      bad(issuer, 'iss absent', of({ iss: undefined })),
      bad(issuer, 'iss of somebody else', of({ iss: 'https://attacker.example' })),
      bad(issuer, 'a slash behind iss', of({ iss: `${ISSUER}/` })),
      bad(issuer, 'iss in another case', of({ iss: 'https://CA.example.org' })),
      bad(issuer, 'iss with the default port', of({ iss: 'https://ca.example.org:443' })),
      bad(issuer, 'iss is a prefix of ours', of({ iss: ISSUER.slice(0, -1) })),
      bad(issuer, 'iss is an array with ours', of({ iss: [ISSUER] })),
      bad(issuer, 'iss is null', of({ iss: null })),
      bad(
        { ...issuer, flag: 'MixUp', code: 'TOKEN_SIGNATURE' },
        'iss of one issuer, key of another, same kid',
        ofSecond({}),
      ),
      good(
        'the second issuer with its own key and audience',
        'RFC 8725 3.8',
        'x5t#S256',
        ofSecond({ iss: elsewhere, aud: 'https://other.example' }),
      ),
      bad(
        { ...audience, flag: 'MixUp' },
        'the second issuer for an audience of the first',
        ofSecond({ iss: elsewhere }),
      ),
      ...names(world),
      ...scopes(world),
    ],
  };
}

function names(world: World): readonly Definition[] {
  const of = (changes: Members) => ({ token: world.token({ claims: changes }) });
  return [
    ...['sub', 'client_id', 'jti', 'iat'].map((name) =>
      bad(claims, `${name} absent in at+jwt`, of({ [name]: undefined })),
    ),
    bad(shape, 'sub is a number', of({ sub: 7 })),
    bad(shape, 'sub is empty', of({ sub: '' })),
    bad(shape, 'client_id is an array', of({ client_id: ['spiffe://example.org/ns/shop/sa/agent'] })),
    bad(shape, 'jti is a number', of({ jti: 7 })),
    bad(shape, 'sub with a line end', of({ sub: 'a\r\nCleat-Caller: b' })),
    bad(shape, 'sub with NUL', of({ sub: 'admin\u0000x' })),
    good('a claim that nobody knows', 'RFC 7519 4', 'x5t#S256', of({ 'https://example.org/x': { a: [1] } })),
  ];
}

function scopes(world: World): readonly Definition[] {
  const of = (changes: Members) => ({ token: world.token({ claims: changes }) });
  const many = (count: number): string => Array.from({ length: count }, (_one, at) => `s${at}`).join(' ');
  return [
    bad(scope, 'two spaces between scopes', of({ scope: 'a  b' })),
    bad(scope, 'a tab between scopes', of({ scope: 'a\tb' })),
    bad(scope, 'a quote in a scope', of({ scope: 'a"b' })),
    bad(scope, 'scope is a number', of({ scope: 1 })),
    bad(scope, 'scope is an object', of({ scope: { a: true } })),
    bad({ ...scope, flag: 'Bound' }, '65 scopes', of({ scope: many(65) })),
    good('64 scopes', 'RFC 8693 4.2', 'x5t#S256', of({ scope: many(64) })),
    good('no scope', 'RFC 9068 2.2.3', 'x5t#S256', of({ scope: undefined })),
  ];
}

export function audienceTopic(world: World): Topic {
  const of = (aud: unknown) => ({ token: world.token({ claims: { aud } }) });
  const wrongShape: Reason = { ...audience, code: 'TOKEN_CLAIMS' };
  return {
    topic: 'audience',
    settings: { strict: world.settings() },
    cases: [
      good('our audience as a string', 'RFC 7519 4.1.3', 'x5t#S256', of(AUDIENCE)),
      good('our audience as the only one of an array', 'RFC 7519 4.1.3', 'x5t#S256', of([AUDIENCE])),
      good('our audience among others', 'RFC 7519 4.1.3', 'x5t#S256', of(['https://a.example', AUDIENCE])),
      bad(wrongShape, 'aud absent', of(undefined)),
      bad(audience, 'another service', of('https://catalog.example.org')),
      bad(audience, 'a prefix of ours', of(AUDIENCE.slice(0, -1))),
      bad(audience, 'ours with something behind it', of(`${AUDIENCE}.attacker.example`)),
      bad(audience, 'ours with a slash behind it', of(`${AUDIENCE}/`)),
      bad(audience, 'ours in another case', of('https://PAY.example.org')),
      bad(audience, 'ours and another in one string', of(`${AUDIENCE} https://a.example`)),
      bad(audience, 'the issuer itself', of(ISSUER)),
      bad(wrongShape, 'an empty array', of([])),
      bad(wrongShape, 'an array with ours and a number', of([AUDIENCE, 7])),
      bad(wrongShape, 'ours in an array in an array', of([[AUDIENCE]])),
      bad(wrongShape, 'null', of(null)),
      bad(wrongShape, 'an object', of({ [AUDIENCE]: true })),
      bad(wrongShape, 'true', of(true)),
    ],
  };
}

export function timesTopic(world: World): Topic {
  return {
    topic: 'times',
    settings: {
      strict: world.settings(),
      short: world.settings({ maxLifetime: 310 }),
      exact: world.settings({}, { skew: 0 }),
    },
    cases: [...expiry(world), ...notYet(world), ...lifetimes(world)],
  };
}

const expired: Reason = { flag: 'Exp', clause: 'RFC 7519 4.1.4', code: 'TOKEN_EXPIRED' };
const early: Reason = { flag: 'Nbf', clause: 'RFC 7519 4.1.5', code: 'TOKEN_EARLY' };
const noTime: Reason = { flag: 'NumericDate', clause: 'RFC 7519 2', code: 'TOKEN_CLAIMS' };

function expiry(world: World): readonly Definition[] {
  const of = (exp: unknown) => ({ token: world.token({ claims: { exp } }) });
  const raw = (text: string) => ({
    token: world.token({ claims: JSON.stringify(world.claims({ exp: 0 })).replace('"exp":0', `"exp":${text}`) }),
  });
  return [
    good('inside its life', 'RFC 7519 4.1.4', 'x5t#S256', of(NOW + 1)),
    good('past exp, inside the skew', 'RFC 7519 4.1.4', 'x5t#S256', of(NOW - 29)),
    bad(expired, 'past exp by exactly the skew', of(NOW - 30)),
    bad(expired, 'past exp by an hour', of(NOW - 3600)),
    bad(expired, 'at exp, without skew', { settings: 'exact', ...of(NOW) }),
    good('a second before exp, without skew', 'RFC 7519 4.1.4', 'x5t#S256', { settings: 'exact', ...of(NOW + 1) }),
    bad({ ...noTime, flag: 'MissingClaim', clause: 'RFC 9068 2.2' }, 'exp absent', of(undefined)),
    bad(noTime, 'exp as a string', of(String(NOW + 300))),
    bad(noTime, 'exp with a fraction', of(NOW + 300.5)),
    bad(noTime, 'exp is null', of(null)),
    bad(noTime, 'exp is true', of(true)),
    bad(noTime, 'exp is an array', of([NOW + 300])),
    bad({ ...noTime, code: 'TOKEN_JSON' }, 'exp of 1e400: no finite number', raw('1e400')),
    bad(noTime, 'exp of 2^53 + 1: not exact', raw('9007199254740993')),
    bad(noTime, 'exp of 1e300', raw('1e300')),
    bad(noTime, 'exp is negative', of(-1)),
    bad(noTime, 'exp in milliseconds', of((NOW + 300) * 1000)),
  ];
}

function notYet(world: World): readonly Definition[] {
  const of = (changes: Members) => ({ token: world.token({ claims: changes }) });
  return [
    good('nbf now', 'RFC 7519 4.1.5', 'x5t#S256', of({ nbf: NOW })),
    good('nbf ahead by exactly the skew', 'RFC 7519 4.1.5', 'x5t#S256', of({ nbf: NOW + 30 })),
    bad(early, 'nbf ahead by a second more than the skew', of({ nbf: NOW + 31 })),
    bad({ ...noTime, flag: 'Nbf' }, 'nbf as a string', of({ nbf: String(NOW) })),
    bad({ ...noTime, flag: 'Nbf' }, 'nbf is null', of({ nbf: null })),
    good('iat ahead by exactly the skew', 'RFC 7519 4.1.6', 'x5t#S256', of({ iat: NOW + 30 })),
    bad(
      { ...early, flag: 'Iat', clause: 'RFC 7519 4.1.6' },
      'iat ahead by a second more than the skew',
      of({ iat: NOW + 31 }),
    ),
    bad({ ...noTime, flag: 'Iat' }, 'iat with a fraction', of({ iat: NOW - 0.5 })),
    bad({ ...noTime, flag: 'Iat' }, 'iat as a string', of({ iat: String(NOW - 10) })),
    bad({ ...noTime, flag: 'Iat' }, 'iat is negative', of({ iat: -1 })),
  ];
}

function lifetimes(world: World): readonly Definition[] {
  const of = (changes: Members) => ({ settings: 'short', token: world.token({ claims: changes }) });
  return [
    good('a life as long as allowed', 'RFC 8725 3.10', 'x5t#S256', of({ iat: NOW - 10, exp: NOW + 300 })),
    bad(
      { flag: 'Lifetime', clause: 'RFC 8725 3.10', code: 'TOKEN_LIFETIME' },
      'a life longer than allowed by a second',
      of({ iat: NOW - 10, exp: NOW + 301 }),
    ),
  ];
}
