/**
 * A mesh of a real CA and as many pods as a story names: each pod a real sidecar, its app a function of the test. For
 * stories in which apps call one another; the demo's mesh (`scenario-mesh.ts`) has two pods and a story of its own.
 */
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { requestJoinToken } from '../../cli/join-token.ts';
import { tryAsk } from '../../cli/up/loopback.ts';
import { findPorts } from '../../cli/up/ports.ts';
import { createProcesses, type Processes } from '../../cli/up/processes.ts';
import { until } from '../../cli/up/until.ts';
import { demand } from '../../core/fault/fault.ts';
import { callControl } from '../../runtime/control-call.ts';
import type { WhyEntry } from '../../sidecar/why.ts';
import { DIST } from './bundle.ts';
import { scenarioLogs } from './logs.ts';
import {
  type Ca,
  caConfig,
  issuerOf,
  pathOf,
  type Pod,
  type PodsPlan,
  POLICY,
  sidecarConfig,
  toYaml,
  TRUST_DOMAIN,
} from './pod-configs.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Pods extends AsyncDisposable {
  /** `iss` of the CA's tokens. */
  readonly issuer: string;
  /** SPIFFE ID of a pod. */
  idOf(pod: string): string;
  /** One request of the pod's app through its egress. */
  call(pod: string, host: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** A verb of the CA's control socket. */
  order(verb: string, body: unknown): Promise<unknown>;
  /** The last refusals of the pod's sidecar, newest first. */
  why(pod: string): Promise<readonly WhyEntry[]>;
  /** The lines of this metric of the pod. */
  metric(pod: string, name: string): Promise<readonly string[]>;
  /** Another certificate now; resolves when egress goes out with it. */
  renew(pod: string): Promise<void>;
  /** SIGKILL, and started again with what its folder holds; resolves when it serves. */
  killAndStart(pod: string): Promise<void>;
  /** Where files of the pod lie. */
  folderOf(pod: string): string;
}

/** Resolves when all pods serve. `file` writes into the folder of a pod; logs go where the house test searches, under `name`. */
export async function startPods(name: string, plan: PodsPlan): Promise<Pods> {
  const folder = await mkdtemp(join(tmpdir(), 'cleat-pods-'));
  const logs = join(scenarioLogs(), name);
  const names = Object.keys(plan.pods);
  const ports = [...(await findPorts(4 + names.length * 4))];
  const take = (): number => ports.shift() ?? 0;
  const ca: Ca = {
    folder: join(folder, 'ca'),
    ports: { bootstrap: take(), mesh: take(), https: take(), admin: take() },
  };
  const pods = Object.entries(plan.pods).map(([pod, one]) => ({
    name: pod,
    plan: one,
    folder: join(folder, pod),
    ports: { inbound: take(), app: take(), egress: take(), admin: take() },
  }));
  await mkdir(logs, { recursive: true });
  const kept: Processes[] = [];
  /** A keeper for each process: one can be killed without the end of the rest. What it removes at its end is not there. */
  const keep = (): Processes => {
    const made = createProcesses({ dist: DIST, folder: join(folder, `keeper-${kept.length}`), logs });
    kept.push(made);
    return made;
  };
  const apps: Server[] = [];
  const dispose = async (): Promise<void> => {
    for (const processes of kept) await processes.stop();
    for (const app of apps) app.closeAllConnections();
    for (const app of apps) app.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const sidecars = await startAll(ca, pods, { plan, keep, apps });
    const verbs = verbsOf(ca, pods);
    const killAndStart = async (name: string): Promise<void> => {
      const pod = pods.find((one) => one.name === name);
      if (pod === undefined) throw new TypeError(`no pod ${name}`);
      await sidecars.get(name)?.kill();
      await writeJoinToken(ca, pod);
      sidecars.set(name, startSidecar(pod, keep()));
      await sidecars.get(name)?.ready;
    };
    return { ...verbs, killAndStart, [Symbol.asyncDispose]: dispose };
  } catch (thrown) {
    await dispose();
    throw thrown;
  }
}

interface Stage {
  readonly plan: PodsPlan;
  readonly keep: () => Processes;
  readonly apps: Server[];
}

interface Sidecar {
  readonly ready: Promise<unknown>;
  kill(): Promise<void>;
}

