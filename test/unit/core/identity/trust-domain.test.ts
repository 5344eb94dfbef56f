import { expect } from 'chai';

import { parseTrustDomain } from '../../../../core/identity/trust-domain.ts';
import { verdict } from '../../../kit/verdict.ts';

const ALLOWED = 'abcdefghijklmnopqrstuvwxyz0123456789._-';

describe('parseTrustDomain()', () => {
  it('A-041 takes, of all 65,536 characters, just a-z 0-9 . _ -', () => {
    const taken: string[] = [];
    for (let code = 0; code < 0x10000; code += 1) {
      const character = String.fromCharCode(code);
      if (parseTrustDomain(character).ok && parseTrustDomain(`a${character}b`).ok) taken.push(character);
      if (parseTrustDomain(`a${character}`).ok !== ALLOWED.includes(character))
        expect.fail(`character ${code} at the end`);
    }
    expect(taken.toSorted().join('')).to.equal(ALLOWED.split('').toSorted().join(''));
  });

  it('A-034 refuses capitals instead of lowering them', () => {
    expect(verdict(parseTrustDomain('Mesh.example'))).to.equal(
      'PEER_NOT_SVID: trust domain has a character other than a-z 0-9 . _ -',
    );
  });

  it('A-037 refuses userinfo, port, scheme and path', () => {
    for (const text of [
      'user@mesh.example',
      'mesh.example:443',
      'spiffe://mesh.example',
      'mesh.example/',
      'mesh.example/a',
    ])
      expect(verdict(parseTrustDomain(text)), text).to.match(/^PEER_NOT_SVID: trust domain has a character/);
  });

  it('A-035 refuses percent encoding', () => {
    expect(parseTrustDomain('mesh%2eexample').ok).to.equal(false);
  });

  it('refuses none at all', () => {
    expect(verdict(parseTrustDomain(''))).to.equal('PEER_NOT_SVID: trust domain is empty');
  });

  it('A-039 accepts 255 bytes and refuses 256', () => {
    expect(verdict(parseTrustDomain('a'.repeat(255)))).to.equal('ok');
    expect(verdict(parseTrustDomain('a'.repeat(256)))).to.equal(
      'PEER_NOT_SVID: trust domain of 256 bytes, at most 255',
    );
  });

  it('accepts what is odd as a host name but legal here', () => {
    for (const text of ['.', '..', '-', '_', '1', 'a..b', '127.0.0.1', 'xn--e1afmkfd'])
      expect(verdict(parseTrustDomain(text)), text).to.equal('ok');
  });
});
