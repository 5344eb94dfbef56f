import { expect } from 'chai';

import { admit, refuse } from '../../../../core/fault/refusal.ts';
import { INTROSPECTED } from '../../../../core/token/introspection.ts';
import type { IssuerOptions } from '../../../../core/token/issuer.ts';
import type { JsonObject } from '../../../../core/token/json.ts';
import { isAsked, verifyByIntrospection } from '../../../../runtime/token/verify-by-introspection.ts';
import { claimsOf, ecKey, ISS, NOW, rulesOf, signToken } from '../../core/token/tokens.ts';

const key = ecKey('k1');

describe('isAsked()', () => {
  it('A-420 sends no JWT of another issuer, and nothing that looks like one, to this one', () => {
    const own = signToken(key);
    const [header = '', payload = '', signature = ''] = own.split('.');
    const texts = [
      signToken(key, claimsOf({ iss: 'https://other.test' })),
      signToken(key, claimsOf({ iss: undefined })),
      signToken(key, claimsOf({ iss: `${ISS}/` })),
      `${own}=`,
      `${header}.${payload}.`,
      `.${payload}.${signature}`,
      'a.b.c',
      '..',
    ];
    for (const text of texts) expect(isAsked(text, ISS), text).to.equal(false);
  });

  it('asks about its own JWTs, and about what does not say whose it is', () => {
    for (const text of [signToken(key), 'opaque', 'a.b', 'a.b.c.d', 'hvs.CAESI', 'x'.repeat(8193)])
      expect(isAsked(text, ISS), text.slice(0, 20)).to.equal(true);
  });
});

describe('verifyByIntrospection()', () => {
  const asked: string[] = [];

  async function verify(claims: Record<string, unknown>, options: Partial<IssuerOptions> = {}, text = 'opaque') {
    const introspector = {
      ask(found: string) {
        asked.push(found);
        return Promise.resolve(admit(claims as JsonObject));
      },
    };
    const issuer = { rules: rulesOf({ types: [INTROSPECTED], ...options }), introspector };
    const token = await verifyByIntrospection(text, issuer, { audiences: ['payments'], asker: 'peer', now: NOW });
    return token.ok ? token.value : token.refusal.code;
  }

  it('A-416 asks about no text that is too long: TOKEN_TOO_LONG', async () => {
    asked.length = 0;
    expect(await verify(claimsOf(), {}, 'x'.repeat(8193))).to.equal('TOKEN_TOO_LONG');
    expect(asked).to.deep.equal([]);
  });

  it('shows an API key to nobody: TOKEN_GRAMMAR', async () => {
    asked.length = 0;
    for (const text of ['clt_prod_abc', 'CLT_prod_abc', 'clt_']) {
      expect(await verify(claimsOf(), {}, text)).to.equal('TOKEN_GRAMMAR');
    }
    expect(asked).to.deep.equal([]);
  });

  it('judges the answer as it judges the claims of a JWT', async () => {
    const wrong: readonly (readonly [Record<string, unknown>, string])[] = [
      [{ iss: 'https://other.test' }, 'TOKEN_ISSUER'],
      [{ aud: undefined }, 'TOKEN_CLAIMS'],
      [{ aud: 'catalog' }, 'TOKEN_AUDIENCE'],
      [{ exp: undefined }, 'TOKEN_CLAIMS'],
      [{ exp: String(NOW + 300) }, 'TOKEN_CLAIMS'],
      [{ exp: NOW - 30 }, 'TOKEN_EXPIRED'],
      [{ nbf: NOW + 31 }, 'TOKEN_EARLY'],
      [{ scope: 'a  b' }, 'TOKEN_CLAIMS'],
      [{ nonce: 'n' }, 'TOKEN_TYPE'],
      [{ cnf: undefined }, 'BINDING_ABSENT'],
    ];
    for (const [changes, code] of wrong)
      expect(await verify(claimsOf(changes), { mustBind: true }), JSON.stringify(changes)).to.equal(code);
  });

  it('answers what the endpoint answers', async () => {
    const introspector = { ask: () => Promise.resolve(refuse('TOKEN_INACTIVE')) };
    const issuer = { rules: rulesOf({ types: [INTROSPECTED] }), introspector };
    const token = await verifyByIntrospection('opaque', issuer, { audiences: ['payments'], asker: 'peer', now: NOW });
    expect(token).to.have.nested.property('refusal.code', 'TOKEN_INACTIVE');
  });

  it('gives the token with its cnf, named by its jti or its digest, without jti and client_id too', async () => {
    expect(await verify(claimsOf())).to.deep.include({
      label: 'jti-1',
      confirmation: claimsOf()['cnf'],
      keyId: undefined,
    });
    const bare = await verify(claimsOf({ jti: undefined, client_id: undefined }));
    expect(bare)
      .to.have.property('label')
      .that.matches(/^[0-9a-f]{12}$/);
  });
});
