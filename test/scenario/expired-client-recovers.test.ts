/**
 * The CA is away past the end of its clients' certificates. Who can show his evidence again is back within seconds of its
 * return, without a restart: one pod has a certificate of another CA, the other a workload token that its platform renews.
 */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { IDENTITY, type MeshConfigs, TRUST_DOMAIN } from '../../cli/up/configs.ts';
import type { Pod } from '../../cli/up/layout.ts';
import { until } from '../../cli/up/until.ts';
import { decodePem, encodePem } from '../../core/x509/pem.ts';
import { runBundle } from '../kit/bundle.ts';
import { type FakeClock, findFakeClock } from '../kit/faketime.ts';
import { type MovingMesh, startMovingMesh } from '../kit/moving-mesh.ts';
import { createTestAuthority, issueTestLeaf } from '../kit/x509.ts';
import { skipUnless } from '../kit/skip.ts';
import { ecKey, keySetOf, signToken } from '../unit/core/token/tokens.ts';

/** What an operator waits for at most once the CA is back. */
const RECOVERY_MS = 5_000;
const PODS = ['payments', 'agent'] as const satisfies readonly Pod[];
const PLATFORM = 'https://platform.example';
const AUDIENCE = 'cleat-ca';

describe('a client whose certificate ended while the CA was away', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'cleat-evidence-'));
  const key = ecKey('platform-1');
  const at = (name: string): string => join(folder, name);
  let clock: FakeClock | undefined;
  let moving: MovingMesh;

  before(async function () {
    clock = findFakeClock();
    skipUnless(this, clock !== undefined, 'faketime is not installed');
    writeEvidence();
    if (clock !== undefined) moving = await startMovingMesh('expired-client', clock, configure);
  });
  after(async () => {
    await moving?.[Symbol.asyncDispose]();
    clock?.[Symbol.dispose]();
    rmSync(folder, { recursive: true });
  });

  const offset = (): number => clock?.offset() ?? 0;
  const now = (): number => Math.floor(Date.now() / 1000) + offset();
  const forward = (seconds: number): void => clock?.set(offset() + seconds);

  /** As a kubelet does it: whole, by one rename. */
  function renewToken(): void {
    const subject = 'system:serviceaccount:shop:agent';
    const claims = { iss: PLATFORM, sub: subject, aud: AUDIENCE, iat: now(), exp: now() + 600 };
    writeFileSync(at('token.new'), signToken(key, claims, { alg: 'ES256', typ: 'JWT', kid: 'platform-1' }));
    renameSync(at('token.new'), at('token'));
  }

  function writeEvidence(): void {
    const corp = createTestAuthority('corp.example');
    const leaf = issueTestLeaf(corp, { path: IDENTITY.payments, dns: ['localhost'], lifetime: 86_400 });
    writeFileSync(at('corp-roots.pem'), encodePem('CERTIFICATE', corp.der));
    writeFileSync(at('corp.pem'), encodePem('CERTIFICATE', leaf.der));
    writeFileSync(at('corp.key'), leaf.key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    writeFileSync(at('keys.json'), keySetOf(key));
    renewToken();
  }

  function configure(configs: MeshConfigs): MeshConfigs {
    const { dataDir } = configs.ca as { readonly dataDir: string };
    const bundle = join(dataDir, 'authority', 'root.pem');
    const showing = (config: object, evidence: object): object => {
      const { credentials } = config as { readonly credentials: { readonly ca: object } };
      return { ...config, credentials: { ca: { ...credentials.ca, bundle, evidence } } };
    };
    const uri = 'spiffe://corp.example/ns/{ns}/sa/{sa}';
    const sub = 'system:serviceaccount:{ns}:{sa}';
    const path = '/ns/{ns}/sa/{sa}';
    const attestors = {
      x509: [{ name: 'corp', roots: at('corp-roots.pem'), rules: [{ dns: 'localhost', uri, path, keepDns: true }] }],
      oidc: [
        {
          name: 'platform',
          issuer: PLATFORM,
          jwks: `file:${at('keys.json')}`,
          audience: AUDIENCE,
          rules: [{ claims: { sub }, path }],
        },
      ],
    };
    return {
      ...configs,
      ca: { ...configs.ca, attestors },
      payments: showing(configs.payments, { kind: 'x509', certificate: at('corp.pem'), key: at('corp.key') }),
      agent: showing(configs.agent, { kind: 'oidc', file: at('token') }),
    };
  }

  const generations = () =>
    Promise.all(PODS.map(async (pod) => (await moving.status(pod)).credentials?.generation ?? 0));
  const readiness = (pod: Pod, wanted: boolean): Promise<true> =>
    until(`readiness of ${pod} is ${wanted}`, async () => ((await moving.isReady(pod)) === wanted ? true : undefined));

  it('gets its first certificate for the same evidence, by a sidecar and by the command', async () => {
    expect(await moving.call()).to.equal(200);
    const { bootstrap, mesh } = moving.layout.ports;
    const bundle = join(moving.layout.caData, 'authority', 'root.pem');
    const common = [
      'credential',
      '--once',
      `--trust-domain=${TRUST_DOMAIN}`,
      `--ca=localhost:${bootstrap}`,
      `--mesh=localhost:${mesh}`,
    ];
    // Each has a folder of its own: in the other's it would go on with his certificate.
    const ask = (dir: string, ...more: readonly string[]) =>
      runBundle('cleat.cjs', [...common, `--dir=${dir}`, ...more]);
    const mistake = await ask(at('client'), `--oidc=${at('token')}`);
    expect([mistake.code, mistake.err]).to.have.nested.property('[0]', 2);
    expect(mistake.err).to.include('--bundle is needed');
    for (const [place, evidence] of [
      [`--oidc=${at('token')}`],
      [`--certificate=${at('corp.pem')}`, `--key=${at('corp.key')}`],
    ].entries()) {
      const dir = at(`client-${place}`);
      const { code, err } = await ask(dir, `--bundle=${bundle}`, ...evidence);
      expect(code, err).to.equal(0);
      expect(decodePem(readFileSync(join(dir, 'chain.pem'), 'utf8')).ok).to.equal(true);
    }
  });

  it('A-502 recovers within 5 s of the return of the CA, without a restart', async () => {
    const before = await generations();
    const pids = PODS.map((pod) => moving.mesh.sidecars[pod].pid);
    await moving.killCa();
    forward(1200);
    for (const pod of PODS) await readiness(pod, false);
    expect(await moving.call()).to.equal(503);
    renewToken();
    await moving.startCa();
    const back = performance.now();
    for (const pod of PODS) await readiness(pod, true);
    expect(performance.now() - back).to.be.below(RECOVERY_MS);
    expect((await generations()).every((generation, place) => generation > (before[place] ?? 0))).to.equal(true);
    await until('calls are served again', async () => ((await moving.call()) === 200 ? true : undefined));
    for (const pid of pids) expect(process.kill(pid, 0)).to.equal(true);
  });

  it('A-116 stays unready and says why while its evidence is stale, and is back when the platform renews it', async () => {
    await moving.killCa();
    forward(1200);
    for (const pod of PODS) await readiness(pod, false);
    await moving.startCa();
    await readiness('payments', true);
    await until('agent says that its token is stale', async () => {
      const { lastError } = (await moving.status('agent')).renewal;
      return `${lastError?.detail}`.includes('ATTEST_OIDC') ? true : undefined;
    });
    expect(await moving.isReady('agent')).to.equal(false);
    renewToken();
    const written = performance.now();
    await readiness('agent', true);
    expect(performance.now() - written).to.be.below(RECOVERY_MS);
  });
});
