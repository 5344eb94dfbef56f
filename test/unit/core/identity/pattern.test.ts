import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { matchesId, parseIdPattern, type IdPattern } from '../../../../core/identity/pattern.ts';
import { parseSpiffeId } from '../../../../core/identity/spiffe-id.ts';
import { verdict } from '../../../kit/verdict.ts';

const id = (path: string) => demand(parseSpiffeId(`spiffe://mesh.example${path}`));

describe('parseIdPattern()', () => {
  const form = 'CONFIG_INVALID: a pattern is {exact: /path}, {under: /path} or {any: true}';

  it('refuses any other form', () => {
    const wrong = [
      undefined,
      null,
      1,
      true,
      'any',
      '/ns/shop',
      '*',
      [],
      [{ any: true }],
      {},
      { any: false },
      { any: 'true' },
      { any: 1 },
      { exact: 1 },
      { under: null },
      { exact: ['/a'] },
      { prefix: '/a' },
      { exact: '/a', under: '/a' },
      { any: true, exact: '/a' },
      { Exact: '/a' },
    ];
    for (const value of wrong) expect(verdict(parseIdPattern(value)), JSON.stringify(value)).to.equal(form);
  });

  it('A-456 refuses a path that no SPIFFE ID can have, wildcards and regular expressions included', () => {
    for (const path of [
      '',
      '/',
      'ns/shop',
      '/ns/shop/',
      '/ns/*',
      '/ns/.*',
      '/ns//sa',
      '/ns/..',
      'spiffe://mesh.example/ns',
      '/ns/[a]',
      '/ns/a|b',
      '/ns/sh%6fp',
    ])
      for (const key of ['exact', 'under'])
        expect(verdict(parseIdPattern({ [key]: path })), `${key} ${path}`).to.match(/^CONFIG_INVALID: path /);
  });

  it('refuses a path longer than any ID', () => {
    expect(verdict(parseIdPattern({ under: `/${'a'.repeat(2048)}` }))).to.equal(
      'CONFIG_INVALID: path of 2049 bytes, at most 2048',
    );
  });

  it('accepts the three forms', () => {
    for (const pattern of [{ exact: '/ns/shop/sa/agent' }, { under: '/ns' }, { any: true }])
      expect(parseIdPattern(pattern)).to.deep.equal({ ok: true, value: pattern });
  });
});

describe('matchesId()', () => {
  it('A-456 exact does not match a longer, shorter or other path', () => {
    const pattern: IdPattern = { exact: '/ns/shop/sa/a' };
    for (const path of ['/ns/shop/sa/ab', '/ns/shop/sa/a/b', '/ns/shop/sa', '/ns/shop/sa/A', '/a/ns/shop/sa/a'])
      expect(matchesId(pattern, id(path)), path).to.equal(false);
    expect(matchesId(pattern, id('/ns/shop/sa/a'))).to.equal(true);
  });

  it('A-456 under matches whole segments only', () => {
    const pattern: IdPattern = { under: '/ns/shop' };
    for (const path of [
      '/ns/shopping',
      '/ns/shopping/sa/a',
      '/ns/sho',
      '/ns',
      '/ns/Shop/sa/a',
      '/ns/shop.evil/sa/a',
      '/x/ns/shop',
      '/shop/ns',
    ])
      expect(matchesId(pattern, id(path)), path).to.equal(false);
    for (const path of ['/ns/shop', '/ns/shop/sa', '/ns/shop/sa/agent'])
      expect(matchesId(pattern, id(path)), path).to.equal(true);
  });

  it('under an unchecked path that no ID has matches nothing', () => {
    for (const under of ['', '/', '/ns/', 'ns', '/ns/..', '/*'])
      expect(matchesId({ under }, id('/ns/shop')), under).to.equal(false);
  });

  it('any matches each workload', () => {
    expect(matchesId({ any: true }, id('/a'))).to.equal(true);
    expect(matchesId({ any: true }, id('/ns/shop/sa/agent'))).to.equal(true);
  });
});
