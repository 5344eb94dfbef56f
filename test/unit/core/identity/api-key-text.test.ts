import { createHash } from 'node:crypto';

import { expect } from 'chai';

import { API_KEY_FORM, checkApiKeyText, formatApiKey } from '../../../../core/identity/api-key-text.ts';
import { Secret } from '../../../../core/identity/secret.ts';
import { looksLikeCredential } from '../../../../runtime/escape.ts';

const key = formatApiKey('prod', Buffer.alloc(32, 0xa5)).reveal();
const check = (text: string, environment = 'prod') => checkApiKeyText(new Secret(text), environment);

describe('checkApiKeyText()', () => {
  it('A-623 refuses each single character that is another one: GRANT_CLIENT', () => {
    for (const at of Array.from(key).keys()) {
      const other = key[at] === 'A' ? 'B' : 'A';
      const text = `${key.slice(0, at)}${other}${key.slice(at + 1)}`;
      expect(check(text), `character ${at}`).to.have.nested.property('refusal.code', 'GRANT_CLIENT');
    }
  });

  for (const [name, text] of [
    ['nothing', ''],
    ['the prefix alone', 'clt_prod_'],
    ['one character less', key.slice(0, -1)],
    ['one character more', `${key}A`],
    ['white space', ` ${key}`],
    ['a line end', `${key}\n`],
    ['another prefix', key.replace('clt_', 'cls_')],
    ['an environment in capitals', key.replace('_prod_', '_PROD_')],
    ['no environment', key.replace('_prod_', '__')],
    ['64 KiB', key.repeat(1000)],
  ] as const)
    it(`A-623 refuses ${name}: GRANT_CLIENT, and no part of the text in the detail`, () => {
      const outcome = check(text);
      expect(outcome).to.have.nested.property('refusal.code', 'GRANT_CLIENT');
      expect(outcome.ok ? '' : outcome.refusal.detail).not.to.include(key.slice(9, 20));
    });

  it('A-623 refuses a key of another environment: GRANT_CLIENT', () => {
    for (const environment of ['test', 'pro', 'prod2', ''])
      expect(check(key, environment), environment).to.have.nested.property('refusal.code', 'GRANT_CLIENT');
  });

  it('refuses bits that are not canonical, with a checksum that fits', () => {
    // The last of the 43 characters holds two bits that must be zero.
    const sound = formatApiKey('prod', Buffer.alloc(32, 0xff)).reveal();
    expect(sound.at(-7)).to.equal('8');
    const body = `${sound.slice(0, -7)}9`;
    const checksum = createHash('sha256').update(body).digest('base64url').slice(0, 6);
    expect(check(`${body}${checksum}`)).to.deep.include({
      ok: false,
      refusal: { code: 'GRANT_CLIENT', detail: 'the bits of the API key are not canonical' },
    });
  });

  it('admits every key that was made for its environment, of the form that scanners know', () => {
    for (const byte of Array.from({ length: 256 }).keys()) {
      const made = formatApiKey('e2e', Buffer.alloc(32, byte));
      expect(checkApiKeyText(made, 'e2e').ok).to.equal(true);
      expect(made.reveal()).to.match(API_KEY_FORM).and.to.have.length(57);
      expect(looksLikeCredential(`key: ${made.reveal()}`)).to.equal(true);
    }
  });

  it('is a mistake of the programmer for anything but 32 bytes and an environment', () => {
    expect(() => formatApiKey('prod', Buffer.alloc(31))).to.throw(TypeError);
    expect(() => formatApiKey('Prod', Buffer.alloc(32))).to.throw(TypeError);
  });
});
