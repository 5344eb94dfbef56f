import { expect } from 'chai';
import fc from 'fast-check';

import { parseCompactJws, parseJsonObject } from '../../../../core/token/jws.ts';
import { ecKey, part, signToken } from './tokens.ts';

const code = (text: string): unknown => {
  const jws = parseCompactJws(text);
  return jws.ok ? 'ok' : jws.refusal.code;
};

describe('parseCompactJws()', () => {
  const token = signToken(ecKey('k'));

  it('A-416 refuses a token over 8 KiB before it looks at it: TOKEN_TOO_LONG', () => {
    expect(code('.'.repeat(1_000_000))).to.equal('TOKEN_TOO_LONG');
    expect(code(`${part({ alg: 'ES256' })}.${'A'.repeat(8192)}.AAAA`)).to.equal('TOKEN_TOO_LONG');
    const head = `${part({ alg: 'ES256' })}.`;
    const rest = 8192 - head.length - '.AAAA'.length;
    expect(code(`${head}${'A'.repeat(rest - (rest % 4))}.AAAA`)).to.equal('ok');
  });

  it('A-410 refuses a JWE, a JSON serialization and any count of parts but three: TOKEN_GRAMMAR', () => {
    const [header, payload, signature] = token.split('.');
    const json = JSON.stringify({ protected: header, payload, signature });
    for (const text of [
      '',
      '.',
      'AAAA',
      `${header}.${payload}`,
      `${token}.`,
      `.${token}`,
      `${token}.AAAA.AAAA`,
      json,
      '....',
    ])
      expect(code(text), text).to.equal('TOKEN_GRAMMAR');
    expect(code(`${header}.${payload}.`)).to.equal('TOKEN_GRAMMAR');
    expect(code(`.${payload}.${signature}`)).to.equal('TOKEN_GRAMMAR');
  });

  it('A-411 refuses every other spelling of a good token: TOKEN_GRAMMAR', () => {
    const spoilt = [
      `${token}==`,
      `${token}=`,
      ` ${token}`,
      `${token} `,
      `${token}\n`,
      token.replace('.', '.\n'),
      `${token}é`,
    ];
    for (const text of spoilt) expect(code(text), text.slice(-8)).to.equal('TOKEN_GRAMMAR');
    const last = token.at(-1) ?? '';
    const others = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_').filter(
      (one) => one !== last,
    );
    const accepted = others.filter((one) => code(token.slice(0, -1) + one) === 'ok');
    // 64 bytes leave four spare bits: 15 other spellings of this signature are gone, 48 other signatures stay.
    expect(accepted).to.have.length(3);
  });

  it('A-412 refuses a header that is no strict JSON object: TOKEN_JSON', () => {
    for (const header of [
      '{"alg":"none","alg":"ES256"}',
      '[]',
      'null',
      '"ES256"',
      '{',
      '\ufeff{"alg":"ES256"}',
      '{"__proto__":{}}',
    ])
      expect(code(`${part(header)}.e30.AAAA`), header).to.equal('TOKEN_JSON');
  });

  it('gives the parts, and what was signed', () => {
    const jws = parseCompactJws(token);
    expect(jws).to.have.nested.property('value.header.alg', 'ES256');
    expect(jws.ok && jws.value.signature.length).to.equal(64);
    expect(jws.ok && jws.value.signed.toString()).to.equal(token.slice(0, token.lastIndexOf('.')));
    expect(jws.ok && parseJsonObject(jws.value.payload, 'claims')).to.have.nested.property('value.aud', 'payments');
  });

  it('leaves an empty payload to who reads claims', () => {
    expect(code(`${part({ alg: 'ES256' })}..AAAA`)).to.equal('ok');
    const claims = parseJsonObject(Buffer.alloc(0), 'claims');
    expect(claims).to.deep.include({ ok: false });
    expect(!claims.ok && claims.refusal.detail).to.match(/^claims: /);
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(parseCompactJws(text)).to.have.property('ok');
      }),
    );
  });
});
