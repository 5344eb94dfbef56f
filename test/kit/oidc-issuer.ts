/**
 * `oidc-provider` (of others, FAPI-certified) as an issuer on localhost: client credentials for clients that prove themselves by
 * mutual TLS with a SPIFFE ID, tokens bound to their certificate (RFC 8705) or to a DPoP key (RFC 9449), discovery, and
 * signing keys that can be changed. What it stores lives in its process.
 */
import { generateKeyPairSync, randomUUID, type X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';

import { type Configuration, type JWK, Provider } from 'oidc-provider';

import { encodePem } from '../../core/x509/pem.ts';
import { createTestAuthority, issueTestLeaf } from './x509.ts';

export interface OidcIssuer extends AsyncDisposable {
  /** Its `iss`. */
  readonly url: string;
  /** PEM of the root that vouches for its server. */
  readonly root: string;
  /** Whose certificates its clients prove themselves with; PEM. */
  trust(roots: string): void;
  /** Signs with a new key from now on; the keys of before are no longer published. */
  rotate(): void;
}

export interface OidcIssuerOptions {
  /** The audience of its access tokens. */
  readonly audience: string;
  readonly scopes: readonly string[];
  /** Client ids: of each, the SPIFFE ID that its certificate must name; `dpop` ones get tokens for their DPoP key alone. */
  readonly clients: Readonly<Record<string, { readonly spiffeId: string; readonly bound: 'certificate' | 'dpop' }>>;
}

/** Resolves when it serves. */
export async function startOidcIssuer(options: OidcIssuerOptions): Promise<OidcIssuer> {
  const authority = createTestAuthority('issuer.example');
  const leaf = issueTestLeaf(authority, { path: '/server', dns: ['localhost'] });
  const tls = {
    key: leaf.key.export({ type: 'pkcs8', format: 'pem' }),
    cert: encodePem('CERTIFICATE', leaf.der),
    requestCert: true,
    rejectUnauthorized: false,
  };
  let handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  const server = createServer(tls, (request, response) => void handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  const rotate = (): void => {
    handle = createProvider(url, options).callback();
  };
  rotate();
  return {
    url,
    root: encodePem('CERTIFICATE', authority.der),
    trust: (roots) => server.setSecureContext({ ...tls, ca: roots }),
    rotate,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const ALGORITHM = 'ES256';

function createProvider(url: string, { audience, scopes, clients }: OidcIssuerOptions): Provider {
  const scope = scopes.join(' ');
  const configuration: Configuration = {
    jwks: { keys: [signingKey()] },
    scopes: [...scopes],
    clients: Object.entries(clients).map(([id, { spiffeId, bound }]) => ({
      client_id: id,
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_san_uri: spiffeId,
      tls_client_certificate_bound_access_tokens: bound === 'certificate',
      dpop_bound_access_tokens: bound === 'dpop',
      grant_types: ['client_credentials'],
      response_types: [],
      id_token_signed_response_alg: ALGORITHM,
      redirect_uris: [],
      scope,
    })),
    clientAuthMethods: ['tls_client_auth'],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        tlsClientAuth: true,
        getCertificate: ({ req }) => certificateOf(req),
        certificateAuthorized: ({ req }) => (req.socket as TLSSocket).authorized,
        certificateSubjectMatches: ({ req }, property, expected) =>
          property === 'tls_client_auth_san_uri' && certificateOf(req)?.subjectAltName === `URI:${expected}`,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope,
          audience,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
          jwt: { sign: { alg: ALGORITHM } },
        }),
      },
    },
  };
  return new Provider(url, configuration);
}

const RESOURCE = 'https://service.example/';

function signingKey(): JWK {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: ALGORITHM, use: 'sig' };
}

function certificateOf(request: IncomingMessage): X509Certificate | undefined {
  return (request.socket as TLSSocket).getPeerX509Certificate();
}
