import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { parsePath, parseSpiffeId, spiffeIdOf, trustDomainUri } from '../../../../core/identity/spiffe-id.ts';
import { parseTrustDomain } from '../../../../core/identity/trust-domain.ts';
import { verdict } from '../../../kit/verdict.ts';

const SEGMENT = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-';
const DOMAIN = 'abcdefghijklmnopqrstuvwxyz0123456789._-';
const mesh = demand(parseTrustDomain('mesh.example'));
const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));

describe('parseSpiffeId()', () => {
  it('A-040 A-041 takes, of all 256 bytes, just A-Z a-z 0-9 . _ - in a segment', () => {
    const taken = bytes.filter((byte) => parseSpiffeId(`spiffe://mesh.example/a${byte}b`).ok);
    // A slash makes two segments of one: legal, and another path.
    expect(taken.filter((byte) => byte !== '/').join('')).to.equal(SEGMENT.split('').toSorted().join(''));
    for (const byte of bytes.filter((other) => !`${SEGMENT}/`.includes(other))) {
      expect(parseSpiffeId(`spiffe://mesh.example/${byte}`).ok, `alone ${byte.charCodeAt(0)}`).to.equal(false);
      expect(parseSpiffeId(`spiffe://mesh.example/a${byte}`).ok, `last ${byte.charCodeAt(0)}`).to.equal(false);
    }
  });

  it('A-037 takes, of all 256 bytes, just a-z 0-9 . _ - in the trust domain', () => {
    const taken = bytes.filter((byte) => parseSpiffeId(`spiffe://a${byte}b/path`).ok);
    expect(taken.filter((byte) => byte !== '/').join('')).to.equal(DOMAIN.split('').toSorted().join(''));
    expect(parseSpiffeId('spiffe://a/b/path')).to.have.nested.property('value.trustDomain', 'a');
  });

  it('refuses each byte other than the right one in the scheme', () => {
    const good = 'spiffe://mesh.example/a';
    for (let at = 0; at < 'spiffe://'.length; at += 1)
      for (const byte of bytes) {
        if (byte === good[at]) continue;
        expect(parseSpiffeId(`${good.slice(0, at)}${byte}${good.slice(at + 1)}`).ok, `${at}`).to.equal(false);
      }
  });

  it('A-033 refuses the ID of a trust domain', () => {
    const reason = 'PEER_NOT_SVID: SPIFFE ID has no path: it names a trust domain, not a workload';
    expect(verdict(parseSpiffeId('spiffe://mesh.example'))).to.equal(reason);
  });

  const wrong: Readonly<Record<string, readonly string[]>> = {
    'A-034 capitals in scheme or trust domain': [
      'SPIFFE://mesh.example/a',
      'Spiffe://mesh.example/a',
      'spiffe://Mesh.example/a',
    ],
    'A-035 percent encoding': [
      'spiffe://mesh.example/a%2fb',
      'spiffe://mesh%2eexample/a',
      'spiffe://mesh.example/%61',
      'spiffe%3a//mesh.example/a',
    ],
    'A-036 dot segments, empty segments, a slash at the end': [
      'spiffe://mesh.example/',
      'spiffe://mesh.example//',
      'spiffe://mesh.example//a',
      'spiffe://mesh.example/a//b',
      'spiffe://mesh.example/a/',
      'spiffe://mesh.example/.',
      'spiffe://mesh.example/..',
      'spiffe://mesh.example/a/./b',
      'spiffe://mesh.example/a/../b',
      'spiffe://mesh.example/a/..',
    ],
    'A-037 query, fragment, userinfo, port': [
      'spiffe://mesh.example/a?b',
      'spiffe://mesh.example/a#b',
      'spiffe://mesh.example?a',
      'spiffe://mesh.example#a',
      'spiffe://u@mesh.example/a',
      'spiffe://u:p@mesh.example/a',
      'spiffe://mesh.example:8443/a',
      'spiffe://[::1]/a',
    ],
    'A-040 NUL': [
      'spiffe://mesh.example/a\0',
      'spiffe://mesh.example\0/a',
      'spiffe://mesh.example/a\0/b',
      '\0spiffe://mesh.example/a',
    ],
    'A-041 non-ASCII': [
      'spiffe://mesh.example/ä',
      'spiffe://mésh.example/a',
      'spiffe://mesh.example/a\u{1f600}',
      'spiffe://mesh．example/a',
      'spiffe://mesh.example/ａ',
    ],
    'spaces and line ends': [
      ' spiffe://mesh.example/a',
      'spiffe://mesh.example/a ',
      'spiffe://mesh.example/a\n',
      'spiffe://mesh.example/a\r\n',
      'spiffe://mesh.example /a',
    ],
    'other shapes': [
      '',
      '/',
      'spiffe',
      'spiffe:',
      'spiffe:/',
      'spiffe://',
      'spiffe:///a',
      'spiffe:/mesh.example/a',
      '//mesh.example/a',
      'https://mesh.example/a',
      'mesh.example/a',
      'spiffe:\\\\mesh.example\\a',
    ],
  };
  for (const [name, texts] of Object.entries(wrong))
    it(`refuses ${name}`, () => {
      for (const text of texts)
        expect(parseSpiffeId(text), JSON.stringify(text)).to.have.nested.property('refusal.code', 'PEER_NOT_SVID');
    });

  it('A-038 accepts 2,048 bytes and refuses 2,049', () => {
    const longest = `spiffe://mesh.example/${'a'.repeat(2048 - 22)}`;
    expect(longest).to.have.length(2048);
    expect(verdict(parseSpiffeId(longest))).to.equal('ok');
    expect(verdict(parseSpiffeId(`${longest}a`))).to.equal('PEER_NOT_SVID: SPIFFE ID of 2049 bytes, at most 2048');
  });

  it('A-039 accepts a trust domain of 255 bytes and refuses 256', () => {
    expect(verdict(parseSpiffeId(`spiffe://${'a'.repeat(255)}/a`))).to.equal('ok');
    expect(verdict(parseSpiffeId(`spiffe://${'a'.repeat(256)}/a`))).to.equal(
      'PEER_NOT_SVID: trust domain of 256 bytes, at most 255',
    );
  });

  it('gives the parts, as written, frozen', () => {
    const id = demand(parseSpiffeId('spiffe://mesh.example/ns/Shop/sa/...'));
    expect(id).to.deep.equal({
      uri: 'spiffe://mesh.example/ns/Shop/sa/...',
      trustDomain: 'mesh.example',
      path: '/ns/Shop/sa/...',
      segments: ['ns', 'Shop', 'sa', '...'],
    });
    expect(Object.isFrozen(id) && Object.isFrozen(id.segments)).to.equal(true);
  });
});

