import { expect } from 'chai';

import { hasNeedlessEscape, isPathPattern, matchesPath } from '../../../../sidecar/policy/path-pattern.ts';

describe('matchesPath()', () => {
  const outside = [
    '/paymentsx',
    '/payment',
    '/',
    '/x/payments',
    '//payments',
    '/Payments',
    '/payments;v=1',
    '/payments%2f1',
    '*',
    '',
  ];
  for (const path of outside) {
    it(`A-456 A-249 takes ${JSON.stringify(path)} for a path that is not under /payments`, () => {
      expect(matchesPath({ under: '/payments' }, path)).to.equal(false);
    });
  }

  for (const path of ['/payments/', '/payments/1', '/payment', '/paymentsx', '/']) {
    it(`A-456 takes ${path} for another path than exactly /payments`, () => {
      expect(matchesPath({ exact: '/payments' }, path)).to.equal(false);
    });
  }

  it('matches the path itself and what lies below it', () => {
    for (const path of ['/payments', '/payments/', '/payments/1/2']) {
      expect(matchesPath({ under: '/payments' }, path), path).to.equal(true);
    }
    expect(matchesPath({ exact: '/payments' }, '/payments')).to.equal(true);
  });

  it('matches every path under the root, and nothing that is no path', () => {
    for (const path of ['/', '/a', '//a', '/a/b']) expect(matchesPath({ under: '/' }, path), path).to.equal(true);
    for (const path of ['*', '', 'a']) expect(matchesPath({ under: '/' }, path), path).to.equal(false);
  });
});

describe('isPathPattern()', () => {
  const wrong = [
    '',
    'payments',
    '/payments/',
    '//',
    '/a//b',
    '/a/./b',
    '/a/..',
    '/a?b',
    '/a#b',
    '/a b',
    '/ä',
    '/a%2',
    '/%61',
    '/a\\b',
    '/.*\n',
    '/a[0]',
  ];
  for (const text of wrong) {
    it(`A-455 takes ${JSON.stringify(text)} for no pattern`, () => {
      expect(isPathPattern(text)).to.equal(false);
    });
  }

  it('takes paths of pchar segments', () => {
    for (const text of ['/', '/a', '/a.b/c-d_e~f', '/v1/users:search', '/a@b/%40', "/a!$&'()*+,;=b"]) {
      expect(isPathPattern(text), text).to.equal(true);
    }
  });
});

describe('hasNeedlessEscape()', () => {
  it('A-249 sees each escape of an unreserved character, and no other', () => {
    for (let octet = 0; octet < 256; octet += 1) {
      const escape = `%${octet.toString(16).padStart(2, '0')}`;
      const isUnreserved = octet < 128 && /[A-Za-z0-9._~-]/.test(String.fromCharCode(octet));
      expect(hasNeedlessEscape(`/x${escape}`), escape).to.equal(isUnreserved);
      expect(hasNeedlessEscape(`/x${escape.toUpperCase()}/y`), escape).to.equal(isUnreserved);
    }
  });

  it('sees one behind a needed one', () => {
    expect(hasNeedlessEscape('/%40%61')).to.equal(true);
    expect(hasNeedlessEscape('/plain')).to.equal(false);
  });
});
