import { expect } from 'chai';

import { claimAt, parseClaimPath } from '../../../../core/token/claim-path.ts';

describe('parseClaimPath()', () => {
  const wrong = [
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    'a b',
    '"a',
    'a"',
    '"a"b',
    'a"b"',
    '""',
    'a.""',
    'a\\b',
    '"a\\"b"',
    'a\nb',
    '"a\nb"',
  ];
  for (const text of [...wrong, 'a.b.c.d.e.f.g.h.i', 'x'.repeat(257)]) {
    it(`refuses ${JSON.stringify(text.slice(0, 20))}`, () => expect(parseClaimPath(text)).to.equal(undefined));
  }

  it('gives the names', () => {
    expect(parseClaimPath('scp')).to.deep.equal(['scp']);
    expect(parseClaimPath('realm_access.roles')).to.deep.equal(['realm_access', 'roles']);
    expect(parseClaimPath('resource_access."my.client".roles')).to.deep.equal([
      'resource_access',
      'my.client',
      'roles',
    ]);
    expect(parseClaimPath('"https://example.com/roles"')).to.deep.equal(['https://example.com/roles']);
    expect(parseClaimPath('kubernetes.io')).to.deep.equal(['kubernetes', 'io']);
    expect(parseClaimPath('cnf.x5t#S256')).to.deep.equal(['cnf', 'x5t#S256']);
    expect(parseClaimPath('a.b.c.d.e.f.g.h')).to.have.length(8);
  });
});

describe('claimAt()', () => {
  const claims = { a: { b: ['c'], 'd.e': 5, none: null }, text: 'abc' };

  for (const path of [
    ['b'],
    ['a', 'c'],
    ['text', 'length'],
    ['a', 'b', '0'],
    ['toString'],
    ['a', 'constructor'],
    ['a', 'none', 'x'],
  ]) {
    it(`finds nothing at ${path.join(' > ')}`, () => expect(claimAt(claims, path)).to.equal(undefined));
  }

  it('finds what is there', () => {
    expect(claimAt(claims, ['a', 'b'])).to.deep.equal(['c']);
    expect(claimAt(claims, ['a', 'd.e'])).to.equal(5);
    expect(claimAt(claims, ['a', 'none'])).to.equal(null);
  });
});
