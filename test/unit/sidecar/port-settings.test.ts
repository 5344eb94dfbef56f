import { expect } from 'chai';

import { loadConfig } from '../../../runtime/config/load.ts';
import { sidecarConfigTable } from '../../../sidecar/config.ts';

const LEAST = `trustDomain: a
credentials: {ca: {bootstrap: [ca:1], mesh: [ca:2], evidence: {kind: joinToken, file: /run/token}}}
policy: /p
`;
const load = (more: string) =>
  loadConfig({ file: 'sidecar.yaml', text: LEAST + more, environment: {}, table: sidecarConfigTable });
const port = (more: string): string => `inbound: [{listen: "podIP:80", app: "127.0.0.1:80", audience: a, ${more}}]`;
const keysIn = (more: string): readonly string[] => {
  const loaded = load(more);
  return loaded.ok ? [] : loaded.mistakes.map(({ key }) => key);
};
const issuer = (more: string): string => `issuers: [{name: a, issuer: "https://a", jwks: "https://a/jwks", ${more}}]`;

describe('sidecar.yaml: what a port offers', () => {
  it('A-264 A-560 refuses an app that is a listener of the sidecar, where a request would come back to it', () => {
    const at = (listen: string, app: string): string => `inbound: [{listen: "${listen}", app: "${app}", audience: a}]`;
    const wrong = [
      at('127.0.0.1:80', '127.0.0.1:80'),
      at('0.0.0.0:80', '127.0.0.1:80'),
      at('[::]:80', '[::1]:80'),
      at('podIP:80', '127.0.0.1:15021'),
      `${at('podIP:80', '127.0.0.1:15001')}\negress: {}`,
    ];
    for (const text of wrong) expect(keysIn(text), text).to.deep.equal(['inbound']);
    for (const text of [
      at('podIP:80', '127.0.0.1:80'),
      at('0.0.0.0:80', '127.0.0.1:81'),
      at('podIP:80', '127.0.0.1:15001'),
    ])
      expect(keysIn(text), text).to.deep.equal([]);
  });

  it('refuses what is no public origin', () => {
    const wrong = [
      'http://a.test',
      'a.test',
      'https://',
      'https://u@a.test',
      'https://a.test?x',
      'https://a.test#x',
      'https://a b',
      '',
    ];
    for (const origin of wrong)
      expect(keysIn(port(`origins: ["${origin}"]`)), origin).to.deep.equal(['inbound[0].origins[0]']);
  });

  it('brings an origin into one spelling', () => {
    const loaded = load(port('origins: ["HTTPS://A.test:443/", "https://b.test/Pay/"]'));
    expect(loaded).to.have.deep.nested.property('value.inbound[0].origins', ['https://a.test', 'https://b.test/Pay']);
  });

  it('refuses an identifier that clients could not ask for in the same spelling', () => {
    const wrong = [
      'http://a.test',
      'https://A.test',
      'https://a.test:443',
      'https://a.test/x/../y',
      'https://a.test?x',
      'https://a.test#x',
      'urn:a',
    ];
    for (const identifier of wrong)
      expect(keysIn(port(`resource: {identifier: "${identifier}"}`)), identifier).to.deep.equal([
        'inbound[0].resource.identifier',
      ]);
    expect(keysIn(port('resource: {}'))).to.deep.equal(['inbound[0].resource.identifier']);
    for (const identifier of ['https://a.test', 'https://a.test/', 'https://a.test:8443/pay'])
      expect(load(port(`resource: {identifier: "${identifier}"}`))).to.have.deep.nested.property(
        'value.inbound[0].resource',
        {
          identifier,
          scopes: [],
        },
      );
  });

  it('bounds the window of proofs, and has nonces off or required', () => {
    for (const wrong of ['window: 0s', 'window: 6m', 'window: 60', 'nonce: optional', 'nonce: true', 'x: 1'])
      expect(keysIn(`dpop: {${wrong}}`), wrong).to.have.length(1);
    expect(load('dpop: {window: 5m, nonce: required}')).to.have.deep.nested.property('value.dpop', {
      window: 300_000,
      nonce: 'required',
    });
  });

  it('offers nothing of it by default', () => {
    const loaded = load(port(''));
    expect(loaded).to.have.deep.nested.property('value.inbound[0].origins', []);
    expect(loaded).to.not.have.nested.property('value.inbound[0].resource');
    expect(loaded).to.have.deep.nested.property('value.dpop', { window: 60_000, nonce: 'off' });
  });
});

describe('sidecar.yaml: confirmations of an issuer', () => {
  it('A-421 refuses to ignore a confirmation', () => {
    for (const member of ['x5t#S256', 'jkt', 'jwk', 'jwe', 'kid', 'jku', '', 'a b'])
      expect(keysIn(issuer(`ignoreCnf: ["${member}"]`)), member).to.deep.equal(['issuers[0].ignoreCnf[0]']);
    expect(keysIn(issuer('ignoreCnf: [kc-jkt-type, jkt-type]'))).to.deep.equal([]);
  });

  it('takes the key of the peer for a jkt only where it says tls', () => {
    expect(keysIn(issuer('jkt: bearer'))).to.deep.equal(['issuers[0].jkt']);
    expect(load(issuer('jkt: tls'))).to.have.nested.property('value.issuers[0].jkt', 'tls');
    expect(load(issuer('mustBind: true'))).to.deep.nested.include({
      'value.issuers[0].jkt': 'dpop',
      'value.issuers[0].ignoreCnf': ['kc-jkt-type'],
    });
  });
});
