/**
 * A CA as its own process, from the bundle, for the scenarios of the journal: started plainly or under strace, asked over
 * its real sockets, killed without warning. Its output goes to the folder of scenario logs.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { KeyObject } from 'node:crypto';

import { demand } from '../../core/fault/fault.ts';
import type { Outcome } from '../../core/fault/refusal.ts';
import { parseSpiffeId } from '../../core/identity/spiffe-id.ts';
import { parseCertificate } from '../../core/x509/certificate.ts';
import { writeCsr } from '../../core/x509/csr-write.ts';
import { decodePem } from '../../core/x509/pem.ts';
import { callControl } from '../../runtime/control-call.ts';
import { openBootstrap, openMesh, type BootstrapClient, type MeshClient } from '../../runtime/grpc/ca-client.ts';
import type { IssuedCertificate, ShownEvidence } from '../../runtime/grpc/messages.ts';
import { scenarioLogs } from '../kit/logs.ts';
import { testKey } from '../kit/x509.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CA_ID = demand(parseSpiffeId('spiffe://mesh.example/cleat/ca'));
export const AGENT = '/ns/shop/sa/agent';

/** A place for one CA, which outlives its processes. */
export interface CaPlace extends Disposable {
  readonly folder: string;
  readonly dataDir: string;
  readonly configFile: string;
  readonly control: string;
}

