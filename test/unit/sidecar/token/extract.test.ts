import { expect } from 'chai';

import type { Field } from '../../../../sidecar/http/request.ts';
import { extractCredential, remember } from '../../../../sidecar/token/extract.ts';

const TOKEN = 'aaaa.bbbb.cccc';
const field = (name: string, value: string) => ({ name, lower: name.toLowerCase(), value });

function extract(values: readonly string[], query?: string, ...others: readonly string[]): unknown {
  const fields = [...values.map((value) => field('Authorization', value)), ...others.map((name) => field(name, 'x'))];
  const found = extractCredential({ fields, query });
  return found.ok ? found.value?.token : found.refusal.code;
}

describe('extractCredential()', () => {
  it('A-425 refuses two credentials at once: TOKEN_DUPLICATE', () => {
    expect(extract([`Bearer ${TOKEN}`, `Bearer ${TOKEN}`])).to.equal('TOKEN_DUPLICATE');
    expect(extract([`Bearer ${TOKEN}`, 'Basic eDp5'])).to.equal('TOKEN_DUPLICATE');
    expect(extract(['', ''])).to.equal('TOKEN_DUPLICATE');
    for (const list of [`Bearer ${TOKEN}, Bearer ${TOKEN}`, `Bearer ${TOKEN},`, ',', `,Bearer ${TOKEN}`])
      expect(extract([list]), list).to.equal('TOKEN_DUPLICATE');
    expect(extract([`Bearer ${TOKEN}`], undefined, 'DPoP')).to.equal('TOKEN_DUPLICATE');
  });

  it('A-425 refuses a token in the query, in any spelling, beside a good one or alone', () => {
    const spellings = ['access_token=x', 'a=1&access_token=x', 'access_token', 'a;access_token=x', 'access%5Ftoken=x'];
    spellings.push('%61ccess_token=x', 'access%5ftoken', 'access_token=x&access_token=y');
    spellings.push('ACCESS_TOKEN=x', 'Access_Token', 'access_token[]=x', 'access_token%5B%5D=x', '+access_token=x');
    spellings.push(
      '%20access_token=x',
      '%2Baccess_token=x',
      'access%255ftoken=x',
      'a&access_token%2520=x',
      'ACCESS%255Ftoken[]',
    );
    for (const query of spellings) {
      expect(extract([], query), query).to.equal('TOKEN_DUPLICATE');
      expect(extract([`Bearer ${TOKEN}`], query), query).to.equal('TOKEN_DUPLICATE');
    }
    const others = [
      'access_tokens=1',
      'my_access_token=1',
      'access_token[x]=1',
      'access+token=1',
      'access%25255ftoken=1',
    ];
    for (const query of ['', 'x=access_token', ...others, 'a=%61%zz'])
      expect(extract([`Bearer ${TOKEN}`], query), query).to.equal(TOKEN);
  });

  it('A-623 refuses an API key wherever a client would put one: TOKEN_API_KEY, and names no part of it', () => {
    const key = `clt_prod_${'k'.repeat(43)}`;
    const places: readonly (readonly [string, string])[] = [
      ['Authorization', `Bearer ${key}`],
      ['Authorization', `bearer  ${key}`],
      ['Authorization', `DPoP ${key}`],
      ['Authorization', `ApiKey ${key}`],
      ['Authorization', key],
      ['Authorization', `Bearer CLT_${key.slice(4)}`],
      ['Authorization', `Bearer ${TOKEN}, ${key}`],
      ['X-API-Key', key],
      ['X-Api-Key', `Bearer ${key}`],
    ];
    for (const [name, value] of places) {
      const fields = [
        field(name, value),
        ...(name === 'Authorization' ? [] : [field('Authorization', `Bearer ${TOKEN}`)]),
      ];
      const found = extractCredential({ fields, query: undefined });
      expect(found, value).to.deep.equal({
        ok: false,
        refusal: { code: 'TOKEN_API_KEY', detail: `an API key in ${name.toLowerCase()}` },
      });
    }
  });

  it('takes an X-API-Key of the app itself, and a token with the letters of a key in it', () => {
    const fields = [field('X-API-Key', 'sk_live_1'), field('Authorization', 'Bearer aclt_.bbbb.clt_')];
    const value = { scheme: 'Bearer', token: 'aclt_.bbbb.clt_', proof: undefined };
    expect(extractCredential({ fields, query: undefined })).to.deep.equal({ ok: true, value });
  });

  it('A-426 refuses every scheme but Bearer and DPoP: TOKEN_SCHEME', () => {
    for (const value of ['DPoP2 x', 'Basic eDp5', 'Negotiate', 'bearerx y', 'Bearer2 x'])
      expect(extract([value]), value).to.equal('TOKEN_SCHEME');
  });

  it('A-426 names a scheme that everybody knows, and never what may be the secret itself', () => {
    const details = {
      'BASIC eDp5': 'scheme basic',
      Negotiate: 'scheme negotiate',
      'hunter2 rest': 'another scheme',
      'hunter2-opaque-session-secret': 'Authorization without a scheme',
      'eyJhbGciOiJFUzI1NiJ9.eyJhIjoxfQ.c2ln': 'Authorization without a scheme',
      'hunter2\trest': 'Authorization without a scheme',
    };
    for (const [value, detail] of Object.entries(details)) {
      const found = extractCredential({ fields: [field('Authorization', value)], query: undefined });
      const code = detail.includes('without') ? 'TOKEN_MALFORMED' : 'TOKEN_SCHEME';
      expect(found, value).to.deep.equal({ ok: false, refusal: { code, detail } });
    }
  });

  it('A-426 refuses what is not one space and one token: TOKEN_MALFORMED', () => {
    const rest = [
      '',
      ' ',
      `  ${TOKEN}`,
      `\t${TOKEN}`,
      ` \t${TOKEN}`,
      ` ${TOKEN} `,
      ` ${TOKEN} x`,
      ` ${TOKEN}\t`,
      ' "a"',
      ' a\0b',
      ' é',
      ':a',
    ];
    for (const scheme of ['Bearer', 'DPoP'])
      for (const value of rest)
        expect(extract([`${scheme}${value}`]), `${scheme} ${JSON.stringify(value)}`).to.equal('TOKEN_MALFORMED');
    for (const value of ['', ' ', '"Bearer" x', '='])
      expect(extract([value]), JSON.stringify(value)).to.equal('TOKEN_MALFORMED');
  });

  it('does not look into cookies or fields of other names', () => {
    expect(extract([], undefined, 'Cookie', 'X-API-Key', 'Proxy-Authorization', 'X-Authorization', 'DPoP')).to.equal(
      undefined,
    );
  });

  it('takes the scheme in any case, and the token as it is', () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR'])
      expect(extract([`${scheme} ${TOKEN}`])).to.equal(TOKEN);
  });

  it('A-449 refuses two proofs, on two lines or joined to one: TOKEN_DUPLICATE', () => {
    const both = (...proofs: readonly string[]): unknown => {
      const fields = [field('Authorization', `DPoP ${TOKEN}`), ...proofs.map((proof) => field('dpop', proof))];
      const found = extractCredential({ fields, query: undefined });
      return found.ok ? found.value : found.refusal.code;
    };
    for (const proofs of [['x', 'x'], ['x', 'y'], ['x, y'], ['x,'], [','], ['', '']])
      expect(both(...proofs), proofs.join('|')).to.equal('TOKEN_DUPLICATE');
    expect(both('x')).to.deep.equal({ scheme: 'DPoP', token: TOKEN, proof: 'x' });
    expect(both()).to.deep.equal({ scheme: 'DPoP', token: TOKEN, proof: undefined });
  });

  it('A-426 takes DPoP in any case, and says which scheme it was', () => {
    for (const scheme of ['DPoP', 'dpop', 'DPOP', 'dPoP']) {
      const found = extractCredential({ fields: [field('authorization', `${scheme} ${TOKEN}`)], query: undefined });
      expect(found).to.deep.equal({ ok: true, value: { scheme: 'DPoP', token: TOKEN, proof: undefined } });
    }
  });

  it('names no token in a refusal', () => {
    const found = extractCredential({
      fields: [field('Authorization', `${'x'.repeat(99)} ${TOKEN}`)],
      query: undefined,
    });
    expect(!found.ok && found.refusal.detail)
      .to.have.length.below(64)
      .and.to.not.include(TOKEN);
  });

  describe('after the same value on the same connection', () => {
    const sent = [field('Authorization', `Bearer ${TOKEN}`)];
    const credential = { scheme: 'Bearer', token: TOKEN, proof: undefined } as const;
    const before = remember(credential, { fields: sent });
    const again = (...fields: readonly Field[]): unknown => {
      const found = extractCredential({ fields, query: undefined }, before);
      return found.ok ? found.value : found.refusal.code;
    };

    it('A-255 refuses a second line, a proof, and a token in the query all the same', () => {
      expect(again(...sent, ...sent)).to.equal('TOKEN_DUPLICATE');
      expect(again(...sent, field('DPoP', 'x'))).to.equal('TOKEN_DUPLICATE');
      const query = extractCredential({ fields: sent, query: 'access_token=x' }, before);
      expect(!query.ok && query.refusal.code).to.equal('TOKEN_DUPLICATE');
      expect(again(...sent, field('X-API-Key', 'clt_x'))).to.equal('TOKEN_API_KEY');
    });

    it('reads another value anew, and gives the same credential for the same one', () => {
      expect(again(field('Authorization', `Bearer ${TOKEN}x`))).to.deep.equal({ ...credential, token: `${TOKEN}x` });
      expect(again(...sent)).to.equal(before?.credential);
    });

    it('keeps nothing of a DPoP request', () => {
      expect(remember({ scheme: 'DPoP', token: TOKEN, proof: 'x' }, { fields: sent })).to.equal(undefined);
    });
  });
});
