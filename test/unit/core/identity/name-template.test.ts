import { expect } from 'chai';
import fc from 'fast-check';

import {
  matchTemplate,
  namesOf,
  parsePathTemplate,
  parseTemplate,
  renderPath,
  type TemplateKind,
} from '../../../../core/identity/name-template.ts';
import { parsePath } from '../../../../core/identity/spiffe-id.ts';

const parsed = (text: string, kind: TemplateKind = 'text') => {
  const template = parseTemplate(text, kind);
  if (template === undefined) throw new Error(`no template: ${text}`);
  return template;
};
const captured = (text: string, value: string, kind: TemplateKind = 'text') => {
  const found = matchTemplate(parsed(text, kind), value);
  return found === undefined ? undefined : Object.fromEntries(found);
};

describe('parseTemplate()', () => {
  it('refuses braces that are no placeholder, a name twice, and more than eight names', () => {
    for (const text of [
      '',
      '{',
      '}',
      '{}',
      '{A}',
      '{1}',
      '{a',
      'a}',
      '{a{b}}',
      '{a b}',
      '{a}/{a}',
      `{${'a'.repeat(33)}}`,
    ])
      expect(parseTemplate(text, 'text'), text).to.equal(undefined);
    const nine = 'abcdefghi'.split('').map((name) => `{${name}}`);
    expect(parseTemplate(nine.join('/'), 'text')).to.equal(undefined);
    expect(parseTemplate(nine.slice(1).join('/'), 'text')).to.not.equal(undefined);
  });

  it('refuses a placeholder without an edge: two ways to match would be two names', () => {
    for (const text of ['{a}{b}', 'x{a}', '{a}x', '{a}.example', 'v1.{a}', '{a}-{b}', '{a}_'])
      expect(parseTemplate(text, 'text'), text).to.equal(undefined);
    for (const text of ['x{a}.example', '{a}x.example', '{a}_.b', '{a}-{b}'])
      expect(parseTemplate(text, 'dns'), text).to.equal(undefined);
  });

  it('refuses what is not printable ASCII, and more than 512 characters', () => {
    for (const text of ['a\u0000b', 'a\nb', 'caf\u00e9', 'x'.repeat(513)])
      expect(parseTemplate(text, 'text'), JSON.stringify(text)).to.equal(undefined);
    expect(parseTemplate('x'.repeat(512), 'text')).to.not.equal(undefined);
  });

  it('keeps the text and the names in their order', () => {
    const template = parsed('repo:{owner}/{repo}:ref:refs/heads/main');
    expect(template.text).to.equal('repo:{owner}/{repo}:ref:refs/heads/main');
    expect(namesOf(template)).to.deep.equal(['owner', 'repo']);
  });
});

describe('matchTemplate()', () => {
  it('refuses a value with more, less or other around the placeholders', () => {
    for (const value of ['', 'acme/', '/shop', 'acme/shop/x', 'Acme/shop', 'acme//shop', 'xacme/shop', 'acme/shop\n'])
      expect(captured('acme/{repo}', value), JSON.stringify(value)).to.equal(undefined);
  });

  it('refuses every character in a placeholder that a path segment may not have', () => {
    for (let code = 0; code < 256; code += 1) {
      const value = String.fromCharCode(code);
      const isSegment = /[A-Za-z0-9._-]/.test(value);
      expect(captured('acme/{repo}', `acme/${value}`) !== undefined, `${code}`).to.equal(isSegment);
    }
  });

  it('takes one label of a DNS name, never two, and no wildcard', () => {
    const text = '{device}.devices.example';
    for (const value of [
      'a.b.devices.example',
      '.devices.example',
      'devices.example',
      '*.devices.example',
      'A.devices.example',
    ])
      expect(captured(text, value, 'dns'), value).to.equal(undefined);
    expect(captured(text, 'pump-7.devices.example', 'dns')).to.deep.equal({ device: 'pump-7' });
  });

  it('takes whole segments', () => {
    expect(
      captured('spiffe://other.example/ns/{ns}/sa/{sa}', 'spiffe://other.example/ns/shop/sa/a.b_c-1'),
    ).to.deep.equal({
      ns: 'shop',
      sa: 'a.b_c-1',
    });
    expect(captured('system:serviceaccount:{ns}:{sa}', 'system:serviceaccount:shop:agent')).to.deep.equal({
      ns: 'shop',
      sa: 'agent',
    });
    expect(captured('refs/heads/main', 'refs/heads/main')).to.deep.equal({});
  });
});

describe('parsePathTemplate(), renderPath()', () => {
  it('refuses a path with a placeholder beside other text in its segment, and what is no path', () => {
    for (const text of [
      '',
      '/',
      'ci/{a}',
      '/ci/x{a}',
      '/ci/{a}x',
      '/ci/{a}{b}',
      '/ci//{a}',
      '/ci/../{a}',
      '/ci/{a}/',
      '/ci/{a}?x',
      '/{}',
      '/{A}',
    ])
      expect(parsePathTemplate(text), text).to.equal(undefined);
  });

  it('refuses a captured dot segment: it would climb', () => {
    const path = parsePathTemplate('/ci/{repo}');
    if (path === undefined) throw new Error('no template');
    for (const repo of ['.', '..', '', 'a/b'])
      expect(renderPath(path, new Map([['repo', repo]])), repo).to.have.nested.property(
        'refusal.code',
        'PEER_NOT_SVID',
      );
    expect(renderPath(path, new Map())).to.have.nested.property('refusal.code', 'PEER_NOT_SVID');
    expect(renderPath(path, new Map([['repo', '...']]))).to.deep.equal({ ok: true, value: '/ci/...' });
  });
});

describe('a template and a path', () => {
  const segment = fc.stringMatching(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,20}$/);

  it('give back exactly the segments that were put in, whatever they are', () => {
    fc.assert(
      fc.property(segment, segment, (ns, sa) => {
        const from = parsed('spiffe://other.example/ns/{ns}/sa/{sa}');
        const into = parsePathTemplate('/{sa}/{ns}');
        const found = matchTemplate(from, `spiffe://other.example/ns/${ns}/sa/${sa}`);
        if (found === undefined || into === undefined) throw new Error('no match');
        expect(renderPath(into, found)).to.deep.equal({ ok: true, value: `/${sa}/${ns}` });
      }),
    );
  });

  it('never give a path that SPIFFE refuses, whatever the name is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 40 }), (value) => {
        const into = parsePathTemplate('/x/{any}');
        const found = matchTemplate(parsed('{any}'), value);
        if (found === undefined || into === undefined) return;
        const path = renderPath(into, found);
        expect(!path.ok || (parsePath(path.value).ok && path.value === `/x/${value}`)).to.equal(true);
      }),
    );
  });
});