export function makePlace(): CaPlace {
  const folder = mkdtempSync(join(tmpdir(), 'cleat-journal-'));
  const dataDir = join(folder, 'data');
  const control = join(folder, 'run', 'ca.sock');
  const configFile = join(folder, 'ca.yaml');
  mkdirSync(join(folder, 'run'), { mode: 0o700 });
  const any = '127.0.0.1:0';
  const listen = { bootstrap: any, mesh: any, https: any, admin: any, control };
  // JSON is YAML.
  writeFileSync(configFile, JSON.stringify({ trustDomain: 'mesh.example', dataDir, listen }));
  return { folder, dataDir, configFile, control, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

export interface RunningCa extends AsyncDisposable {
  readonly pid: number;
  /** `host:port` of the listener. */
  readonly bootstrapAddress: string;
  readonly meshAddress: string;
  readonly adminAddress: string;
  /** Of one connection, kept for all calls. */
  readonly bootstrap: BootstrapClient;
  openMesh(issued: IssuedCertificate, key: KeyObject): MeshClient;
  /** One certificate for a new key and a new join token. */
  issue(): Promise<{ readonly key: KeyObject; readonly outcome: Outcome<IssuedCertificate> }>;
  /** A new join token, for this path. */
  evidence(path?: string): Promise<ShownEvidence>;
  /** What the journal of the running CA says of a serial. */
  issuance(serial: string): Promise<unknown>;
  /** The `nth` log line with this message, past or to come. */
  said(message: string, nth?: number): Promise<Line>;
  /** What readiness answers: status and what is missing. */
  ready(): Promise<{ readonly status: number | undefined; readonly body: string }>;
  /** A client of its own, for when the one of all calls would wait to connect again. */
  reopen(): BootstrapClient;
  /** Sends the signal and waits for the end. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Starts a CA and waits until it serves. `under` goes before the command: `['strace', ...]`. */
export async function startCa(place: CaPlace, name: string, under: readonly string[] = []): Promise<RunningCa> {
  const { child, lines } = spawnCa(place, name, under);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const [serving, admin] = await Promise.all([
    lineOf(lines, 'serving'),
    lineOf(lines, 'admin listens'),
    lineOf(lines, 'the CA serves'),
  ]);
  const roots = [rootOf(place)];
  const reopen = (): BootstrapClient =>
    openBootstrap({ addresses: [String(serving['bootstrap'])], caId: CA_ID, identity: { roots } });
  const bootstrap = reopen();
  const meshes: MeshClient[] = [];
  const evidence = async (path = AGENT): Promise<ShownEvidence> => {
    const made = demand(await callControl({ path: place.control, verb: 'join-token', body: { path } }));
    return { kind: 'join-token', text: (made as { token: string }).token };
  };
  return {
    pid: child.pid ?? 0,
    bootstrapAddress: String(serving['bootstrap']),
    meshAddress: String(serving['mesh']),
    adminAddress: String(admin['address']),
    bootstrap,
    evidence,
    reopen,
    said: (message, nth) => lineOf(lines, message, nth),
    ready: () => readinessOf(String(admin['address'])),
    openMesh({ chain }, key) {
      const mesh = openMesh({ addresses: [String(serving['mesh'])], caId: CA_ID, identity: { key, chain, roots } });
      meshes.push(mesh);
      return mesh;
    },
    async issue() {
      const key = testKey();
      const outcome = await bootstrap.issue({ csr: writeCsr(key), evidence: await evidence(), ttl: undefined });
      return { key, outcome };
    },
    async issuance(serial) {
      return demand(await callControl({ path: place.control, verb: 'issuance', body: { serial } }));
    },
    async end(signal) {
      child.kill(signal);
      await ended;
    },
    async [Symbol.asyncDispose]() {
      for (const client of [bootstrap, ...meshes]) client.close();
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Starts a CA that may be killed before it serves: then undefined. `tookMs`: from its start until it served. */
export async function startUnlessKilled(
  place: CaPlace,
  name: string,
  under: readonly string[],
): Promise<{ readonly ca: RunningCa; readonly tookMs: number } | undefined> {
  const begin = performance.now();
  try {
    const ca = await startCa(place, name, under);
    return { ca, tookMs: Math.round(performance.now() - begin) };
  } catch (cause) {
    if (cause instanceof Error && cause.message.startsWith(ENDED)) return undefined;
    throw cause;
  }
}

/** Runs a CA that is expected not to start: its exit code and what it said. */
export async function runToTheEnd(
  place: CaPlace,
  name: string,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const { child } = spawnCa(place, name, []);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}

export function serialOf(issued: IssuedCertificate): string {
  return demand(parseCertificate(issued.chain[0] ?? Buffer.alloc(0))).serial;
}

function spawnCa(place: CaPlace, name: string, under: readonly string[]) {
  const bundle = join(process.env['CLEAT_DIST'] ?? join(ROOT, 'dist'), 'ca.cjs');
  if (!existsSync(bundle)) throw new Error(`${bundle} is missing: npm run build`);
  const [program, ...args] = [...under, process.execPath, bundle, '--config', place.configFile];
  const child = spawn(program, args, { env: { PATH: process.env['PATH'] ?? '' }, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = createWriteStream(join(scenarioLogs(), `${name}.log`), { flags: 'a' });
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  return { child, lines: linesOf(child) };
}

const ENDED = 'the CA ended before';

export type Line = Readonly<Record<string, unknown>>;

/** The lines of standard output so far, and a way to wait for the next. */
function linesOf(child: ChildProcess) {
  const seen: Line[] = [];
  const waiting = new Set<(line: Line | undefined) => void>();
  if (child.stdout !== null)
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = JSON.parse(text) as Line;
      seen.push(line);
      for (const look of waiting) look(line);
    });
  child.once('exit', () => {
    for (const look of waiting) look(undefined);
  });
  return { seen, waiting };
}

function lineOf({ seen, waiting }: ReturnType<typeof linesOf>, message: string, nth = 1): Promise<Line> {
  let past = seen.filter((line) => line['msg'] === message).length;
  const found = seen.filter((line) => line['msg'] === message)[nth - 1];
  if (found !== undefined) return Promise.resolve(found);
  return new Promise((resolve, reject) => {
    const look = (line: Line | undefined): void => {
      if (line === undefined) reject(new Error(`${ENDED} it said "${message}": ${JSON.stringify(seen)}`));
      else if (line['msg'] !== message) return;
      else if ((past += 1) < nth) return;
      else resolve(line);
      waiting.delete(look);
    };
    waiting.add(look);
  });
}

function readinessOf(address: string): Promise<{ readonly status: number | undefined; readonly body: string }> {
  return new Promise((resolve, reject) => {
    get(`http://${address}/readyz`, { agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += String(chunk)));
      response.once('end', () => resolve({ status: response.statusCode, body }));
    }).on('error', reject);
  });
}

function rootOf({ dataDir }: CaPlace): Buffer {
  const [root] = demand(decodePem(readFileSync(join(dataDir, 'authority', 'root.pem'), 'utf8')));
  if (root === undefined) throw new Error('no root');
  return root.der;
}
