/**
 * The mesh of the demo for stories about time and outages: all its processes live by one clock that the story sets, and
 * the CA can be killed and started again without the end of the rest.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { requestJoinToken } from '../../cli/join-token.ts';
import { configsOf, IDENTITY, type MeshConfigs } from '../../cli/up/configs.ts';
import { type Layout, layOut, namePorts, type Pod, PORTS_NEEDED } from '../../cli/up/layout.ts';
import { ask, tryAsk } from '../../cli/up/loopback.ts';
import { type Mesh, startMesh } from '../../cli/up/mesh.ts';
import { findPorts } from '../../cli/up/ports.ts';
import { createProcesses, type Processes, type ProcessPlan, type Running } from '../../cli/up/processes.ts';
import { until } from '../../cli/up/until.ts';
import { demand } from '../../core/fault/fault.ts';
import { callControl } from '../../runtime/control-call.ts';
import type { SidecarStatus } from '../../sidecar/control.ts';
import { DIST } from './bundle.ts';
import type { FakeClock } from './faketime.ts';
import { scenarioLogs } from './logs.ts';

/** What came of the calls of the load so far. */
export interface Load {
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  readonly problems?: readonly string[];
}

export interface MovingMesh extends AsyncDisposable {
  readonly mesh: Mesh;
  readonly layout: Layout;
  /** SIGKILL; resolves when nobody answers for it any more. */
  killCa(): Promise<void>;
  /** Again, with the same folder; resolves when it is ready, or throws. */
  startCa(): Promise<void>;
  /** A new one-time right to a certificate, in the place of the spent one. */
  writeJoinToken(pod: Pod): Promise<void>;
  status(pod: Pod): Promise<SidecarStatus>;
  isReady(pod: Pod): Promise<boolean>;
  /** The line of this metric, without its name. */
  metric(pod: Pod, name: string): Promise<string | undefined>;
  /** One call of agent's app through both sidecars: its status. */
  call(): Promise<number>;
  /** Calls without a pause, until `stopLoad`. */
  beginLoad(): Promise<void>;
  stopLoad(): Promise<Load>;
}

/** Resolves when both pods serve. Logs go to the folder that the house test searches, under `name`. */
export async function startMovingMesh(
  name: string,
  clock: FakeClock,
  change: (configs: MeshConfigs) => MeshConfigs = (configs) => configs,
): Promise<MovingMesh> {
  const folder = await mkdtemp(join(tmpdir(), 'cleat-moving-'));
  const caFolder = await mkdtemp(join(tmpdir(), 'cleat-moving-ca-'));
  const layout = layOut(folder, join(scenarioLogs(), name), namePorts(await findPorts(PORTS_NEEDED)));
  const rest = createProcesses({ dist: DIST, folder, logs: layout.logs });
  const cas: Processes[] = [];
  const dispose = async (): Promise<void> => {
    await rest.stop();
    for (const one of cas) await one.stop();
    for (const one of [folder, caFolder]) await rm(one, { recursive: true, force: true });
  };

  /** The CA has a keeper of its own: its end is part of the story. */
  function startCaProcess(plan: ProcessPlan): Running {
    const processes = createProcesses({
      dist: DIST,
      folder: join(caFolder, String(cas.length)),
      logs: layout.logs,
    });
    cas.push(processes);
    return processes.start({ ...plan, name: `ca-${cas.length}` });
  }
  let ca: { readonly plan: ProcessPlan; readonly running: Running } | undefined;
  const faked: Processes = {
    ...rest,
    start(plan) {
      const moved = { ...plan, environment: { ...plan.environment, ...clock.environment } };
      if (plan.name !== 'ca') return rest.start(moved);
      ca = { plan: moved, running: startCaProcess(moved) };
      return ca.running;
    },
  };
  try {
    const mesh = await Promise.race([startMesh(layout, faked, change(configsOf(layout))), rest.failure]);
    return { ...verbsOf(layout), mesh, layout, killCa, startCa, [Symbol.asyncDispose]: dispose };
  } catch (thrown) {
    await dispose();
    throw thrown;
  }

  async function killCa(): Promise<void> {
    if (ca === undefined) throw new TypeError('no CA was started');
    process.kill(-ca.running.pid, 'SIGKILL');
    const isGone = async () =>
      (await tryAsk({ port: layout.ports.caAdmin }, 'GET /readyz')) === undefined ? true : undefined;
    await until('nobody answers for the CA', isGone);
  }

  async function startCa(): Promise<void> {
    if (ca === undefined) throw new TypeError('no CA was started');
    ca = { ...ca, running: startCaProcess(ca.plan) };
    const isReady = async () =>
      (await tryAsk({ port: layout.ports.caAdmin }, 'GET /readyz'))?.status === 200 ? true : undefined;
    await until('the CA is ready', isReady);
  }
}

function verbsOf(layout: Layout) {
  const adminOf = (pod: Pod): { readonly port: number } => ({
    port: pod === 'agent' ? layout.ports.agentAdmin : layout.ports.paymentsAdmin,
  });
  const app = { port: layout.ports.agentApp };
  return {
    async writeJoinToken(pod: Pod): Promise<void> {
      const wish = { path: IDENTITY[pod], dnsNames: pod === 'payments' ? ['localhost'] : [], ttl: undefined };
      const { token } = await requestJoinToken(layout.caControl, wish);
      await writeFile(layout.joinToken(pod), `${token}\n`, { mode: 0o600 });
    },
    status: async (pod: Pod) =>
      demand(await callControl({ path: layout.sidecarControl(pod), verb: 'status', body: null })) as SidecarStatus,
    isReady: async (pod: Pod) => (await tryAsk(adminOf(pod), 'GET /readyz'))?.status === 200,
    async metric(pod: Pod, name: string): Promise<string | undefined> {
      const { body } = await ask(adminOf(pod), 'GET /metrics');
      return body
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length + 1);
    },
    call: async () => (JSON.parse((await ask(app, 'POST /call')).body) as { readonly status: number }).status,
    beginLoad: async () => void (await ask(app, 'POST /load/begin')),
    stopLoad: async () => JSON.parse((await ask(app, 'POST /load/stop')).body) as Load,
  };
}