describe('spiffeIdOf()', () => {
  it('refuses a path that would break out of its place', () => {
    for (const path of ['', 'a', 'evil.example/a', '@evil.example/a', ':1/a', '/', '/a/', '//a', '/a/../b', '/a?b'])
      expect(spiffeIdOf(mesh, path), path).to.have.nested.property('refusal.code', 'PEER_NOT_SVID');
  });

  it('A-038 counts the whole ID', () => {
    expect(verdict(spiffeIdOf(mesh, `/${'a'.repeat(2048 - 22)}`))).to.equal('ok');
    expect(verdict(spiffeIdOf(mesh, `/${'a'.repeat(2048 - 21)}`))).to.equal(
      'PEER_NOT_SVID: SPIFFE ID of 2049 bytes, at most 2048',
    );
  });

  it('gives what parsing its text gives', () => {
    const id = demand(spiffeIdOf(mesh, '/ns/shop/sa/agent'));
    expect(parseSpiffeId(id.uri)).to.deep.equal({ ok: true, value: id });
  });
});

describe('parsePath()', () => {
  it('says which rule a path breaks', () => {
    expect(['a', '/a//b', '/a/..', '/a b'].map((path) => verdict(parsePath(path)))).to.deep.equal([
      'PEER_NOT_SVID: path does not begin with a slash',
      'PEER_NOT_SVID: path has an empty segment or a slash at its end',
      'PEER_NOT_SVID: path has a dot segment',
      'PEER_NOT_SVID: path has a character other than A-Z a-z 0-9 . _ -',
    ]);
  });
});

describe('trustDomainUri()', () => {
  it('gives the ID without a path', () => {
    expect(trustDomainUri(mesh)).to.equal('spiffe://mesh.example');
  });
});
