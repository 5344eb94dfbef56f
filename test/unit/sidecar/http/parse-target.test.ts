import { expect } from 'chai';

import { parseTarget, type TargetRules } from '../../../../sidecar/http/parse-target.ts';
import { codeOf } from './heads.ts';

const STRICT: TargetRules = { scheme: 'https', ambiguousPaths: false };
const OPEN: TargetRules = { scheme: 'https', ambiguousPaths: true };
const code = (raw: string, rules = STRICT): string => codeOf(parseTarget(raw, 'GET', rules));

describe('parseTarget()', () => {
  it('A-248 takes in path and query the bytes of RFC 3986 and no other', () => {
    const allowed = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/?]$/;
    for (let byte = 0; byte < 256; byte += 1) {
      const odd = String.fromCharCode(byte);
      const expected = allowed.test(odd) ? 'ok' : 'REQUEST_TARGET';
      expect(code(`/x${odd}y`), `path byte ${byte}`).to.equal(expected);
      expect(code(`/?x${odd}y`), `query byte ${byte}`).to.equal(expected);
      // `?` would end an empty path here, which is another matter.
      if (odd !== '/') expect(code(odd), `first byte ${byte}`).to.equal('REQUEST_TARGET');
    }
  });

  it('A-249 takes behind % two hex digits and nothing else', () => {
    const hex = /^[0-9A-Fa-f]$/;
    for (let byte = 0; byte < 256; byte += 1) {
      const odd = String.fromCharCode(byte);
      const expected = hex.test(odd) ? 'ok' : 'REQUEST_TARGET';
      // `%e` needs a second digit that gives neither a dot nor a slash.
      expect(code(`/%a${odd}`), `second digit ${byte}`).to.equal(expected);
      expect(code(`/%${odd}1`), `first digit ${byte}`).to.equal(expected);
      expect(code(`/?%${odd}1`), `in the query ${byte}`).to.equal(expected);
    }
  });

  for (const bad of ['/%', '/%4', '/?%', '/?a=%4', '/%zz', '/%00', '/a?b=%00', '/%u0041', '/%%41']) {
    it(`A-249 refuses ${bad} on every port`, () => {
      expect(code(bad)).to.equal('REQUEST_TARGET');
      expect(code(bad, OPEN)).to.equal('REQUEST_TARGET');
    });
  }

  const ambiguous = ['/..', '/.', '/a/../b', '/a/./b', '/a/..', '/..;/b', '/..;x=y/b', '/.;/b', '/%2e', '/%2E%2e/b'];
  for (const path of [
    ...ambiguous,
    '/.%2e/b',
    '/a/%2e%2e%3b/b',
    '/a%2fb',
    '/a%2Fb',
    '/a%5cb',
    '/a%5Cb',
    '/%2f%2fevil',
  ]) {
    it(`A-249 refuses the path ${path}, unless the port lets it through`, () => {
      expect(code(path)).to.equal('REQUEST_TARGET');
      expect(code(path, OPEN)).to.equal('ok');
    });
  }

  for (const path of [
    '//evil',
    '/a//b',
    '/.well-known/x',
    '/..a',
    '/a..',
    '/...',
    '/a.b',
    '/%41',
    '/a?../..',
    '/?%2f',
  ]) {
    it(`takes ${path} as it stands`, () => {
      const read = parseTarget(path, 'GET', STRICT);
      expect(read).to.have.nested.property('value.target', path);
    });
  }

  it('gives path and query as they will be forwarded, split at the first ?', () => {
    expect(parseTarget('/a%41?b?c', 'GET', STRICT)).to.deep.equal({
      ok: true,
      value: { target: '/a%41?b?c', path: '/a%41', query: 'b?c', authority: undefined },
    });
    expect(parseTarget('/?', 'GET', STRICT)).to.have.nested.property('value.query', '');
  });
});
