import { expect } from 'chai';

import { resourceMetadata } from '../../../sidecar/resource-metadata.ts';

const TERMS = {
  identifier: 'https://pay.example.org',
  authorizationServers: ['https://ca.example.org', 'https://sso.example.org/realms/a'],
  scopes: ['payments.read', 'payments.write'],
  isDpopServed: true,
};

describe('resourceMetadata()', () => {
  it('says what a client needs to find the right token, and names the resource as the client does', () => {
    expect(JSON.parse(resourceMetadata(TERMS).document.toString())).to.deep.equal({
      resource: 'https://pay.example.org',
      authorization_servers: TERMS.authorizationServers,
      scopes_supported: TERMS.scopes,
      bearer_methods_supported: ['header'],
      tls_client_certificate_bound_access_tokens: true,
      dpop_signing_alg_values_supported: ['ES256', 'ES384', 'Ed25519', 'EdDSA'],
    });
  });

  it('says nothing of DPoP where it is not served, and nothing of scopes where none are named', () => {
    const document = resourceMetadata({ ...TERMS, isDpopServed: false, scopes: [] }).document.toString();
    expect(Object.keys(JSON.parse(document) as object)).to.deep.equal([
      'resource',
      'authorization_servers',
      'bearer_methods_supported',
      'tls_client_certificate_bound_access_tokens',
    ]);
  });

  it('puts the well-known path between host and path of the identifier (RFC 9728 section 3.1)', () => {
    const places: readonly (readonly [string, string, string])[] = [
      ['https://a.test', '', 'https://a.test'],
      ['https://a.test/', '', 'https://a.test'],
      ['https://a.test:8443/pay', '/pay', 'https://a.test:8443'],
      ['https://a.test/pay/v1/', '/pay/v1/', 'https://a.test'],
    ];
    for (const [identifier, tail, origin] of places) {
      const { path, url, document } = resourceMetadata({ ...TERMS, identifier });
      expect(path, identifier).to.equal(`/.well-known/oauth-protected-resource${tail}`);
      expect(url, identifier).to.equal(origin + path);
      expect(JSON.parse(document.toString())).to.have.property('resource', identifier);
    }
  });
});
