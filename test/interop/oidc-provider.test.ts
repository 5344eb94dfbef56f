/** A real sidecar behind an issuer of others: `oidc-provider` mints what the sidecar has to accept, and what it has to refuse. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';
import * as oauth from 'oauth4webapi';

import { call } from '../../cli/up/client.ts';
import { IDENTITY, type MeshConfigs, TRUST_DOMAIN } from '../../cli/up/configs.ts';
import type { ClientIdentity } from '../../cli/client-identity.ts';
import { demand } from '../../core/fault/fault.ts';
import { spiffeIdOf } from '../../core/identity/spiffe-id.ts';
import { parseTrustDomain } from '../../core/identity/trust-domain.ts';
import { encodePem } from '../../core/x509/pem.ts';
import { mutualFetch } from '../kit/mutual-fetch.ts';
import { type OidcIssuer, startOidcIssuer } from '../kit/oidc-issuer.ts';
import { type ScenarioMesh, startScenario } from '../kit/scenario-mesh.ts';

const ID = (path: string): string => `spiffe://${TRUST_DOMAIN}${path}`;
const SCOPE = 'payments.read';

describe('oidc-provider as an issuer', function () {
  this.timeout(60_000);
  let folder: string;
  let issuer: OidcIssuer;
  let scenario: ScenarioMesh;
  let agent: ClientIdentity;
  let reports: ClientIdentity;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-interop-'));
    issuer = await startOidcIssuer({
      audience: 'payments',
      scopes: [SCOPE],
      clients: {
        agent: { spiffeId: ID(IDENTITY.agent), bound: 'certificate' },
        'agent-dpop': { spiffeId: ID(IDENTITY.agent), bound: 'dpop' },
      },
    });
    await writeFile(join(folder, 'root.pem'), issuer.root);
    scenario = await startScenario('oidc-provider', withIssuer);
    agent = await scenario.stage.client('agent-client');
    reports = await scenario.stage.client('reports');
    issuer.trust(toPem(agent.roots));
  });
  after(async () => {
    await scenario[Symbol.asyncDispose]();
    await issuer[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  function withIssuer(configs: MeshConfigs): MeshConfigs {
    const payments = configs.payments as { readonly issuers: readonly object[]; readonly inbound: readonly object[] };
    const entry = { name: 'idp', issuer: issuer.url, jwks: 'discover', trust: `file:${folder}/root.pem` };
    const inbound = payments.inbound.map((port) => ({ ...port, origins: [ORIGIN] }));
    return { ...configs, payments: { ...payments, inbound, issuers: [...payments.issuers, entry] } };
  }

  async function tokenOf(client: 'agent' | 'agent-dpop', proof?: oauth.DPoPHandle): Promise<string> {
    const options = {
      [oauth.customFetch]: mutualFetch({ ...pemOf(agent), roots: issuer.root }),
      ...(proof === undefined ? {} : { DPoP: proof }),
    };
    const place = new URL(issuer.url);
    const server = await oauth.processDiscoveryResponse(place, await oauth.discoveryRequest(place, options));
    const asked = new URLSearchParams({ scope: SCOPE });
    const registered = { client_id: client };
    const answer = await oauth.clientCredentialsGrantRequest(server, registered, oauth.TlsClientAuth(), asked, options);
    return (await oauth.processClientCredentialsResponse(server, registered, answer)).access_token;
  }

  /** Status and challenge of one request. */
  async function visit(identity: ClientIdentity, headers: Readonly<Record<string, string>>): Promise<number> {
    const server = demand(spiffeIdOf(demand(parseTrustDomain(TRUST_DOMAIN)), IDENTITY.payments));
    const port = scenario.mesh.layout.ports.payments;
    const reply = await call({ port, server, identity, method: 'GET', path: '/payments', headers });
    return reply.kind === 'answered' ? reply.status : 0;
  }

  const codeOf = async (): Promise<string | undefined> => (await scenario.stage.why())[0]?.code;

  describe('tokens bound to a certificate (RFC 8705)', () => {
    it('A-424 refuses it from another workload of the mesh', async () => {
      const token = await tokenOf('agent');
      expect(await visit(reports, { authorization: `Bearer ${token}` })).to.equal(401);
      expect(await codeOf()).to.equal('BINDING_MISMATCH');
    });

    it('admits it from the certificate that it was issued to', async () => {
      expect(await visit(agent, { authorization: `Bearer ${await tokenOf('agent')}` })).to.equal(200);
    });
  });

  describe('keys', () => {
    it('A-428 picks up a new signing key, and refuses the old one', async () => {
      const before = await tokenOf('agent');
      issuer.rotate();
      const after = await tokenOf('agent');
      expect(await visit(agent, { authorization: `Bearer ${after}` })).to.equal(200);
      expect(await visit(agent, { authorization: `Bearer ${before}` })).to.equal(401);
      expect(await codeOf()).to.equal('TOKEN_KEY');
    });
  });

  describe('tokens bound to a DPoP key (RFC 9449)', () => {
    let pair: oauth.CryptoKeyPair;
    let token: string;
    before(async () => {
      pair = await oauth.generateKeyPair('ES256');
      token = await tokenOf('agent-dpop', oauth.DPoP({}, pair));
    });

    /** The fields that the client of others makes for this request. */
    async function fieldsOf(url: string, keys: oauth.CryptoKeyPair = pair): Promise<Readonly<Record<string, string>>> {
      let sent: Readonly<Record<string, string>> = {};
      const answer = await oauth.protectedResourceRequest(token, 'GET', new URL(url), undefined, null, {
        DPoP: oauth.DPoP({}, keys),
        [oauth.customFetch]: async (_url: string, options: { readonly headers: Readonly<Record<string, string>> }) => {
          sent = options.headers;
          return new Response('ok');
        },
      });
      await answer.text();
      return sent;
    }

    it('A-446 refuses it as a bearer token', async () => {
      expect(await visit(agent, { authorization: `Bearer ${token}` })).to.equal(401);
      expect(await codeOf()).to.equal('BINDING_PROOF_ABSENT');
    });

    it('A-448 refuses a proof by another key', async () => {
      const other = await oauth.generateKeyPair('ES256');
      expect(await visit(agent, await fieldsOf(`${ORIGIN}/payments`, other))).to.equal(401);
      expect(await codeOf()).to.equal('BINDING_PROOF_KEY');
    });

    it('A-449 refuses a proof for another target', async () => {
      expect(await visit(agent, await fieldsOf(`${ORIGIN}/refunds`))).to.equal(401);
      expect(await codeOf()).to.equal('BINDING_PROOF');
    });

    it('A-450 admits a proof once, and refuses it again', async () => {
      const fields = await fieldsOf(`${ORIGIN}/payments`);
      expect(await visit(agent, fields)).to.equal(200);
      expect(await visit(agent, fields)).to.equal(401);
      expect(await codeOf()).to.equal('BINDING_REPLAY');
    });
  });
});

/** How the world calls the service; nothing is ever sent there. */
const ORIGIN = 'https://payments.example';

const toPem = (certificates: readonly Buffer[]): string =>
  certificates.map((der) => encodePem('CERTIFICATE', der)).join('');

const pemOf = ({ key, chain }: ClientIdentity) => ({
  key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  chain: toPem(chain),
});
