import { expect } from 'chai';

import { parseTokenAnswer, parseTokenError } from '../../../../core/token/token-answer.ts';

const read = (body: unknown) =>
  parseTokenAnswer(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body), 'latin1'));
const SOUND = { access_token: 'a.b.c', token_type: 'Bearer', expires_in: 300 };

describe('parseTokenAnswer()', () => {
  for (const [what, body] of [
    ['nothing', ''],
    ['no JSON', 'access_token=a'],
    ['a list', '[]'],
    ['a duplicate member', '{"access_token":"a","access_token":"b","token_type":"Bearer"}'],
    ['bytes that are no UTF-8', '{"access_token":"\xff","token_type":"Bearer"}'],
    ['no token', { token_type: 'Bearer' }],
    ['an empty token', { ...SOUND, access_token: '' }],
    ['a token with a line end', { ...SOUND, access_token: 'a\r\nb' }],
    ['a token with a space', { ...SOUND, access_token: 'a b' }],
    ['a token that is no text', { ...SOUND, access_token: 1 }],
    ['a token beyond 16 KiB', { ...SOUND, access_token: 'a'.repeat(16_385) }],
    ['no type', { access_token: 'a' }],
    ['a type that needs a proof', { ...SOUND, token_type: 'DPoP' }],
    ['no access token at all (N_A)', { ...SOUND, token_type: 'N_A' }],
    ['a type that is no text', { ...SOUND, token_type: ['Bearer'] }],
    ['a life as text', { ...SOUND, expires_in: '300' }],
    ['no life left', { ...SOUND, expires_in: 0 }],
    ['a life with a fraction', { ...SOUND, expires_in: 1.5 }],
    ['a life without an end', { ...SOUND, expires_in: 1e12 }],
    ['a refresh token that is no text', { ...SOUND, refresh_token: {} }],
    ['an id_token with a line end', { ...SOUND, id_token: 'a\n' }],
    ['a scope with a quote', { ...SOUND, scope: 'a"b' }],
    ['an issued type that is no text', { ...SOUND, issued_token_type: 1 }],
  ] as const)
    it(`refuses ${what}: RENEW_ANSWER, and shows nothing of it`, () => {
      const found = read(body);
      expect(found).to.have.nested.property('refusal.code', 'RENEW_ANSWER');
      expect(found.ok ? '' : found.refusal.detail).to.not.include('a.b.c');
    });

  it('reads a token and what belongs to it, the type in any case', () => {
    expect(read({ ...SOUND, token_type: 'bEARER', other: [{}] })).to.deep.equal({
      ok: true,
      value: {
        accessToken: 'a.b.c',
        expiresIn: 300,
        issuedTokenType: undefined,
        scope: undefined,
        refreshToken: undefined,
        idToken: undefined,
      },
    });
    const more = { scope: 'a b', refresh_token: 'r', id_token: 'x.y.z', issued_token_type: 'urn:a' };
    expect(read({ access_token: 'a', token_type: 'bearer', ...more })).to.deep.nested.property('value', {
      accessToken: 'a',
      expiresIn: undefined,
      issuedTokenType: 'urn:a',
      scope: 'a b',
      refreshToken: 'r',
      idToken: 'x.y.z',
    });
  });
});

describe('parseTokenError()', () => {
  it('takes a code of the standards and nothing else', () => {
    const error = (body: string) => parseTokenError(Buffer.from(body));
    expect(error('{"error":"invalid_grant","error_description":"secret"}')).to.equal('invalid_grant');
    for (const body of [
      '',
      '{}',
      '[]',
      '{"error":1}',
      '{"error":"token eyJhbGciOi"}',
      '{"error":"Invalid"}',
      `{"error":"${'a'.repeat(65)}"}`,
      '{"error":"a","error":"b"}',
    ])
      expect(error(body), body).to.equal(undefined);
  });
});
