/** The token service under a client that others wrote: each way to prove a client, exchange, introspection, revocation, DPoP. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';
import * as oauth from 'oauth4webapi';

import type { ClientIdentity } from '../../cli/client-identity.ts';
import { IDENTITY, type MeshConfigs } from '../../cli/up/configs.ts';
import { until } from '../../cli/up/until.ts';
import { encodePem } from '../../core/x509/pem.ts';
import { runBundle } from '../kit/bundle.ts';
import { mutualFetch } from '../kit/mutual-fetch.ts';
import { type ScenarioMesh, startScenario } from '../kit/scenario-mesh.ts';

const SCOPE = 'payments.read';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

describe('oauth4webapi as a client of the token service', function () {
  this.timeout(60_000);
  let folder: string;
  let scenario: ScenarioMesh;
  let agent: ClientIdentity;
  let reports: ClientIdentity;
  let server: oauth.AuthorizationServer;
  let secret: string;
  let apiKey: string;
  let assertionKey: oauth.CryptoKey;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-interop-'));
    scenario = await startScenario('oauth4webapi', withClients);
    agent = await scenario.stage.client('agent-client');
    reports = await scenario.stage.client('reports');
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256', use: 'sig' }] };
    await writeFile(join(folder, 'jwks.json'), JSON.stringify(jwks));
    assertionKey = await crypto.subtle.importKey(
      'pkcs8',
      privateKey.export({ type: 'pkcs8', format: 'der' }),
      { name: 'ECDSA', namedCurve: 'P-256' },
      true,
      ['sign'],
    );
    const rights = ['--audience', 'payments', '--scope', SCOPE, '--from', IDENTITY.agent];
    secret = await cleat('client', 'create', 'by-secret', '--method', 'secret', ...rights);
    await cleat('client', 'create', 'by-key', '--method', 'api_key', ...rights);
    await cleat(
      'client',
      'create',
      'by-assertion',
      '--method',
      'private_key_jwt',
      '--jwks',
      `${folder}/jwks.json`,
      ...rights,
    );
    await cleat('client', 'create', 'by-tls', '--method', 'tls', ...rights);
    apiKey = await cleat('key', 'create', '--client', 'by-key', '--owner', 'tests');
    await cleat(
      'client',
      'create',
      'by-dpop',
      '--method',
      'secret',
      '--dpop',
      '--audience',
      'payments',
      '--scope',
      SCOPE,
      '--out',
      `${folder}/dpop`,
    );
    const place = new URL(issuerOf());
    const answer = await oauth.discoveryRequest(place, { algorithm: 'oauth2', ...over(undefined) });
    server = await oauth.processDiscoveryResponse(place, answer);
  });
  after(async () => {
    await scenario[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  function withClients(configs: MeshConfigs): MeshConfigs {
    const ca = configs.ca as { readonly tokens: { readonly rules: readonly object[] } };
    const rules = [
      ...ca.tokens.rules,
      { for: { client: 'any' }, audience: 'payments', scopes: [SCOPE] },
      {
        for: { spiffe: { exact: IDENTITY.agent } },
        onBehalfOf: { issuer: 'own' },
        audience: 'payments',
        scopes: [SCOPE],
      },
    ];
    const introspection = [{ for: { spiffe: { exact: IDENTITY.payments } }, audience: 'payments' }];
    return { ...configs, ca: { ...ca, tokens: { ...ca.tokens, rules, introspection } } };
  }

  async function cleat(...args: readonly string[]): Promise<string> {
    const ended = await runBundle('cleat.cjs', [...args, '--control', scenario.mesh.layout.caControl]);
    expect(ended.code, ended.err).to.equal(0);
    return ended.out.trim();
  }
  const issuerOf = (): string => `https://localhost:${scenario.mesh.layout.ports.https}`;
  const over = (identity: ClientIdentity | undefined) => ({
    [oauth.customFetch]: mutualFetch({ ...(identity === undefined ? {} : pemOf(identity)), roots: toPem(agent.roots) }),
  });

  interface Asked {
    readonly client: string;
    readonly auth: oauth.ClientAuth;
    readonly identity?: ClientIdentity | undefined;
    readonly proof?: oauth.DPoPHandle;
  }

  async function tokenOf(asked: Asked): Promise<oauth.TokenEndpointResponse> {
    const { client, auth, proof } = asked;
    const registered = { client_id: client };
    const options = {
      ...over('identity' in asked ? asked.identity : agent),
      ...(proof === undefined ? {} : { DPoP: proof }),
    };
    const form = new URLSearchParams({ audience: 'payments', scope: SCOPE });
    const answer = await oauth.clientCredentialsGrantRequest(server, registered, auth, form, options);
    return oauth.processClientCredentialsResponse(server, registered, answer);
  }

  const errorOf = (asked: Asked): Promise<string> =>
    tokenOf(asked).then(
      () => 'a token',
      (thrown: unknown) => (thrown instanceof oauth.ResponseBodyError ? thrown.error : challengeOf(thrown)),
    );
  const challengeOf = (thrown: unknown): string =>
    thrown instanceof oauth.WWWAuthenticateChallengeError ? `challenge ${thrown.status}` : String(thrown);
  const claimsOf = ({ access_token: token }: oauth.TokenEndpointResponse) =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Readonly<Record<string, unknown>>;
  const sidecar = async (token: string, identity = agent): Promise<number> => {
    const reply = await scenario.stage.visit({ identity, token });
    return reply.kind === 'answered' ? reply.status : 0;
  };

  describe('client authentication', () => {
    it('refuses an unknown client and a wrong secret alike', async () => {
      const wrong = { client: 'by-secret', auth: oauth.ClientSecretPost('cls_wrong') };
      expect(await errorOf(wrong)).to.equal('invalid_client');
      expect(await errorOf({ ...wrong, client: 'nobody' })).to.equal('invalid_client');
      expect(await errorOf({ ...wrong, auth: oauth.ClientSecretBasic('cls_wrong') })).to.equal('challenge 401');
    });

    it('A-622 refuses the right secret from another workload, and without a certificate', async () => {
      const right = { client: 'by-secret', auth: oauth.ClientSecretPost(secret) };
      expect(await errorOf({ ...right, identity: reports })).to.equal('invalid_client');
      expect(await errorOf({ ...right, identity: undefined })).to.equal('invalid_client');
    });

    it('A-622 refuses an assertion for another audience', async () => {
      const key = { key: assertionKey, kid: 'k1' };
      const other = oauth.PrivateKeyJwt(key, {
        [oauth.modifyAssertion]: (_header, payload) => void (payload['aud'] = `${issuerOf()}/token`),
      });
      expect(await errorOf({ client: 'by-assertion', auth: other })).to.equal('invalid_client');
    });

    it('gives a token that is bound to the certificate of the connection, whatever proves the client', async () => {
      const ways: readonly Asked[] = [
        { client: agent.id.uri, auth: oauth.TlsClientAuth() },
        { client: 'by-tls', auth: oauth.TlsClientAuth() },
        { client: 'by-secret', auth: oauth.ClientSecretPost(secret) },
        { client: 'by-secret', auth: oauth.ClientSecretBasic(secret) },
        {
          client: 'by-assertion',
          auth: oauth.PrivateKeyJwt({ key: assertionKey, kid: 'k1' }),
        },
      ];
      for (const way of ways) {
        const answer = await tokenOf(way);
        const claims = claimsOf(answer);
        expect(answer.token_type, way.client).to.equal('bearer');
        expect(claims).to.deep.include({ sub: way.client, client_id: way.client, aud: 'payments', scope: SCOPE });
        expect(claims['cnf']).to.deep.equal({ 'x5t#S256': agent.leaf.thumbprint.toString('base64url') });
        expect(await sidecar(answer.access_token), way.client).to.equal(200);
        expect(await sidecar(answer.access_token, reports), way.client).to.equal(401);
      }
    });

    it('A-623 takes an API key from a header, and from nowhere else', async () => {
      const post = (place: string, headers: object, form: string): Promise<Response> =>
        over(agent)[oauth.customFetch](`${issuerOf()}${place}`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
          body: form,
        });
      const form = `grant_type=client_credentials&audience=payments`;
      for (const headers of [{ authorization: `Bearer ${apiKey}` }, { 'x-api-key': apiKey }]) {
        const answer = await post('/token', headers, form);
        expect(answer.status).to.equal(200);
        const { access_token: token } = (await answer.json()) as oauth.TokenEndpointResponse;
        expect(claimsOf({ access_token: token, token_type: 'bearer' })['act']).to.deep.equal({ sub: agent.id.uri });
        expect(await sidecar(token)).to.equal(200);
      }
      expect((await post(`/token?api_key=${apiKey}`, {}, form)).status).to.equal(400);
      const body = await post('/token', {}, `${form}&api_key=${apiKey}&client_id=by-key`);
      expect([body.status, ((await body.json()) as { error: string }).error]).to.deep.equal([400, 'invalid_request']);
      const two = await post('/token', { authorization: `Bearer ${apiKey}`, 'x-api-key': apiKey }, form);
      expect([two.status, ((await two.json()) as { error: string }).error]).to.deep.equal([400, 'invalid_request']);
    });
  });

  describe('DPoP', () => {
    it('gives a client without a certificate a token for its key alone, and nothing without a proof', async () => {
      const auth = oauth.ClientSecretPost((await readFile(join(folder, 'dpop'), 'utf8')).trim());
      const bare = { client: 'by-dpop', auth, identity: undefined };
      expect(await errorOf(bare)).to.equal('invalid_dpop_proof');
      const proof = oauth.DPoP({}, await oauth.generateKeyPair('ES256'));
      const answer = await tokenOf({ ...bare, proof });
      expect(answer.token_type).to.equal('dpop');
      expect(claimsOf(answer)['cnf']).to.deep.equal({ jkt: await proof.calculateThumbprint() });
    });

    it('binds to key and certificate where both are shown', async () => {
      const proof = oauth.DPoP({}, await oauth.generateKeyPair('ES256'));
      const answer = await tokenOf({ client: agent.id.uri, auth: oauth.TlsClientAuth(), proof });
      expect(claimsOf(answer)['cnf']).to.have.all.keys('x5t#S256', 'jkt');
    });
  });

  describe('token exchange', () => {
    async function exchange(subject: string, change: Readonly<Record<string, string>> = {}, identity = agent) {
      const client = { client_id: identity.id.uri };
      const form = { subject_token: subject, subject_token_type: ACCESS_TOKEN, audience: 'payments', ...change };
      const asked = oauth.genericTokenEndpointRequest(
        server,
        client,
        oauth.TlsClientAuth(),
        EXCHANGE,
        form,
        over(identity),
      );
      return oauth.processGenericTokenEndpointResponse(server, client, await asked);
    }
    const refusalOf = (...asked: Parameters<typeof exchange>): Promise<string> =>
      exchange(...asked).then(
        () => 'a token',
        (thrown: unknown) => (thrown instanceof oauth.ResponseBodyError ? thrown.error : String(thrown)),
      );

    it('A-621 refuses a wider scope, a stolen subject token and a type that it does not know', async () => {
      const { access_token: own } = await tokenOf({ client: agent.id.uri, auth: oauth.TlsClientAuth() });
      expect(await refusalOf(own, { scope: 'payments.write' })).to.equal('invalid_scope');
      expect(await refusalOf(own, {}, reports)).to.equal('invalid_request');
      expect(await refusalOf(own, { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' })).to.equal(
        'invalid_request',
      );
      expect(await refusalOf(`${own}x`)).to.equal('invalid_request');
      expect(await refusalOf(own, { audience: 'elsewhere' })).to.equal('invalid_target');
    });

    it('narrows a token of its own', async () => {
      const { access_token: own } = await tokenOf({ client: agent.id.uri, auth: oauth.TlsClientAuth() });
      const answer = await exchange(own, { scope: SCOPE });
      expect(answer['issued_token_type']).to.equal(ACCESS_TOKEN);
      expect(claimsOf(answer)).to.deep.include({ sub: agent.id.uri, scope: SCOPE });
      expect(await sidecar(answer.access_token)).to.equal(200);
    });
  });

  describe('introspection and revocation', () => {
    it('A-624 tells a stranger nothing, and who got the token all of it, cnf included', async () => {
      const { access_token: token } = await tokenOf({ client: agent.id.uri, auth: oauth.TlsClientAuth() });
      const ask = async (identity: ClientIdentity): Promise<oauth.IntrospectionResponse> => {
        const client = { client_id: identity.id.uri };
        const answer = oauth.introspectionRequest(server, client, oauth.TlsClientAuth(), token, over(identity));
        return oauth.processIntrospectionResponse(server, client, await answer);
      };
      expect(await ask(reports)).to.deep.equal({ active: false });
      const told = await ask(agent);
      expect(told).to.deep.include({ active: true, sub: agent.id.uri, aud: 'payments', token_type: 'Bearer' });
      expect(told.cnf).to.deep.equal({ 'x5t#S256': agent.leaf.thumbprint.toString('base64url') });
    });

    it('A-624 leaves the token of another alone, and ends its own on every sidecar', async () => {
      const { access_token: token } = await tokenOf({ client: agent.id.uri, auth: oauth.TlsClientAuth() });
      const revoke = async (identity: ClientIdentity): Promise<void> => {
        const client = { client_id: identity.id.uri };
        const answer = oauth.revocationRequest(server, client, oauth.TlsClientAuth(), token, over(identity));
        await oauth.processRevocationResponse(await answer);
      };
      await revoke(reports);
      expect(await sidecar(token)).to.equal(200);
      await revoke(agent);
      const { ending } = scenario.mesh;
      await until('the sidecar refuses it', async () => ((await sidecar(token)) === 401 ? true : undefined), ending);
      expect((await scenario.stage.why())[0]?.code).to.equal('TOKEN_REVOKED');
    });
  });

  it('is a second verifier for a token of ours that is bound to a DPoP key', async () => {
    const proof = oauth.DPoP({}, await oauth.generateKeyPair('ES256'));
    const auth = oauth.ClientSecretPost((await readFile(join(folder, 'dpop'), 'utf8')).trim());
    const { access_token: token } = await tokenOf({ client: 'by-dpop', auth, identity: undefined, proof });
    let request: Request | undefined;
    await oauth.protectedResourceRequest(token, 'GET', new URL('https://payments.example/x'), undefined, null, {
      DPoP: proof,
      [oauth.customFetch]: async (url, options) => {
        request = new Request(url, { headers: new Headers(options.headers), method: 'GET' });
        return new Response(null, { status: 204 });
      },
    });
    const claims = await oauth.validateJwtAccessToken(
      server,
      request ?? new Request('https://x.example'),
      'payments',
      over(undefined),
    );
    expect(claims.sub).to.equal('by-dpop');
  });
});

const toPem = (certificates: readonly Buffer[]): string =>
  certificates.map((der) => encodePem('CERTIFICATE', der)).join('');

const pemOf = ({ key, chain }: ClientIdentity) => ({
  key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  chain: toPem(chain),
});
