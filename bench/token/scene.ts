/** A mesh to measure tokens in: the processes of `cleat up` with long-lived credentials, the sidecar of payments and the CA on
 *  one core, the load generator on the other. Started together, ended together. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { configsOf, type MeshConfigs } from '../../cli/up/configs.ts';
import { layOut, namePorts, PORTS_NEEDED } from '../../cli/up/layout.ts';
import { startMesh } from '../../cli/up/mesh.ts';
import { findPorts } from '../../cli/up/ports.ts';
import { createProcesses } from '../../cli/up/processes.ts';
import { type Stage, takeStage } from '../../cli/up/stage.ts';
import { encodePem } from '../../core/x509/pem.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { ClientIdentity } from '../../cli/client-identity.ts';
import { type Helper, startHelper } from '../child.ts';
import type { Identity, Order, Report } from './load.ts';

export interface TokenScene extends AsyncDisposable {
  readonly stage: Stage;
  readonly holder: ClientIdentity;
  readonly sidecar: number;
  readonly ca: number;
  load(order: Omit<Order, 'identity'>): Promise<Report>;
  readonly floor: Helper<number>;
}

/** What is measured has one core, what offers load the other. */
const MEASURED_CORE = 0;
const LOAD_CORE = 1;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = join(ROOT, 'node_modules', '.cache', 'cleat-bench');

/** Builds and starts everything. */
export async function setTokenScene(): Promise<TokenScene> {
  const dist = join(CACHE, 'dist-token');
  mkdirSync(CACHE, { recursive: true });
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'build.ts'), '--quiet', '--out', dist], { stdio: 'inherit' });
  const folder = mkdtempSync(join(CACHE, 'run-'));
  const layout = layOut(folder, join(folder, 'logs'), namePorts(await findPorts(PORTS_NEEDED)));
  const processes = createProcesses({ dist, folder, logs: layout.logs });
  const helpers: Helper<never>[] = [];
  const dispose = async (): Promise<void> => {
    for (const helper of helpers) await helper.end();
    await processes.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const kept = <T>(helper: Helper<T>): Helper<T> => {
    helpers.push(helper);
    return helper;
  };
  try {
    const mesh = await Promise.race([startMesh(layout, processes, measured(configsOf(layout))), processes.failure]);
    const stage = await takeStage(mesh, systemClock());
    const holder = await stage.client('agent-client');
    for (const { pid } of [mesh.ca, mesh.sidecars.payments]) pin(pid);
    const load = kept(startHelper<Order>(new URL('./load.ts', import.meta.url), LOAD_CORE));
    const identity = toPem(holder);
    return {
      stage,
      holder,
      sidecar: mesh.sidecars.payments.pid,
      ca: mesh.ca.pid,
      floor: kept(startHelper<number>(new URL('./floor.ts', import.meta.url), MEASURED_CORE)),
      load: async (order) => reportOf(await load.ask({ ...order, identity })),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (cause) {
    await dispose();
    throw cause;
  }
}

/** No renewal and no expiry falls into a window, nothing is written for each request, and one path asks for no token. */
function measured(configs: MeshConfigs): MeshConfigs {
  const { tokens, ...ca } = configs.ca as { readonly tokens: object };
  return {
    ...configs,
    ca: {
      ...ca,
      certificates: { ttl: '24h' },
      limits: {
        callsPerInstancePerMinute: 1_000_000,
        perAddressPerMinute: 1_000_000,
        callsPerIdentityPerMinute: 1_000_000,
      },
      tokens: { ...tokens, ttl: '1h' },
    },
    payments: { ...configs.payments, log: { level: 'warn', admittedSample: 0 } },
    policy: {
      routes: [
        { path: { under: '/free' }, binding: 'optional' },
        // What is forwarded has the same size in both cases.
        { path: { under: '/bound' }, binding: 'required', forwardToken: true },
      ],
      rules: [{ id: 'all', peers: [{ under: '/ns/shop' }] }],
    },
  };
}

function pin(pid: number): void {
  execFileSync('taskset', ['-a', '-c', '-p', String(MEASURED_CORE), String(pid)], { stdio: 'ignore' });
}

function toPem({ key, chain, roots }: ClientIdentity): Identity {
  const pem = (certificates: readonly Buffer[]): string =>
    certificates.map((der) => encodePem('CERTIFICATE', der)).join('');
  return {
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    chain: pem(chain),
    roots: pem(roots),
  };
}

function reportOf(answer: unknown): Report {
  const {
    ok,
    answer: report,
    reason,
  } = answer as {
    readonly ok: boolean;
    readonly answer?: Report;
    readonly reason?: string;
  };
  if (ok && report !== undefined) return report;
  throw new Error(`load: ${reason}`);
}
