import { expect } from 'chai';

import { formatBasicCredential } from '../../../../core/token/basic-credential.ts';

describe('formatBasicCredential()', () => {
  it('form-encodes both parts, so that they can be told apart again (RFC 6749 section 2.3.1)', () => {
    const parts = (id: string, secret: string): string =>
      Buffer.from(formatBasicCredential(id, secret).slice('Basic '.length), 'base64').toString();
    expect(parts('a', 'b')).to.equal('a:b');
    expect(parts('a:b', 'p%:w d+ü')).to.equal('a%3Ab:p%25%3Aw+d%2B%C3%BC');
    expect(parts('', '')).to.equal(':');
  });
});
