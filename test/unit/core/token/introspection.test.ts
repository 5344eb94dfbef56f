import { expect } from 'chai';

import { readIntrospection } from '../../../../core/token/introspection.ts';

const ISS = 'https://sso.test';

function read(answer: unknown): unknown {
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  const claims = readIntrospection(Buffer.from(text), ISS);
  return claims.ok ? claims.value : claims.refusal.code;
}

describe('readIntrospection()', () => {
  const good = { active: true, token_type: 'Bearer', sub: 'agent' };

  it('refuses a token that is not active: TOKEN_INACTIVE', () => {
    expect(read({ active: false })).to.equal('TOKEN_INACTIVE');
    expect(read({ ...good, active: false })).to.equal('TOKEN_INACTIVE');
  });

  it('takes nothing but the boolean true for active: TOKEN_INTROSPECTION_UNAVAILABLE', () => {
    for (const active of ['true', 1, null, undefined, [], {}, [true], 'active'])
      expect(read({ ...good, active }), JSON.stringify(active)).to.equal('TOKEN_INTROSPECTION_UNAVAILABLE');
  });

  it('A-412 A-413 A-414 A-415 refuses an answer that is no strict JSON object: TOKEN_INTROSPECTION_UNAVAILABLE', () => {
    const json = JSON.stringify(good);
    const answers = [
      '',
      'true',
      '[]',
      '{',
      `\ufeff${json}`,
      json.replace('{', '{"active":false,'),
      '{"a":'.repeat(20),
      `${json}x`,
    ];
    const proto = json.replace('{', '{"__proto__":{"active":true},');
    for (const answer of [...answers, proto, 'eyJhbGciOiJub25lIn0.e30.'])
      expect(read(answer), answer.slice(0, 40)).to.equal('TOKEN_INTROSPECTION_UNAVAILABLE');
  });

  it('refuses what is active, but no access token: TOKEN_TYPE', () => {
    for (const type of [undefined, null, '', 'refresh_token', 'N_A', 'mac', 5, ['Bearer'], 'Bearer '])
      expect(read({ ...good, token_type: type }), JSON.stringify(type)).to.equal('TOKEN_TYPE');
  });

  it('gives the claims, with the iss of who was asked where there is none', () => {
    for (const type of ['Bearer', 'bearer', 'DPoP'])
      expect(read({ ...good, token_type: type })).to.deep.include({ sub: 'agent', iss: ISS });
    expect(read({ ...good, iss: 'https://other.test' })).to.have.property('iss', 'https://other.test');
    expect(Object.getPrototypeOf(read(good))).to.equal(null);
  });
});
