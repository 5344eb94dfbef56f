/**
 * The bundled CA as a process under measurement: pinned to one core, started plainly or below another program, with its
 * admission limits raised so that the issue itself is measured. Whoever starts it ends it.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { demand } from '../../core/fault/fault.ts';
import { callControl } from '../../runtime/control-call.ts';
import type { FleetTarget } from './fleet.ts';

export interface MeasuredCa {
  readonly pid: number;
  readonly target: FleetTarget;
  readonly admin: number;
  /** A verb of the control socket. */
  control(verb: string, body?: unknown): Promise<unknown>;
  joinTokens(count: number): Promise<readonly string[]>;
  end(): Promise<void>;
}

export interface CaPlan {
  readonly name: string;
  /** Folder of the bundle. */
  readonly dist: string;
  /** Folder for its data, on the disk that is measured. */
  readonly folder: string;
  readonly core: number;
  /** Goes before `taskset`. */
  readonly under?: readonly string[];
  readonly nodeFlags?: readonly string[];
}

const PATH = '/ns/bench/sa/workload';
const LIMITS = { issuesPerSecond: 100_000, perIdentityPerMinute: 1_000_000, perAddressPerMinute: 1_000_000 };

/** Resolves when it serves. */
export async function startMeasuredCa(plan: CaPlan): Promise<MeasuredCa> {
  const folder = join(plan.folder, plan.name);
  const control = join(folder, 'run', 'ca.sock');
  mkdirSync(join(folder, 'run'), { recursive: true, mode: 0o700 });
  const free = '127.0.0.1:0';
  const listen = { bootstrap: free, mesh: free, https: free, admin: free, control };
  const configFile = join(folder, 'ca.yaml');
  // JSON is YAML. The path is short for a reason: a socket's name has 108 bytes.
  await writeFile(
    configFile,
    JSON.stringify({ trustDomain: 'bench.example', dataDir: join(folder, 'data'), listen, limits: LIMITS }),
  );
  const pinned = ['taskset', '-c', String(plan.core), process.execPath, ...(plan.nodeFlags ?? [])];
  const [program, ...args] = [...(plan.under ?? []), ...pinned, join(plan.dist, 'ca.cjs'), '--config', configFile];
  const child = spawn(program ?? '', args, {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const said = await untilServing(child.stdout, child.stderr, ended);
  const pid = plan.under === undefined ? (child.pid ?? 0) : childOf(child.pid ?? 0);
  const call = async (verb: string, body?: unknown): Promise<unknown> =>
    demand(await callControl({ path: control, verb, body }));
  return {
    pid,
    admin: portOf(said.admin),
    target: {
      bootstrap: portOf(said.bootstrap),
      mesh: portOf(said.mesh),
      root: readFileSync(join(folder, 'data', 'authority', 'root.pem'), 'utf8'),
    },
    control: call,
    async joinTokens(count) {
      const tokens: string[] = [];
      const one = async (): Promise<void> => {
        while (tokens.length < count) {
          const { token } = (await call('join-token', { path: PATH })) as { readonly token: string };
          tokens.push(token);
        }
      };
      await Promise.all(Array.from({ length: 16 }, one));
      return tokens.slice(0, count);
    },
    async end() {
      if (child.exitCode === null && child.signalCode === null) process.kill(pid, 'SIGTERM');
      await ended;
    },
  };
}

interface Said {
  readonly bootstrap: string;
  readonly mesh: string;
  readonly admin: string;
}

/** Reads the log until the CA serves, and goes on reading it afterwards: a full pipe would stop the CA. */
function untilServing(out: NodeJS.ReadableStream, err: NodeJS.ReadableStream, ended: Promise<void>): Promise<Said> {
  let complaint = '';
  err.on('data', (chunk: unknown) => (complaint = `${complaint}${String(chunk)}`.slice(-2000)));
  return new Promise((resolve, reject) => {
    const said: Record<string, string> = {};
    const lines = createInterface({ input: out });
    const read = (text: string): void => {
      complaint = text;
      const line = JSON.parse(text) as Readonly<Record<string, unknown>>;
      if (line['msg'] === 'serving')
        Object.assign(said, { bootstrap: String(line['bootstrap']), mesh: String(line['mesh']) });
      if (line['msg'] === 'admin listens') said['admin'] = String(line['address']);
      if (line['msg'] !== 'the CA serves') return;
      lines.off('line', read);
      lines.close();
      out.resume();
      const { bootstrap = '', mesh = '', admin = '' } = said;
      resolve({ bootstrap, mesh, admin });
    };
    lines.on('line', read);
    void ended.then(() => reject(new Error(`the CA ended before it served: ${complaint}`)));
  });
}

/** The one process that another one started. */
const childOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0]);

const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(':') + 1));
