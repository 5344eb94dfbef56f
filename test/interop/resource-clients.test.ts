/** What a port tells clients, as a client library of others (`oauth4webapi`) understands it: challenges, nonces, metadata. */
import { expect } from 'chai';
import * as oauth from 'oauth4webapi';

import { CATALOG, type Code } from '../../core/fault/catalog.ts';
import { challengeFields, type ChallengeTerms } from '../../sidecar/challenge.ts';
import { resourceMetadata } from '../../sidecar/resource-metadata.ts';

const IDENTIFIER = 'https://pay.example.org/pay';
const METADATA = resourceMetadata({
  identifier: IDENTIFIER,
  authorizationServers: ['https://ca.example.org'],
  scopes: ['payments.read'],
  isDpopServed: true,
});
const TERMS: ChallengeTerms = { isDpopServed: true, nonce: 'n-1', resourceMetadata: METADATA.url };

/** The refusal as the library finds it in an answer. */
async function refusedBy(code: Code, more: object = {}): Promise<oauth.WWWAuthenticateChallengeError> {
  const headers = challengeFields({ code, detail: '', ...more }, 'ab', TERMS).map(
    ({ name, value }): [string, string] => [name, value],
  );
  const options = {
    [oauth.customFetch]: () => Promise.resolve(new Response('no', { status: CATALOG[code].http, headers })),
  };
  try {
    await oauth.protectedResourceRequest('token', 'GET', new URL(IDENTIFIER), undefined, null, options);
  } catch (thrown) {
    if (thrown instanceof oauth.WWWAuthenticateChallengeError) return thrown;
    throw thrown;
  }
  throw new Error('not refused');
}

describe('oauth4webapi as a client of a port', () => {
  it('reads each challenge of every refusal, error and description apart', async () => {
    const codes = (Object.keys(CATALOG) as Code[]).filter(
      (code) => /^(?:TOKEN|BINDING)_/.test(code) && CATALOG[code].http === 401,
    );
    for (const code of codes)
      for (const { scheme, parameters, token68 } of (await refusedBy(code)).cause) {
        expect(scheme, code).to.be.oneOf(['bearer', 'dpop']);
        expect(parameters, code).to.include({ realm: 'cleat', resource_metadata: METADATA.url });
        expect(token68).to.equal(undefined);
        if (scheme === 'dpop') expect(parameters, code).to.have.property('algs', 'ES256 ES384 Ed25519 EdDSA');
      }
    const [bearer, dpop] = (await refusedBy('TOKEN_EXPIRED')).cause;
    expect(bearer?.parameters).to.include({ error: 'invalid_token', error_description: 'token expired' });
    expect(dpop?.scheme).to.equal('dpop');
  });

  it('reads which scopes would be enough', async () => {
    const [bearer] = (await refusedBy('POLICY_SCOPE', { scopes: ['a.read', 'a.write'] })).cause;
    expect(bearer?.parameters).to.include({ error: 'insufficient_scope', scope: 'a.read a.write' });
  });

  it('knows that a nonce is wanted, by that challenge alone', async () => {
    expect(oauth.isDPoPNonceError(await refusedBy('BINDING_NONCE'))).to.equal(true);
    for (const code of ['BINDING_PROOF', 'BINDING_REPLAY', 'BINDING_PROOF_KEY', 'BINDING_PROOF_ABSENT'] as const)
      expect(oauth.isDPoPNonceError(await refusedBy(code)), code).to.equal(false);
  });

  it('finds the metadata where it looks for it, and takes it for this resource alone', async () => {
    const asked: string[] = [];
    const options = {
      [oauth.customFetch]: (url: string) => {
        asked.push(url);
        const headers = { 'content-type': 'application/json' };
        return Promise.resolve(new Response(METADATA.document.toString(), { status: 200, headers }));
      },
    };
    const answer = async (): Promise<Response> => oauth.resourceDiscoveryRequest(new URL(IDENTIFIER), options);
    const found = await oauth.processResourceDiscoveryResponse(new URL(IDENTIFIER), await answer());
    expect(asked).to.deep.equal([METADATA.url]);
    expect(found.authorization_servers).to.deep.equal(['https://ca.example.org']);
    const other = await oauth
      .processResourceDiscoveryResponse(new URL('https://pay.example.org/other'), await answer())
      .then(() => 'taken')
      .catch(() => 'refused');
    expect(other).to.equal('refused');
  });
});
