/** Starts the processes of the demo in the order in which they need each other, and measures the sidecars on the way. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { stringify } from 'yaml';

import { readCredentials } from '../credential-folder.ts';
import { requestJoinToken } from '../join-token.ts';
import { configsOf, IDENTITY, PARTNER, TRUST_DOMAIN, type MeshConfigs } from './configs.ts';
import { foldersOf, type Client, type Layout, type Pod } from './layout.ts';
import { ask, tryAsk } from './loopback.ts';
import type { Processes, Running } from './processes.ts';
import { until } from './until.ts';
import { visitWithFiles } from './visit.ts';

export interface Mesh {
  readonly layout: Layout;
  readonly ca: Running;
  /** Aborts when the demo ends, for whatever reason. */
  readonly ending: AbortSignal;
  readonly sidecars: Readonly<Record<Pod, Running>>;
  /** Milliseconds from the start of each sidecar's process to the end of the first request that it served. */
  readonly firstServed: Readonly<Record<Pod, number>>;
}

/** For a small heap and few arenas, as a container image would start a sidecar. */
const SMALL = {
  nodeFlags: ['--max-semi-space-size=1', '--v8-pool-size=0'],
  environment: { MALLOC_ARENA_MAX: '1', UV_THREADPOOL_SIZE: '2' },
} as const;
const CLIENTS = ['agent-client', 'reports'] as const satisfies readonly Client[];

/** Resolves when both pods serve. Throws `DemoFailure` when they do not in time. */
export async function startMesh(
  layout: Layout,
  processes: Processes,
  configs: MeshConfigs = configsOf(layout),
): Promise<Mesh> {
  const { ending } = processes;
  await writeFiles(layout, configs);
  const ca = await startInfrastructure(layout, processes);
  for (const client of CLIENTS) startClient(layout, processes, client);
  for (const client of CLIENTS) await until(`${client} has credentials`, () => authorizationOf(layout, client), ending);
  const payments = startSidecar(layout, processes, 'payments');
  const paymentsServed = await until('the sidecar of payments serves', () => servedInbound(layout, payments), ending);
  const agent = startSidecar(layout, processes, 'agent');
  const agentServed = await until('the egress of agent serves', () => servedEgress(layout, agent), ending);
  await ready('the sidecar of payments', layout.ports.paymentsAdmin, ending);
  await ready('the sidecar of agent', layout.ports.agentAdmin, ending);
  const firstServed = { payments: paymentsServed, agent: agentServed };
  return { layout, ca, ending, sidecars: { payments, agent }, firstServed };
}

/** Everything that a sidecar needs before it starts: the CA, the second issuer, the apps, the join tokens. Gives the CA. */
async function startInfrastructure(layout: Layout, processes: Processes): Promise<Running> {
  const { ports } = layout;
  const { ending } = processes;
  const ca = processes.start({ name: 'ca', file: 'ca.cjs', args: ['--config', layout.caConfig] });
  processes.start({ name: 'issuer', file: 'demo-issuer.cjs', args: [String(ports.issuer), layout.issuer, PARTNER] });
  processes.start({ name: 'payments-app', file: 'demo-payments.cjs', args: [String(ports.paymentsApp)] });
  processes.start({ name: 'agent-app', file: 'demo-agent.cjs', args: [String(ports.agentApp), String(ports.egress)] });
  await ready('the CA', ports.caAdmin, ending);
  await until('the second issuer writes its root', () => present(join(layout.issuer, 'root.pem')), ending);
  await until('the app of agent answers', () => tryAsk({ port: ports.agentApp }, 'GET /load'), ending);
  await writeJoinTokens(layout);
  return ca;
}

async function writeFiles(layout: Layout, configs: MeshConfigs): Promise<void> {
  for (const folder of foldersOf(layout)) await mkdir(folder, { recursive: true, mode: 0o700 });
  const files: readonly (readonly [string, unknown])[] = [
    [layout.caConfig, configs.ca],
    [layout.sidecarConfig('payments'), configs.payments],
    [layout.sidecarConfig('agent'), configs.agent],
    [layout.policy, configs.policy],
  ];
  for (const [file, value] of files) await writeFile(file, stringify(value), { mode: 0o600 });
}

/** Every party gets its one-time right to a certificate; the name `localhost` lets curl check the server as it is used to. */
async function writeJoinTokens({ caControl, joinToken }: Layout): Promise<void> {
  for (const [party, path] of Object.entries(IDENTITY) as [Pod | Client, string][]) {
    const request = { path, dnsNames: party === 'payments' ? ['localhost'] : [], ttl: undefined };
    await writeFile(joinToken(party), `${(await requestJoinToken(caControl, request)).token}\n`, { mode: 0o600 });
  }
}

function startClient(layout: Layout, processes: Processes, client: Client): void {
  const { ports } = layout;
  const options = {
    'trust-domain': TRUST_DOMAIN,
    ca: `localhost:${ports.bootstrap}`,
    mesh: `localhost:${ports.mesh}`,
    evidence: layout.joinToken(client),
    dir: layout.credentials(client),
    audience: 'payments',
  };
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  processes.start({ name: client, file: 'cleat.cjs', args: ['credential', ...args] });
}

function startSidecar(layout: Layout, processes: Processes, pod: Pod): Running {
  return processes.start({
    name: `${pod}-sidecar`,
    file: 'sidecar.cjs',
    args: ['--config', layout.sidecarConfig(pod)],
    ...SMALL,
  });
}

/** A real request from a client of the mesh, tried until it is served: no health page says more than that. */
async function servedInbound(layout: Layout, sidecar: Running): Promise<number | undefined> {
  const reply = await visitWithFiles(layout, await readCredentials(layout.credentials('agent-client')));
  return reply.kind === 'answered' && reply.status === 200 ? performance.now() - sidecar.startedAt : undefined;
}

async function servedEgress({ ports }: Layout, sidecar: Running): Promise<number | undefined> {
  const page = await ask({ port: ports.agentApp }, 'POST /call');
  const { status } = JSON.parse(page.body) as { readonly status: number };
  return status === 200 ? performance.now() - sidecar.startedAt : undefined;
}

function ready(what: string, port: number, ending: AbortSignal): Promise<true> {
  const isReady = async () => ((await tryAsk({ port }, 'GET /readyz'))?.status === 200 ? true : undefined);
  return until(`${what} is ready`, isReady, ending);
}

async function present(file: string): Promise<true | undefined> {
  return (await stat(file).catch(() => undefined)) === undefined ? undefined : true;
}

/** The credentials of a client, once they are complete. */
async function authorizationOf(layout: Layout, client: Client): Promise<string | undefined> {
  return (await readCredentials(layout.credentials(client)).catch(() => undefined))?.authorization;
}
