/** An issuer under an offline root, renewed and replaced in its files while a mesh serves. */
import { mkdtemp, rm, symlink, rename, readFile, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import type { RotationStatus } from '../../ca/trust/rotation-status.ts';
import { TRUST_DOMAIN } from '../../cli/up/configs.ts';
import type { Pod } from '../../cli/up/layout.ts';
import { ask } from '../../cli/up/loopback.ts';
import { until } from '../../cli/up/until.ts';
import { demand } from '../../core/fault/fault.ts';
import { callControl } from '../../runtime/control-call.ts';
import { runBundle } from '../kit/bundle.ts';
import { type ScenarioMesh, startScenario } from '../kit/scenario-mesh.ts';

interface Load {
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
}

describe('an issuer from files', function () {
  this.timeout(90_000);
  let folder: string;
  let scenario: ScenarioMesh;

  const issuer = (): string => join(folder, 'issuer');
  /** What an operator types where the offline root is kept. */
  const init = async (root: string): Promise<void> => {
    const folders = ['--offline-root', join(folder, root), '--issuer', issuer()];
    const made = await runBundle('cleat.cjs', ['ca', 'init', '--trust-domain', TRUST_DOMAIN, '--json', ...folders]);
    expect(made).to.include({ code: 0, err: '' });
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-issuer-'));
    await init('offline');
    const files = { certificate: 'issuer.pem', key: 'issuer.key', roots: 'roots.pem' };
    const places = Object.fromEntries(Object.entries(files).map(([name, file]) => [name, join(issuer(), file)]));
    scenario = await startScenario('issuer-from-files', (configs) => ({
      ...configs,
      ca: { ...configs.ca, issuer: { source: 'files', files: places } },
    }));
  });
  after(async () => {
    await scenario[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const layout = () => scenario.mesh.layout;
  const status = async (): Promise<RotationStatus> =>
    demand(await callControl({ path: layout().caControl, verb: 'rotate', body: { step: 'status' } })) as RotationStatus;
  const active = async (): Promise<string> =>
    (await status()).authorities.find(({ slot }) => slot === 'active')?.thumbprint ?? '';
  const signerOf = async (pod: Pod): Promise<string> => {
    const { serial } = (await scenario.stage.renew(pod)) as { readonly serial: string };
    return ((await scenario.stage.issuance(serial)) as { readonly authority: string }).authority;
  };
  const load = async (verb: string): Promise<Load> =>
    JSON.parse((await ask({ port: layout().ports.agentApp }, verb)).body) as Load;
  const metrics = async (): Promise<string> => (await ask({ port: layout().ports.caAdmin }, 'GET /metrics')).body;
  /** As the kubelet swaps a volume. */
  const swap = async (name: string, change: Readonly<Record<string, string>>): Promise<void> => {
    await mkdir(join(issuer(), name));
    for (const file of ['issuer.pem', 'issuer.key', 'roots.pem']) {
      const text = change[file] ?? (await readFile(join(issuer(), file), 'utf8'));
      await writeFile(join(issuer(), name, file), text, { mode: 0o600 });
    }
    await symlink(name, join(issuer(), '..data_tmp'));
    await rename(join(issuer(), '..data_tmp'), join(issuer(), '..data'));
  };

  it('A-136 swaps by ..data under load: a broken pair is kept out, a new issuer signs at once, a new root when acknowledged', async () => {
    const first = await active();
    await load('POST /load/begin');

    const stranger = await readFile(join(folder, 'offline', 'root.key'), 'utf8');
    const good = await readFile(join(issuer(), 'issuer.key'), 'utf8');
    await swap('..broken', { 'issuer.key': stranger });
    await until('the broken pair is refused', async () =>
      /cleat_ca_issuer_reloads_total\{result="refused"\} [1-9]/.test(await metrics()) ? true : undefined,
    );
    expect(await active()).to.equal(first);
    expect(await signerOf('payments')).to.equal(first);
    await swap('..mended', { 'issuer.key': good });

    await init('offline');
    const second = await until('the next issuer signs', async () => {
      const found = await active();
      return found === first ? undefined : found;
    });
    for (const pod of ['payments', 'agent'] as const) expect(await signerOf(pod)).to.equal(second);

    const { bundleGeneration } = await status();
    await init('next');
    const third = await until('the issuer under the next root signs', async () => {
      const found = await active();
      return found === second ? undefined : found;
    });
    expect((await status()).bundleGeneration).to.equal(bundleGeneration + 1);
    for (const pod of ['payments', 'agent'] as const) expect(await signerOf(pod)).to.equal(third);
    const { sent, answered, failed } = await load('POST /load/stop');
    expect({ failed, lost: sent - answered }).to.deep.equal({ failed: 0, lost: 0 });
    expect(sent).to.be.greaterThan(100);
  });

  it('A-139 a join token names the root of the chain, and leads to the CA', async () => {
    const dir = join(folder, 'late');
    const token = join(folder, 'late-token');
    const order = ['--path', '/ns/shop/sa/late', '--control', layout().caControl, '--out', token];
    expect(await runBundle('cleat.cjs', ['join-token', ...order])).to.include({ code: 0 });
    const { bootstrap, mesh } = layout().ports;
    const places = ['--ca', `localhost:${bootstrap}`, '--mesh', `localhost:${mesh}`, '--dir', dir];
    const whose = ['--trust-domain', TRUST_DOMAIN, '--evidence', token];
    const got = await runBundle('cleat.cjs', ['credential', '--once', ...whose, ...places]);
    expect(got, got.err).to.include({ code: 0 });
  });
});
