import { expect } from 'chai';

import { readScopes } from '../../../../core/token/scopes.ts';

const names = (count: number, prefix = 's'): string[] => Array.from({ length: count }, (_none, at) => `${prefix}${at}`);

function read(claims: Parameters<typeof readScopes>[0], ...places: (readonly string[])[]): unknown {
  const scopes = readScopes(claims, places);
  return scopes.ok ? scopes.value : scopes.refusal.code;
}

describe('readScopes()', () => {
  it('refuses a text with anything but single spaces: TOKEN_CLAIMS', () => {
    for (const scp of [' ', 'a  b', ' a', 'a ', 'a\tb', 'a"b', 'a\\b', 'é', names(65).join(' ')])
      expect(read({ scp }, ['scp']), JSON.stringify(scp)).to.equal('TOKEN_CLAIMS');
  });

  it('refuses what is neither a text nor an array of texts: TOKEN_CLAIMS', () => {
    for (const scp of [null, 5, true, {}, [5], ['a', null], [['a']], names(65)])
      expect(read({ scp }, ['scp']), JSON.stringify(scp)).to.equal('TOKEN_CLAIMS');
  });

  it('refuses more than 64 together: TOKEN_CLAIMS', () => {
    const claims = { scp: names(64).join(' '), roles: names(1, 'r') };
    expect(read(claims, ['scp'])).to.have.length(64);
    expect(read(claims, ['scp'], ['roles'])).to.equal('TOKEN_CLAIMS');
  });

  it('gives none where there are none', () => {
    expect(read({}, ['scp'])).to.deep.equal([]);
    expect(read({ scp: '' }, ['scp'])).to.deep.equal([]);
    expect(read({ scp: [] }, ['scp'])).to.deep.equal([]);
    expect(read({ scope: 'admin' }, ['scp'])).to.deep.equal([]);
  });

  it('reads a text, an array, a nested path, and several places as one list', () => {
    expect(read({ scope: 'a b' }, ['scope'])).to.deep.equal(['a', 'b']);
    expect(read({ scp: ['a', 'b'] }, ['scp'])).to.deep.equal(['a', 'b']);
    const keycloak = {
      scope: 'a b',
      realm_access: { roles: ['b', 'c'] },
      resource_access: { 'my.api': { roles: ['d'] } },
    };
    const places = [['scope'], ['realm_access', 'roles'], ['resource_access', 'my.api', 'roles']];
    expect(read(keycloak, ...places)).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('counts an element that is no scope name as none, and splits no element', () => {
    expect(read({ roles: ['Default Admin', 'ops', '', 'a"b'] }, ['roles'])).to.deep.equal(['ops']);
  });
});
