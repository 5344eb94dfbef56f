import { expect } from 'chai';

import { escapeText, looksLikeCredential, toSafeJson, withoutCredentials } from '../../../runtime/escape.ts';

describe('escapeText()', () => {
  it('A-561 shows what cannot be seen', () => {
    expect(escapeText('a\r\n\u001b[31mb\u202e\ud800')).to.equal(String.raw`a\u000d\u000a\u001b[31mb\u202e` + '\ufffd');
    expect(escapeText('plain äöü 漢字')).to.equal('plain äöü 漢字');
  });
});

describe('toSafeJson()', () => {
  it('gives JSON that says the same', () => {
    const value = { a: '\u2028\u0085\u001b', b: [undefined, 1], c: '"\\' };
    expect(JSON.parse(toSafeJson(value))).to.deep.equal({ a: value.a, b: [null, 1], c: '"\\' });
    expect(toSafeJson(undefined)).to.equal('null');
  });
});

describe('withoutCredentials()', () => {
  it('hides each form of a credential, also when it is cut short', () => {
    const forms = [
      `eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln`,
      'eyJhbGciOiJFUzI1NiJ9.eyJzdWIi',
      `cleat-join.${'0a'.repeat(32)}.${'x'.repeat(43)}`,
      'clt_abcdefghijklmnop',
      'Bearer abcdefgh12345',
      'dpop abcdefgh12345',
      '-----BEGIN PRIVATE KEY-----\nMIGH',
    ];
    for (const form of forms) {
      expect(withoutCredentials(`a ${form}`), form).to.equal('a <hidden>');
      expect(looksLikeCredential(form), form).to.equal(true);
    }
  });

  it('leaves identifiers alone', () => {
    for (const text of [
      'spiffe://a/ns/b',
      '0a'.repeat(32),
      'eyes.open',
      'Bearer is missing',
      'clt_short',
      '-----BEGIN CERTIFICATE-----',
      'key.value.more',
    ])
      expect(withoutCredentials(text)).to.equal(text);
  });
});
