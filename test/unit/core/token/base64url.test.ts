import { expect } from 'chai';
import fc from 'fast-check';

import { decodeBase64url } from '../../../../core/token/base64url.ts';

describe('decodeBase64url()', () => {
  it('A-411 refuses padding, white space, the standard alphabet and impossible lengths', () => {
    for (const text of ['Zg==', 'Zg=', 'Zm8=', ' Zg', 'Zg ', 'Z g', 'Zg\n', '+_8A', '//8A', 'Zm9vY', 'Zé', 'Zg.', '\0'])
      expect(decodeBase64url(text), JSON.stringify(text)).to.equal(undefined);
  });

  it('A-411 accepts one of the spellings of a last character, for each of 256 bytes', () => {
    const alphabet = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
    for (let byte = 0; byte < 256; byte += 1) {
      const good = Buffer.of(byte).toString('base64url');
      const accepted = alphabet.filter((last) => decodeBase64url(`${good[0]}${last}`)?.equals(Buffer.of(byte)));
      expect(accepted).to.deep.equal([good[1]]);
    }
  });

  it('accepts only characters of the alphabet, for each of 256', () => {
    for (let code = 0; code < 256; code += 1) {
      const character = String.fromCharCode(code);
      const isGood = /^[A-Za-z0-9_-]$/.test(character);
      expect(decodeBase64url(`${character}AAA`) !== undefined, character).to.equal(isGood);
    }
  });

  it('gives what was encoded', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = Buffer.from(bytes).toString('base64url');
        expect(decodeBase64url(text)?.equals(bytes)).to.equal(true);
      }),
    );
    expect(decodeBase64url('')).to.have.length(0);
  });
});
