import { expect } from 'chai';
import fc from 'fast-check';

import { normaliseTarget, targetsOf } from '../../../../core/token/target-uri.ts';

describe('normaliseTarget()', () => {
  it('gives undefined for what is no absolute http or https URI', () => {
    const wrong = [
      '',
      '/v1/x',
      '//pay.example.org/x',
      'pay.example.org/x',
      'ftp://pay.example.org/',
      'https:pay.example.org',
      'https:/pay.example.org',
      'https://',
      'https:///x',
      'https://:443/x',
      'https://user@pay.example.org/x',
      'https://user:secret@pay.example.org/x',
      'https://pay.example.org\\x',
      'https:\\\\pay.example.org',
      'https://pay.example.org/a b',
      'https://pay.example.org/"',
      'https://pay.example.org/é',
      'https://pay.example.org/%',
      'https://pay.example.org/%2',
      'https://pay.example.org/%zz',
      'https://pay.example.org:44x/',
      'https://a:b:c/',
      'https://[::1/',
      ' https://pay.example.org/',
      'https://pay.example.org/\n',
      `https://pay.example.org/${'x'.repeat(5000)}`,
    ];
    for (const uri of wrong) expect(normaliseTarget(uri), uri).to.equal(undefined);
  });

  const same: readonly (readonly [string, string, string])[] = [
    ['scheme and host in any case', 'HTTPS://Pay.Example.ORG/V1', 'https://pay.example.org/V1'],
    ['the default port', 'https://pay.example.org:443/v1', 'https://pay.example.org/v1'],
    ['an empty port', 'https://pay.example.org:/v1', 'https://pay.example.org/v1'],
    ['the default port of http', 'http://pay.example.org:80/v1', 'http://pay.example.org/v1'],
    ['an empty path', 'https://pay.example.org', 'https://pay.example.org/'],
    ['an empty path with a query', 'https://pay.example.org?x=/../y', 'https://pay.example.org/'],
    ['query and fragment', 'https://pay.example.org/v1?a=b#c', 'https://pay.example.org/v1'],
    ['a fragment alone', 'https://pay.example.org/v1#c?d', 'https://pay.example.org/v1'],
    ['escapes of unreserved characters', 'https://pay.example.org/%7Ea%2db%5F', 'https://pay.example.org/~a-b_'],
    ['escapes in small letters', 'https://pay.example.org/a%2fb%c3%a9', 'https://pay.example.org/a%2Fb%C3%A9'],
    ['dot segments', 'https://pay.example.org/a/./b/../c', 'https://pay.example.org/a/c'],
    ['escaped dot segments', 'https://pay.example.org/a/%2e/b/%2E%2e/c', 'https://pay.example.org/a/c'],
    ['more dot segments than there are', 'https://pay.example.org/../../a', 'https://pay.example.org/a'],
    ['a dot segment at the end', 'https://pay.example.org/a/b/..', 'https://pay.example.org/a/'],
    ['only dot segments', 'https://pay.example.org/a/..', 'https://pay.example.org/'],
    ['an IPv6 address', 'https://[2001:DB8::1]:443/a', 'https://[2001:db8::1]/a'],
  ];
  for (const [what, uri, normal] of same)
    it(`brings into one spelling: ${what}`, () => {
      expect(normaliseTarget(uri)).to.equal(normal);
      expect(normaliseTarget(normal), 'once is enough').to.equal(normal);
    });

  const different: readonly (readonly [string, string, string])[] = [
    ['another port', 'https://pay.example.org:8443/', 'https://pay.example.org/'],
    ['the default port of the other scheme', 'https://pay.example.org:80/', 'https://pay.example.org/'],
    ['another scheme', 'http://pay.example.org/', 'https://pay.example.org/'],
    ['the path in another case', 'https://pay.example.org/V1', 'https://pay.example.org/v1'],
    ['a slash at the end', 'https://pay.example.org/v1/', 'https://pay.example.org/v1'],
    ['two slashes', 'https://pay.example.org//v1', 'https://pay.example.org/v1'],
    ['an escaped slash', 'https://pay.example.org/a%2Fb', 'https://pay.example.org/a/b'],
    ['a dot at the end of the host', 'https://pay.example.org./', 'https://pay.example.org/'],
    ['a longer host', 'https://pay.example.org.evil.test/', 'https://pay.example.org/'],
    ['a name that begins with a dot', 'https://pay.example.org/.well', 'https://pay.example.org/well'],
  ];
  for (const [what, one, other] of different)
    it(`keeps apart: ${what}`, () => {
      expect(normaliseTarget(one)).to.be.a('string').and.not.equal(normaliseTarget(other));
    });

  it('agrees with the URL parser of the platform on paths of any letters, dots and slashes', () => {
    const path = fc.string({ unit: fc.constantFrom('a', 'B', '.', '/', '~', '-', '_', '=') });
    fc.assert(
      fc.property(path, (text) => {
        const uri = `https://Pay.Example.org:443/${text}`;
        expect(normaliseTarget(uri)).to.equal(new URL(uri).href);
      }),
    );
  });
});

describe('targetsOf()', () => {
  it('A-449 gives one target for each origin, with its path, and none without origins', () => {
    expect(targetsOf([], '/v1')).to.deep.equal([]);
    expect(targetsOf(['https://pay.example.org', 'https://api.example.org/pay'], '/v1/%7Ex')).to.deep.equal([
      'https://pay.example.org/v1/~x',
      'https://api.example.org/pay/v1/~x',
    ]);
    expect(targetsOf(['https://pay.example.org'], '*')).to.deep.equal(['https://pay.example.org/']);
  });
});
