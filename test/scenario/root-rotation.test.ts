/** The root of a running mesh is replaced while calls flow: nobody is restarted, nobody is refused, nobody is forgotten. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import type { RotationStatus } from '../../ca/trust/rotation-status.ts';
import { TRUST_DOMAIN } from '../../cli/up/configs.ts';
import type { Pod } from '../../cli/up/layout.ts';
import { ask } from '../../cli/up/loopback.ts';
import { until } from '../../cli/up/until.ts';
import { demand } from '../../core/fault/fault.ts';
import { callControl } from '../../runtime/control-call.ts';
import { runBundle, type Ended } from '../kit/bundle.ts';
import { type ScenarioMesh, startScenario } from '../kit/scenario-mesh.ts';

interface Load {
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
}

interface Own {
  readonly credentials: { readonly serial: string; readonly lineage: string; readonly bundleGeneration: number };
}

describe('the root of a running mesh', function () {
  this.timeout(120_000);
  let scenario: ScenarioMesh;

  before(async () => {
    scenario = await startScenario('root-rotation');
  });
  after(async () => {
    await scenario[Symbol.asyncDispose]();
  });

  const layout = () => scenario.mesh.layout;
  const cleat = (...args: readonly string[]): Promise<Ended> => runBundle('cleat.cjs', args);
  const rotate = (step: string, ...more: readonly string[]): Promise<Ended> =>
    runBundle('cleat.cjs', ['rotate', step, '--control', layout().caControl, '--json', ...more]);
  const status = async (): Promise<RotationStatus> => JSON.parse((await rotate('status')).out) as RotationStatus;
  /** The step, as soon as nobody holds it up. */
  const rotateWhenFree = async (step: string): Promise<void> => {
    await until(`rotate ${step}`, async () => {
      const { code, err } = await rotate(step);
      if (code !== 0) expect(err).to.include('SIGNER_HELD');
      return code === 0 ? true : undefined;
    });
  };
  const own = async (pod: Pod): Promise<Own['credentials']> => {
    const answer = demand(await callControl({ path: layout().sidecarControl(pod), verb: 'status' }));
    return (answer as Own).credentials;
  };
  const authorityOf = async (serial: string): Promise<string> =>
    (
      demand(await callControl({ path: layout().caControl, verb: 'issuance', body: { serial } })) as {
        readonly authority: string;
      }
    ).authority;
  const load = async (verb: string): Promise<Load> =>
    JSON.parse((await ask({ port: layout().ports.agentApp }, verb)).body) as Load;
  const calls = async (count: number): Promise<void> => {
    const { sent } = await load('GET /load');
    await until(`${count} calls`, async () => ((await load('GET /load')).sent >= sent + count ? true : undefined));
  };
  const joinToken = async (file: string): Promise<void> => {
    const made = await cleat(
      'join-token',
      '--path',
      '/ns/shop/sa/late',
      '--out',
      file,
      '--control',
      layout().caControl,
    );
    expect(made.code, made.err).to.equal(0);
  };
  const enrol = (dir: string, ...proof: readonly string[]): Promise<Ended> => {
    const { bootstrap, mesh } = layout().ports;
    const places = [
      '--ca',
      `localhost:${bootstrap}`,
      '--mesh',
      `localhost:${mesh}`,
      '--dir',
      join(layout().folder, dir),
    ];
    return cleat('credential', '--once', '--trust-domain', TRUST_DOMAIN, ...proof, ...places);
  };
  const active = async (): Promise<string | undefined> =>
    (await status()).authorities.find(({ slot }) => slot === 'active')?.thumbprint;

  it('A-131 A-133 is replaced under load: no call fails, no process is started anew, all leaves are under the new root', async () => {
    const pids = [scenario.mesh.ca, ...Object.values(scenario.mesh.sidecars)].map(({ pid }) => pid);
    const old = await active();
    expect((await rotate('activate')).err).to.include('SIGNER_PHASE');
    await load('POST /load/begin');
    await calls(100);
    expect(await rotate('prepare')).to.include({ code: 0 });
    await calls(100);
    await rotateWhenFree('activate');
    await calls(100);
    // Everybody still runs on leaves of the old root.
    const held = await rotate('retire');
    expect(held.code).to.equal(1);
    expect(held.err)
      .to.include('SIGNER_HELD')
      .and.to.include((await own('agent')).serial);
    for (const pod of ['payments', 'agent'] as const) {
      const renewed = await runBundle('cleat.cjs', ['renew', '--control', layout().sidecarControl(pod)]);
      expect(renewed).to.include({ code: 0 });
      await calls(100);
    }
    const before = await load('POST /load/stop');
    // The two clients renew when the CA told them to.
    const allRenewed = (): Promise<boolean> =>
      until('all have renewed', async () => ((await status()).stillUsed.length === 0 ? true : undefined));
    // Half a minute at most: longer than one wait.
    await allRenewed().catch(allRenewed);
    await load('POST /load/begin');
    await calls(100);
    expect(await rotate('retire')).to.include({ code: 0 });
    await calls(200);
    const after = await load('POST /load/stop');
    expect({ failed: after.failed, lost: after.sent - after.answered }).to.deep.equal({ failed: 0, lost: 0 });
    expect(after.sent).to.be.greaterThan(before.sent);

    const { phase, authorities, bundleGeneration } = await status();
    expect({ phase, slots: authorities.map(({ slot }) => slot) }).to.deep.equal({ phase: 'idle', slots: ['active'] });
    expect(authorities[0]?.thumbprint).not.to.equal(old);
    for (const pod of ['payments', 'agent'] as const) {
      expect(await authorityOf((await own(pod)).serial)).to.equal(authorities[0]?.thumbprint);
      await until(`${pod} has forgotten the old root`, async () =>
        (await own(pod)).bundleGeneration === bundleGeneration ? true : undefined,
      );
    }
    expect([scenario.mesh.ca, ...Object.values(scenario.mesh.sidecars)].map(({ pid }) => pid)).to.deep.equal(pids);
    for (const pid of pids) expect(process.kill(pid, 0)).to.equal(true);
    const audit = await readFile(join(layout().caData, 'audit.jsonl'), 'utf8');
    const phases = audit.match(/"rotation-[a-z-]+"/g);
    expect(phases).to.deep.equal(['"rotation-prepare"', '"rotation-activate"', '"rotation-retire"']);
    expect(JSON.parse((await ask({ port: layout().ports.agentApp }, 'POST /call')).body)).to.include({ status: 200 });
  });

  it('A-131 waits for a partitioned sidecar and names it; rollback gives up, force overrides, rollback takes it back', async () => {
    const { pid } = scenario.mesh.sidecars.agent;
    const partitioned = await own('agent');
    const first = await active();
    const token = join(layout().folder, 'late-token');
    const old = join(layout().folder, 'old-roots.pem');
    expect((await cleat('bundle', '--out', old, '--control', layout().caControl)).code).to.equal(0);
    process.kill(pid, 'SIGSTOP');
    try {
      expect(await rotate('prepare')).to.include({ code: 0 });
      await until('all others have acknowledged', async () =>
        (await status()).unacknowledged.length === 1 ? true : undefined,
      );
      const refused = await rotate('activate');
      expect(refused.code).to.equal(1);
      expect(refused.err).to.include('SIGNER_HELD').and.to.include(partitioned.lineage);
      const [named] = (await status()).unacknowledged;
      expect(named).to.include({ lineageId: partitioned.lineage, serial: partitioned.serial });
      expect(named?.runsOn).to.equal(partitioned.bundleGeneration);
      expect((await rotate('rollback')).code).to.equal(0);
      expect(await active()).to.equal(first);
      expect((await rotate('prepare')).code).to.equal(0);
      expect((await rotate('activate')).code).to.equal(1);
      expect((await rotate('activate', '--force')).code).to.equal(0);
      expect(await active()).not.to.equal(first);
      await joinToken(token);
      const other = join(layout().folder, 'other-token');
      await joinToken(other);
      // A file of before the rotation, for the first contact: its root vouches for the one that signs.
      const early = await enrol('early', '--evidence', other, '--bundle', old);
      expect(early, early.err).to.include({ code: 0 });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    expect((await rotate('rollback')).code).to.equal(0);
    const back = await status();
    expect(back).to.include({ phase: 'overlap', scheduleIsPaused: true });
    expect(await active()).to.equal(first);
    await until('the sidecar of agent runs on the newest bundle', async () =>
      (await own('agent')).bundleGeneration === back.bundleGeneration ? true : undefined,
    );
    expect(JSON.parse((await ask({ port: layout().ports.agentApp }, 'POST /call')).body)).to.include({ status: 200 });
    expect((await cleat('rotate', 'status', '--control', layout().caControl)).out).to.match(
      /phase: overlap[\s\S]*schedule: paused/,
    );
    // The token names the root that was taken back: it leads to the one that signs again.
    const late = await enrol('late', '--evidence', token);
    expect(late, late.err).to.include({ code: 0 });
  });
});
