import { expect } from 'chai';
import type { z } from 'zod';

import { audience, scope, spiffePattern, trustDomain } from '../../../../runtime/config/identity.ts';
import { httpsPlace, httpsUrl, keySet, path, reference, socket, trust } from '../../../../runtime/config/place.ts';
import { choice, count, flag, ratio, text } from '../../../../runtime/config/scalar.ts';
import { duration, parseSize, size } from '../../../../runtime/config/span.ts';
import { list } from '../../../../runtime/config/structure.ts';

const doc = 'A setting.';

function refuses(schema: z.ZodType, values: readonly unknown[]): void {
  for (const value of values) expect(schema.safeParse(value).success, JSON.stringify(value)).to.equal(false);
}

describe('spans', () => {
  const time = duration({ doc, least: '1s', most: '1h' });

  it('refuse times without a unit and outside of their bounds', () => {
    refuses(time, [15, '15', '15 s', '-1s', '1.5s', '999ms', '61m', '', '1w', null, ['1s']]);
  });

  it('refuse sizes of another form', () => {
    const bytes = size({ doc, least: '1KiB', most: '1MiB' });
    refuses(bytes, [1024, '1024', '1023B', '2MiB', '1kb', '1 KiB', '01KiB']);
    expect(bytes.parse('64KiB')).to.equal(65536);
  });

  it('take both bounds', () => {
    expect([time.parse('1s'), time.parse('1h')]).to.deep.equal([1000, 3_600_000]);
    expect(['0B', '1B', '1KiB', '1MiB', '1GiB'].map(parseSize)).to.deep.equal([0, 1, 1024, 1024 ** 2, 1024 ** 3]);
  });

  it('refuse a table with a wrong bound', () => {
    expect(() => duration({ doc, least: 'soon', most: '1h' })).to.throw(TypeError);
  });
});

describe('scalars', () => {
  it('refuse other types and what is out of bounds', () => {
    refuses(count({ doc, least: 1, most: 9, fallback: 3 }), [
      0,
      10,
      1.5,
      '3',
      null,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ]);
    refuses(ratio({ doc, least: 0, most: 1, fallback: 0 }), [-0.1, 1.1, '0', null]);
    refuses(flag({ doc, fallback: false }), ['yes', 'true', 1, null]);
    refuses(flag({ doc }), ['yes', undefined]);
    refuses(choice(['a', 'b'], { doc }), ['c', 'A', '', 1, undefined]);
    refuses(text({ doc, grammar: /^a+$/, allowed: 'a' }), ['', 'b', 1, true]);
    refuses(list({ doc, least: 1, most: 2 }, choice(['a'], { doc })), [
      undefined,
      [],
      ['a', 'a', 'a'],
      'a',
      { 0: 'a' },
    ]);
  });

  it('have their default where nothing is written', () => {
    expect(count({ doc, least: 1, most: 9, fallback: 3 }).parse(undefined)).to.equal(3);
    expect(flag({ doc, fallback: true }).parse(undefined)).to.equal(true);
    expect(choice(['a', 'b'], { doc, fallback: 'b' }).parse(undefined)).to.equal('b');
    expect(list({ doc, least: 1, most: 2, fallback: ['a'] }, choice(['a'], { doc })).parse(undefined)).to.deep.equal([
      'a',
    ]);
  });
});

describe('places', () => {
  it('refuse what is no place', () => {
    refuses(path({ doc }), ['a', '', 1]);
    refuses(socket({ doc }), ['a', `/${'a'.repeat(107)}`]);
    refuses(reference({ doc }), ['secret', '1234', 'file:a', 'file:', 'env:', 'env:A-B', 'env:1', '/a', 1234]);
    refuses(trust({ doc }), ['none', 'file:a', '/a', 'MESH']);
  });

  it('refuse URLs that are not https, or have a user, query or fragment', () => {
    const wrong = [
      'http://a/',
      'https://',
      'https:///a',
      'https://u@a/',
      'https://u:p@a/',
      'https://a/?x',
      'https://a/#x',
      'https://a\\b',
    ];
    const unasked = wrong.filter((url) => !url.includes('?'));
    refuses(keySet({ doc }), [
      ...unasked,
      'file:jwks.json',
      'ftp://a',
      'https://a b/',
      'discover:',
      'discover:file:/a',
    ]);
    refuses(httpsPlace({ doc }), unasked);
    for (const issuer of ['https://a/?x', 'https://a/{t}', 'https://a/%7Bt%7D', 'http://a'])
      refuses(keySet({ doc }), [`discover:${issuer}`]);
    refuses(httpsUrl({ doc }), [...wrong, 'https://a:99999', `https://a/${'b'.repeat(512)}`]);
  });

  it('keep what was written', () => {
    expect(keySet({ doc }).parse('https://A.b:8445/jwks.json')).to.deep.equal({
      kind: 'https',
      url: 'https://A.b:8445/jwks.json',
    });
    expect(keySet({ doc }).parse('file:/a/b')).to.deep.equal({ kind: 'file', path: '/a/b' });
    expect(keySet({ doc }).parse('https://a/keys?p=b2c')).to.deep.equal({ kind: 'https', url: 'https://a/keys?p=b2c' });
    expect(keySet({ doc }).parse('discover')).to.deep.equal({ kind: 'discover', issuer: undefined });
    expect(keySet({ doc }).parse('discover:https://a/')).to.deep.equal({ kind: 'discover', issuer: 'https://a/' });
    expect(httpsPlace({ doc }).parse('https://a/b?c')).to.equal('https://a/b?c');
    expect(trust({ doc }).parse('mesh')).to.deep.equal({ kind: 'mesh' });
    expect(reference({ doc }).parse('env:PIN')).to.deep.equal({ kind: 'env', name: 'PIN' });
    expect(reference({ doc }).parse('file:/run/pin')).to.deep.equal({ kind: 'file', path: '/run/pin' });
    expect(httpsUrl({ doc }).parse('https://a.b/')).to.equal('https://a.b/');
  });
});

describe('identities', () => {
  it('refuse names outside of their grammar', () => {
    refuses(trustDomain({ doc }), ['Mesh', 'a b', '', 'spiffe://a', 'a:1']);
    refuses(audience({ doc }), ['', 'a b', 'a"b', 'a\\b', 'ä', 'a'.repeat(256)]);
    refuses(scope({ doc }), ['', 'a b', 'a"b', 'ä', 'a'.repeat(129)]);
  });

  it('refuse a pattern with no form, two forms, or a form that is not offered', () => {
    const pattern = spiffePattern({ doc });
    refuses(pattern, [
      {},
      { exact: '/a', under: '/b' },
      { any: true },
      '/a',
      { exact: 'a' },
      { under: '/a/' },
      { exact: '/a/../b' },
    ]);
    refuses(spiffePattern({ doc, any: true }), [{ any: false }, { any: true, under: '/a' }, {}]);
  });

  it('give the pattern that was written', () => {
    expect(spiffePattern({ doc }).parse({ exact: '/ns/a' })).to.deep.equal({ exact: '/ns/a' });
    expect(spiffePattern({ doc }).parse({ under: '/ns' })).to.deep.equal({ under: '/ns' });
    expect(spiffePattern({ doc, any: true }).parse({ any: true })).to.deep.equal({ any: true });
    expect(trustDomain({ doc }).parse('mesh.internal')).to.equal('mesh.internal');
  });
});
