/** What a policy demands beyond names and scopes, at a real sidecar: a claim, a network, a login, a rate; and what a client is told. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import type { ClientIdentity } from '../../cli/client-identity.ts';
import { IDENTITY, type MeshConfigs } from '../../cli/up/configs.ts';
import { encodePem } from '../../core/x509/pem.ts';
import { mutualFetch } from '../kit/mutual-fetch.ts';
import { type ScenarioMesh, startScenario } from '../kit/scenario-mesh.ts';
import { ecKey, keySetOf, signToken } from '../unit/core/token/tokens.ts';

type Claims = Readonly<Record<string, unknown>>;

const SSO = 'https://sso.example.org';
const RATE = 3;
const RULES = [
  { id: 'tenant', paths: [{ under: '/tenant' }], claims: { tenant: ['acme'], 'access.roles': ['payer'] } },
  { id: 'office', paths: [{ under: '/office' }], from: ['10.0.0.0/8', 'fd00::/8'] },
  { id: 'here', paths: [{ under: '/here' }], from: ['127.0.0.0/8', '::1'] },
  { id: 'refund', paths: [{ under: '/refunds' }], login: { acr: ['gold'], amr: ['otp'], maxAge: '10m' } },
  { id: 'paced', paths: [{ under: '/paced' }], rate: { perCaller: '1/m', burst: RATE } },
];

describe('a policy at a sidecar', function () {
  this.timeout(60_000);
  const issuer = ecKey('sso-1');
  let folder: string;
  let scenario: ScenarioMesh;
  let agent: ClientIdentity;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-policy-'));
    await writeFile(join(folder, 'keys.json'), keySetOf(issuer));
    scenario = await startScenario('policy-at-a-sidecar', (configs) => withPolicy(configs, folder));
    agent = await scenario.stage.client('agent-client');
  });
  after(async () => {
    await scenario[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const tokenOf = (claims: Claims = {}): string => {
    const now = Math.floor(Date.now() / 1000);
    const cnf = { 'x5t#S256': agent.leaf.thumbprint.toString('base64url') };
    const whole = { iss: SSO, sub: 'alice', client_id: 'web', aud: 'payments', jti: 'j', iat: now, exp: now + 300 };
    return signToken(issuer, { ...whole, cnf, ...claims });
  };
  const call = async (path: string, claims: Claims = {}, fields: object = {}): Promise<Response> => {
    const { key, chain, roots } = agent;
    const pem = (certificates: readonly Buffer[]): string =>
      certificates.map((der) => encodePem('CERTIFICATE', der)).join('');
    const fetch = mutualFetch({
      key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      chain: pem(chain),
      roots: pem(roots),
    });
    const url = `https://localhost:${scenario.stage.layout.ports.payments}${path}`;
    return fetch(url, { headers: { ...fields, authorization: `Bearer ${tokenOf(claims)}` } });
  };
  const statusOf = async (path: string, claims: Claims = {}): Promise<number> => (await call(path, claims)).status;
  const now = (): number => Math.floor(Date.now() / 1000);

  it('refuses a caller whose token lacks a claim, or says it in another type: POLICY_NO_RULE', async () => {
    const roles = { roles: ['payer', 'staff'] };
    for (const claims of [
      {},
      { tenant: 'acme' },
      { tenant: 'ACME', access: roles },
      { tenant: { acme: true }, access: roles },
      { tenant: 'acme', 'access.roles': ['payer'] },
    ])
      expect(await statusOf('/tenant', claims), JSON.stringify(claims)).to.equal(403);
    expect(await statusOf('/tenant', { tenant: 'acme', access: roles })).to.equal(200);
    expect(await statusOf('/tenant', { tenant: ['other', 'acme'], access: roles })).to.equal(200);
  });

  it('refuses a caller from another network, whatever he says of himself: POLICY_NO_RULE', async () => {
    expect(await statusOf('/office')).to.equal(403);
    const claimed = { 'x-forwarded-for': '10.0.0.5', forwarded: 'for=10.0.0.5', 'x-real-ip': '10.0.0.5' };
    expect((await call('/office', {}, claimed)).status).to.equal(403);
    expect(await statusOf('/here')).to.equal(200);
  });

  it('tells a caller whose login is too weak or too old which one is wanted: POLICY_LOGIN', async () => {
    const good = { acr: 'gold', amr: ['pwd', 'otp'], auth_time: now() - 60 };
    for (const change of [
      { acr: 'silver' },
      { acr: undefined },
      { amr: ['pwd'] },
      { amr: 'otp' },
      { auth_time: now() - 1200 },
      { auth_time: undefined },
    ]) {
      const refused = await call('/refunds', { ...good, ...change });
      expect(refused.status, JSON.stringify(change)).to.equal(401);
      const challenge = refused.headers.get('www-authenticate');
      expect(challenge).to.include('error="insufficient_user_authentication"');
      expect(challenge)
        .to.include('acr_values="gold"')
        .and.to.match(/max_age="?600"?/);
    }
    expect(await statusOf('/refunds', good)).to.equal(200);
  });

  it('A-458 tells a caller that is too fast when to come back, with any of his tokens: POLICY_RATE', async () => {
    for (let count = 0; count < RATE; count += 1)
      expect(await statusOf('/paced', { jti: `j-${count}`, sub: `user-${count}` })).to.equal(200);
    const refused = await call('/paced', { sub: 'bob' });
    expect(refused.status).to.equal(429);
    expect(Number(refused.headers.get('retry-after'))).to.be.within(1, 60);
    expect(await statusOf('/here'), 'a rule of its own').to.equal(200);
  });
});

function withPolicy(configs: MeshConfigs, folder: string): MeshConfigs {
  const payments = configs.payments as { readonly issuers: readonly object[] };
  const policy = configs.policy as { readonly rules: readonly object[] };
  const sso = { name: 'sso', issuer: SSO, jwks: `file:${join(folder, 'keys.json')}` };
  const rules = RULES.map((rule) => ({ peers: [{ exact: IDENTITY.agent }], ...rule }));
  return {
    ...configs,
    payments: { ...payments, issuers: [...payments.issuers, sso] },
    policy: { ...policy, rules: [...rules, ...policy.rules] },
  };
}
