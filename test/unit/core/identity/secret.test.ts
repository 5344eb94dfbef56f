import { format, inspect } from 'node:util';

import { expect } from 'chai';

import { Secret } from '../../../../core/identity/secret.ts';

describe('Secret', () => {
  const secret = new Secret('cls_correct-horse');

  it('shows itself in no text, log line, JSON or error that it gets into', () => {
    const shown = [
      String(secret),
      secret.toString(),
      JSON.stringify({ secret }),
      inspect({ secret }, { showHidden: true, depth: 9 }),
      format('%s %o %j', secret, secret, secret),
      new Error(`got ${String(secret)}`).message,
      JSON.stringify(Object.entries(secret)),
    ];
    for (const text of shown) expect(text).not.to.include('horse');
    expect(String(secret)).to.equal('<secret>');
  });

  it('equals the same text alone, of whatever length', () => {
    const others = ['', 'cls_correct-hors', 'cls_correct-horsE', 'cls_correct-horse ', 'x'.repeat(1 << 16)];
    expect(others.filter((text) => secret.equals(new Secret(text)))).to.deep.equal([]);
    expect(secret.equals(new Secret('cls_correct-horse'))).to.equal(true);
  });

  it('gives text and digest to whoever asks for them by name', () => {
    expect(secret.reveal()).to.equal('cls_correct-horse');
    expect(new Secret('abc').digest().toString('hex')).to.match(/^ba7816bf/);
  });
});
