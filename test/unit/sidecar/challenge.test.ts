import { expect } from 'chai';

import { CATALOG, type Code } from '../../../core/fault/catalog.ts';
import { Fault } from '../../../core/fault/fault.ts';
import type { Refusal } from '../../../core/fault/refusal.ts';
import { milliseconds, seconds } from '../../../core/time/units.ts';
import { challengeFields, challengesOf, type ChallengeTerms } from '../../../sidecar/challenge.ts';
import type { LoginRefusal } from '../../../sidecar/policy/login.ts';

const refusal = (code: Code): Refusal => ({ code, detail: 'thumbprint abc, rule x' });
const CODES = Object.keys(CATALOG) as Code[];

const PLAIN = 'Bearer realm="cleat"';
const METADATA = 'https://pay.example.org/.well-known/oauth-protected-resource';
const FULL: ChallengeTerms = { isDpopServed: true, nonce: 'n-1', resourceMetadata: METADATA };

describe('challengesOf()', () => {
  const one = (code: Code): string => challengesOf(refusal(code)).join('\n');

  it('gives no error code to who showed no credential (RFC 6750 section 3.1)', () => {
    expect(one('TOKEN_ABSENT')).to.equal(PLAIN);
    expect(one('TOKEN_SCHEME')).to.equal(PLAIN);
  });

  it('says which login would do (RFC 9470 section 3)', () => {
    const demand = { acr: ['loa2', 'loa3'], amr: undefined, maxAge: seconds(600) };
    const login: LoginRefusal = { code: 'POLICY_LOGIN', detail: 'rule x', demand };
    expect(challengesOf(login)).to.deep.equal([
      `${PLAIN}, error="insufficient_user_authentication", error_description="another or a younger login is wanted", acr_values="loa2 loa3", max_age="600"`,
    ]);
  });

  it('calls two credentials and bad syntax an invalid request', () => {
    expect(one('TOKEN_DUPLICATE')).to.equal(
      `${PLAIN}, error="invalid_request", error_description="not one credential, in Authorization alone"`,
    );
    expect(one('TOKEN_MALFORMED')).to.equal(`${PLAIN}, error="invalid_request"`);
  });

  it('calls each other refused token or binding an invalid token', () => {
    const others = [
      'TOKEN_ABSENT',
      'TOKEN_SCHEME',
      'BINDING_PROOF',
      'BINDING_PROOF_KEY',
      'BINDING_NONCE',
      'BINDING_REPLAY',
    ];
    const codes = CODES.filter((code) => /^(TOKEN|BINDING)_/.test(code) && CATALOG[code].http === 401);
    expect(codes).to.include.members([
      'BINDING_ABSENT',
      'BINDING_MALFORMED',
      'BINDING_UNKNOWN',
      'BINDING_MISMATCH',
      'BINDING_ACTOR',
      ...others,
    ]);
    for (const code of codes.filter((name) => !others.includes(name)))
      expect(one(code), code).to.match(
        /^Bearer realm="cleat", error="invalid_token"(?:, error_description="[a-zA-Z ]+")?$/,
      );
  });

  it('tells expired from wrong audience from too little scope from bound elsewhere', () => {
    const texts = (
      ['TOKEN_EXPIRED', 'TOKEN_AUDIENCE', 'POLICY_SCOPE', 'BINDING_MISMATCH', 'BINDING_NEWER'] as const
    ).map((code) => /error_description="([^"]+)"/.exec(one(code))?.[1]);
    expect(texts).to.deep.equal([
      'token expired',
      'token for another audience',
      'token lacks a scope',
      'token bound to another certificate or key',
      'token newer than connection',
    ]);
    expect(one('TOKEN_SIGNATURE')).to.equal(`${PLAIN}, error="invalid_token"`);
  });

  it('A-446 sends who shows a jkt token as Bearer both challenges, each on its own line', () => {
    const [bearer, dpop, ...more] = challengesOf(refusal('BINDING_PROOF_ABSENT'), {
      ...FULL,
      resourceMetadata: undefined,
    });
    expect(bearer).to.equal(`${PLAIN}, error="invalid_token", error_description="token wants a DPoP proof"`);
    expect(dpop).to.equal('DPoP realm="cleat", algs="ES256 ES384 Ed25519 EdDSA"');
    expect(more).to.deep.equal([]);
  });

  it('A-448 A-449 A-450 answers bad proofs in the words of RFC 9449', () => {
    const errors = (['BINDING_PROOF', 'BINDING_REPLAY', 'BINDING_NONCE', 'BINDING_PROOF_KEY'] as const).map(
      (code) => /^DPoP realm="cleat", error="([a-z_]+)".*, algs="ES256 ES384 Ed25519 EdDSA"$/.exec(one(code))?.[1],
    );
    expect(errors).to.deep.equal(['invalid_dpop_proof', 'invalid_dpop_proof', 'use_dpop_nonce', 'invalid_token']);
  });

  it('offers DPoP and the metadata of the resource where the port has them', () => {
    expect(challengesOf(refusal('TOKEN_ABSENT'), FULL)).to.deep.equal([
      `${PLAIN}, resource_metadata="${METADATA}"`,
      `DPoP realm="cleat", algs="ES256 ES384 Ed25519 EdDSA", resource_metadata="${METADATA}"`,
    ]);
    expect(challengesOf(refusal('TOKEN_EXPIRED'), FULL)).to.deep.equal([
      `${PLAIN}, error="invalid_token", error_description="token expired", resource_metadata="${METADATA}"`,
      `DPoP realm="cleat", algs="ES256 ES384 Ed25519 EdDSA", resource_metadata="${METADATA}"`,
    ]);
  });

  it('names the scopes that would be enough', () => {
    const scoped = { code: 'POLICY_SCOPE', detail: 'x', scopes: ['a.read', 'a.write'] } as const;
    expect(challengesOf(scoped)).to.deep.equal([
      `${PLAIN}, error="insufficient_scope", error_description="token lacks a scope", scope="a.read a.write"`,
    ]);
  });

  it('A-265 throws rather than write what the grammar does not allow', () => {
    for (const scope of ['a"b', 'a\\b', 'a\r\nb', 'é', ''])
      expect(() => challengesOf({ code: 'POLICY_SCOPE', detail: 'x', scopes: [scope] } as Refusal), scope).to.throw(
        Fault,
      );
  });

  it('challenges nobody whom another token would not help', () => {
    for (const code of [
      'POLICY_NO_RULE',
      'POLICY_DENIED',
      'TOKEN_KEYS_UNAVAILABLE',
      'REQUEST_HEAD',
      'UPSTREAM_UNKNOWN',
      'LIFE_DRAINING',
      'LIMIT_REPLAY',
    ] as const)
      expect(challengesOf(refusal(code), FULL), code).to.deep.equal([]);
  });

  it('gives a challenge with every 401 (RFC 9110 section 15.5.2), in the grammar of the RFCs, and never the detail', () => {
    const parameter = '[a-z_]+="[\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]+"';
    const grammar = new RegExp(`^(?:Bearer|DPoP) ${parameter}(?:, ${parameter})*$`);
    for (const code of CODES.filter((name) => CATALOG[name].http === 401))
      for (const terms of [undefined, FULL]) {
        const values = challengesOf(refusal(code), terms);
        expect(values, code).to.have.length.within(1, 2);
        for (const value of values) {
          expect(value).to.match(grammar).and.not.include('abc');
          const names = [...value.matchAll(/ ([a-z_]+)=/g)].map(([, name]) => name);
          expect(names, 'each once').to.have.length(new Set(names).size);
        }
      }
  });
});

