import { expect } from 'chai';

import { ALGORITHMS, algorithmOf } from '../../../../core/token/algorithm.ts';
import { checkHeader, mediaType } from '../../../../core/token/header.ts';
import type { JsonObject } from '../../../../core/token/json.ts';

const code = (header: JsonObject, allowed = ['ES256'] as const): unknown => {
  const outcome = checkHeader(header, allowed);
  return outcome.ok ? 'ok' : outcome.refusal.code;
};

describe('checkHeader()', () => {
  it('A-401 refuses none in any case, and alg that is absent or no string', () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) expect(code({ alg }), alg).to.equal('TOKEN_ALGORITHM');
    for (const header of [{}, { alg: null }, { alg: ['ES256'] }, { alg: 256 }, { alg: {} }, { alg: true }])
      expect(code(header), JSON.stringify(header)).to.equal('TOKEN_HEADER');
  });

  it('A-402 A-403 refuses every algorithm that is not on the list: TOKEN_ALGORITHM', () => {
    const foreign = [
      'HS256',
      'HS384',
      'HS512',
      'es256',
      'ES256K',
      'ES521',
      'A128KW',
      'dir',
      'toString',
      '__proto__',
      'constructor',
    ];
    for (const alg of [...foreign, ...Object.keys(ALGORITHMS).filter((name) => name !== 'ES256')])
      expect(code({ alg }), alg).to.equal('TOKEN_ALGORITHM');
    for (const alg of foreign) expect(algorithmOf(alg), alg).to.equal(undefined);
  });

  it('A-408 A-409 refuses crit, b64 and zip whatever they hold: TOKEN_HEADER', () => {
    for (const name of ['crit', 'b64', 'zip'])
      for (const value of [[], ['exp'], ['b64'], 'exp', null, true, false, 'DEF'])
        expect(code({ alg: 'ES256', [name]: value }), `${name} ${JSON.stringify(value)}`).to.equal('TOKEN_HEADER');
  });

  it('A-406 refuses a kid that is no text of at most 256 bytes', () => {
    for (const kid of ['', 'a'.repeat(257), 'é'.repeat(129), 'a'.repeat(10_240), 5, null, ['k'], {}])
      expect(code({ alg: 'ES256', kid }), JSON.stringify(kid)).to.equal('TOKEN_HEADER');
    for (const kid of ['../../etc/passwd', "' OR 1=1 --", 'a'.repeat(256)])
      expect(code({ alg: 'ES256', kid })).to.equal('ok');
  });

  it('refuses a typ that is no short text', () => {
    for (const typ of ['', 5, null, ['at+jwt'], 'a'.repeat(129)])
      expect(code({ alg: 'ES256', typ }), JSON.stringify(typ)).to.equal('TOKEN_HEADER');
  });

  it('A-407 never gives on what travels in the header as a key', () => {
    const key = { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' };
    const header = { alg: 'ES256', jwk: key, jku: 'https://evil', x5u: 'https://evil', x5c: ['AA'], x5t: 'AA' };
    expect(checkHeader(header, ['ES256'])).to.deep.equal({
      ok: true,
      value: { algorithm: 'ES256', keyId: undefined, type: undefined },
    });
  });

  it('gives one spelling of a type', () => {
    const spellings = ['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/AT+jwt'];
    expect(new Set(spellings.map(mediaType))).to.deep.equal(new Set(['at+jwt']));
    expect(mediaType('text/at+jwt')).to.equal('text/at+jwt');
    expect(mediaType('application/a/b')).to.equal('application/a/b');
    expect(checkHeader({ alg: 'ES256', typ: 'JWT', kid: 'k' }, ['ES256'])).to.deep.include({
      value: { algorithm: 'ES256', keyId: 'k', type: 'jwt' },
    });
  });
});