async function startAll(ca: Ca, pods: readonly Pod[], { plan, keep, apps }: Stage): Promise<Map<string, Sidecar>> {
  for (const one of [ca.folder, join(ca.folder, 'run'), join(ca.folder, 'data')])
    await mkdir(one, { recursive: true, mode: 0o700 });
  const caFile = join(ca.folder, 'ca.yaml');
  await writeFile(caFile, toYaml(caConfig(ca, plan)));
  const processes = keep();
  processes.start({ name: 'ca', file: 'ca.cjs', args: ['--config', caFile] });
  await ready('the CA', ca.ports.admin, processes);
  const sidecars = new Map<string, Sidecar>();
  for (const pod of pods) {
    if (pod.plan.app !== undefined) {
      const app = createServer(pod.plan.app).listen(pod.ports.app, '127.0.0.1');
      apps.push(app);
      await once(app, 'listening');
    }
    await writePod(ca, pod, pods);
    sidecars.set(pod.name, startSidecar(pod, keep()));
  }
  for (const sidecar of sidecars.values()) await sidecar.ready;
  return sidecars;
}

function startSidecar({ name, folder, ports }: Pod, processes: Processes): Sidecar {
  const { pid } = processes.start({ name, file: 'sidecar.cjs', args: ['--config', join(folder, 'sidecar.yaml')] });
  return {
    ready: Promise.race([ready(name, ports.admin, processes), processes.failure]),
    async kill() {
      process.kill(-pid, 'SIGKILL');
      await processes.failure.catch(() => undefined);
      await processes.stop();
    },
  };
}

function ready(what: string, port: number, { ending }: Processes): Promise<true> {
  const isReady = async () => ((await tryAsk({ port }, 'GET /readyz'))?.status === 200 ? true : undefined);
  return until(`${what} is ready`, isReady, ending);
}

async function writePod(ca: Ca, pod: Pod, pods: readonly Pod[]): Promise<void> {
  const { folder, plan } = pod;
  await mkdir(join(folder, 'run'), { recursive: true, mode: 0o700 });
  await writeJoinToken(ca, pod);
  const files: Readonly<Record<string, string>> = {
    'sidecar.yaml': toYaml(sidecarConfig(ca, pod, pods)),
    'policy.yaml': toYaml(POLICY),
    ...plan.files,
  };
  for (const [file, content] of Object.entries(files)) await writeFile(join(folder, file), content, { mode: 0o600 });
}

async function writeJoinToken(ca: Ca, { name, folder }: Pod): Promise<void> {
  const wish = { path: pathOf(name), dnsNames: [], ttl: undefined };
  const { token } = await requestJoinToken(join(ca.folder, 'run', 'ca.sock'), wish);
  await writeFile(join(folder, 'join-token'), token, { mode: 0o600 });
}

function verbsOf(ca: Ca, pods: readonly Pod[]): Omit<Pods, 'killAndStart' | keyof AsyncDisposable> {
  const podOf = (name: string): Pod => {
    const found = pods.find((pod) => pod.name === name);
    if (found === undefined) throw new TypeError(`no pod ${name}`);
    return found;
  };
  const control = async (name: string, verb: string, body: unknown): Promise<unknown> =>
    demand(await callControl({ path: join(podOf(name).folder, 'run', 'sidecar.sock'), verb, body }));
  const metric = async (name: string, wanted: string): Promise<readonly string[]> => {
    const page = await tryAsk({ port: podOf(name).ports.admin }, 'GET /metrics');
    return (page?.body ?? '').split('\n').filter((line) => line.startsWith(wanted));
  };
  return {
    issuer: issuerOf(ca),
    idOf: (name) => `spiffe://${TRUST_DOMAIN}${pathOf(name)}`,
    call: (name, host, headers = {}) => callBy(podOf(name).ports.egress, host, headers),
    order: async (verb, body) => demand(await callControl({ path: join(ca.folder, 'run', 'ca.sock'), verb, body })),
    why: async (name) => (await control(name, 'why', { last: 20 })) as readonly WhyEntry[],
    metric,
    async renew(name) {
      const [before] = await metric(name, 'cleat_egress_generation ');
      await control(name, 'renew', null);
      await until(`${name} goes out with another certificate`, async () =>
        (await metric(name, 'cleat_egress_generation '))[0] === before ? undefined : true,
      );
    },
    folderOf: (name) => podOf(name).folder,
  };
}

/** One request to the egress on this port, as an app makes it. */
export async function callBy(
  port: number,
  host: string,
  headers: Readonly<Record<string, string | string[]>>,
): Promise<Answer> {
  const asked = request({ host: '127.0.0.1', port, path: '/', agent: false, headers: { ...headers, host } });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
}