describe('challengeFields()', () => {
  it('tells when to come again only where that helps, and the request id', () => {
    expect(challengeFields(refusal('TOKEN_KEYS_UNAVAILABLE'), 'ab')).to.deep.equal([
      { name: 'Retry-After', value: '1' },
      { name: 'Cleat-Request-Id', value: 'ab' },
    ]);
    for (const [wait, seconds] of [
      [1, '1'],
      [1001, '2'],
      [60_000, '60'],
    ] as const) {
      const limited = { ...refusal('LIMIT_TOKENS'), retryAfter: milliseconds(wait) };
      expect(challengeFields(limited, undefined)).to.deep.equal([{ name: 'Retry-After', value: seconds }]);
    }
    expect(challengeFields(refusal('POLICY_NO_RULE'), undefined)).to.deep.equal([]);
    expect(challengeFields(refusal('BINDING_MISMATCH'), undefined)).to.deep.equal([
      {
        name: 'WWW-Authenticate',
        value: `${PLAIN}, error="invalid_token", error_description="token bound to another certificate or key"`,
      },
    ]);
  });

  it('hands out exactly one nonce with a challenge, and the methods with a 405', () => {
    const of = (code: Code): readonly string[] =>
      challengeFields(refusal(code), undefined, FULL).map(({ name }) => name);
    expect(of('BINDING_NONCE')).to.deep.equal(['WWW-Authenticate', 'DPoP-Nonce']);
    expect(of('BINDING_PROOF_ABSENT')).to.deep.equal(['WWW-Authenticate', 'WWW-Authenticate', 'DPoP-Nonce']);
    expect(of('POLICY_NO_RULE')).to.deep.equal([]);
    expect(of('REQUEST_METHOD')).to.deep.equal(['Allow']);
  });
});
