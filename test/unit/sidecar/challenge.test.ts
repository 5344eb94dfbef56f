import { expect } from 'chai';

import { CATALOG, type Code } from '../../../core/fault/catalog.ts';
import type { Refusal } from '../../../core/fault/refusal.ts';
import { milliseconds } from '../../../core/time/units.ts';
import { challengeFields, challengeOf } from '../../../sidecar/challenge.ts';

const refusal = (code: Code): Refusal => ({ code, detail: 'thumbprint abc, rule x' });
const CODES = Object.keys(CATALOG) as Code[];

describe('challengeOf()', () => {
  it('gives no error code to who showed no credential (RFC 6750 section 3.1)', () => {
    expect(challengeOf(refusal('TOKEN_ABSENT'))).to.equal('Bearer realm="cleat"');
    expect(challengeOf(refusal('TOKEN_SCHEME'))).to.equal('Bearer realm="cleat"');
  });

  it('calls two credentials and bad syntax an invalid request', () => {
    for (const code of ['TOKEN_DUPLICATE', 'TOKEN_MALFORMED'] as const) {
      expect(challengeOf(refusal(code))).to.equal('Bearer realm="cleat", error="invalid_request"');
    }
  });

  it('calls each other refused token or binding an invalid token', () => {
    const codes = CODES.filter((code) => /^(TOKEN|BINDING)_/.test(code) && CATALOG[code].http === 401);
    const plain = ['TOKEN_ABSENT', 'TOKEN_SCHEME'];
    expect(codes).to.include.members([
      'BINDING_ABSENT',
      'BINDING_MALFORMED',
      'BINDING_UNKNOWN',
      'BINDING_MISMATCH',
      'BINDING_ACTOR',
    ]);
    for (const code of codes.filter((one) => !plain.includes(one) && one !== 'BINDING_NEWER')) {
      expect(challengeOf(refusal(code)), code).to.equal('Bearer realm="cleat", error="invalid_token"');
    }
  });

  it('A-445 tells who shows a token that is newer than the connection what to do about it', () => {
    expect(challengeOf(refusal('BINDING_NEWER'))).to.equal(
      'Bearer realm="cleat", error="invalid_token", error_description="token newer than connection"',
    );
  });

  it('names the scopes that would be enough', () => {
    const scoped = { code: 'POLICY_SCOPE', detail: 'x', scopes: ['a.read', 'a.write'] } as const;
    expect(challengeOf(scoped)).to.equal('Bearer realm="cleat", error="insufficient_scope", scope="a.read a.write"');
    expect(challengeOf(refusal('POLICY_SCOPE'))).to.equal('Bearer realm="cleat", error="insufficient_scope"');
  });

  it('challenges nobody whom another token would not help', () => {
    for (const code of [
      'POLICY_NO_RULE',
      'POLICY_DENIED',
      'TOKEN_KEYS_UNAVAILABLE',
      'REQUEST_HEAD',
      'UPSTREAM_UNKNOWN',
      'LIFE_DRAINING',
    ] as const) {
      expect(challengeOf(refusal(code)), code).to.equal(undefined);
    }
  });

  it('gives a challenge with every 401 (RFC 9110 section 15.5.2), and never the detail', () => {
    for (const code of CODES.filter((one) => CATALOG[one].http === 401)) {
      expect(challengeOf(refusal(code)), code).to.match(
        /^Bearer realm="cleat"(, error="[a-z_]+")?(, error_description="token newer than connection")?$/,
      );
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
      { name: 'WWW-Authenticate', value: 'Bearer realm="cleat", error="invalid_token"' },
    ]);
  });
});
