/**
 * A sidecar in a process of its own, with certificates from files and an issuer whose keys are a file: all that a test
 * of the data plane needs, without a CA. Its app is whatever listens on `appPort`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';

import { stringify } from 'yaml';

import { encodePem } from '../../core/x509/pem.ts';
import { freePort } from './listening.ts';
import { createTestAuthority, issueTestLeaf, type TestAuthority, testKey, type TestLeaf } from './x509.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ISSUER = 'https://issuer.mesh.example';

export interface LoneSidecarOptions {
  readonly appPort: number;
  /** Merged into `sidecar.yaml`, and into its one port. */
  readonly config?: object;
  readonly port?: object;
  readonly policy?: object;
}

export interface LoneSidecar extends AsyncDisposable {
  readonly folder: string;
  readonly port: number;
  readonly admin: number;
  readonly pid: number;
  readonly authority: TestAuthority;
  readonly client: TestLeaf;
  /** Bound to `client`. */
  readonly token: string;
  /** Paths of PEM files of the client and of the roots. */
  readonly files: { readonly certificate: string; readonly key: string; readonly roots: string };
  /** Bound to this leaf, with changes to its claims. */
  tokenFor(leaf: TestLeaf, claims?: object): string;
  /** A connection of the client, handshake done. */
  connect(leaf?: TestLeaf): Promise<TLSSocket>;
  /** The lines of its log that are JSON, in order; waits for the next one that is such. */
  nextLine(such: (line: Readonly<Record<string, unknown>>) => boolean): Promise<Readonly<Record<string, unknown>>>;
  /** SIGTERM, and its exit code. */
  stop(): Promise<number | null>;
}

const POLICY = {
  routes: [{ path: { under: '/' }, binding: 'required' }],
  rules: [{ id: 'all', peers: [{ under: '/ns/shop' }] }],
};

/** Starts one, and waits until it serves. */
export async function startLoneSidecar(options: LoneSidecarOptions): Promise<LoneSidecar> {
  const folder = mkdtempSync(join(tmpdir(), 'cleat-lone-'));
  const [port, admin] = [await freePort(), await freePort()];
  const { file, ...facts } = layOut(folder, { port, admin }, options);
  const child = spawn(process.execPath, [join(ROOT, 'cli', 'cleat.ts'), 'sidecar', 'run', '--config', file], {
    env: { PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  const lines = readLines(child);
  await lines.next((line) => Object.values(line).includes('the sidecar serves'));
  return {
    ...facts,
    folder,
    port,
    admin,
    pid: child.pid ?? 0,
    token: facts.tokenFor(facts.client),
    connect: (leaf = facts.client) => connectAs(leaf, facts.authority, port),
    nextLine: (such) => lines.next(such),
    async stop() {
      child.kill('SIGTERM');
      await exited;
      return child.exitCode;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type LaidOut = Pick<LoneSidecar, 'authority' | 'client' | 'files' | 'tokenFor'> & { readonly file: string };

/** Writes everything that the process reads. */
function layOut(
  folder: string,
  { port, admin }: { readonly port: number; readonly admin: number },
  options: LoneSidecarOptions,
): LaidOut {
  const authority = createTestAuthority();
  const client = issueTestLeaf(authority, { path: '/ns/shop/sa/agent' });
  const signer = testKey();
  const put = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const pair = (name: string, leaf: TestLeaf) => ({
    certificate: put(`${name}.pem`, encodePem('CERTIFICATE', leaf.der)),
    key: put(`${name}.key`, pemKey(leaf)),
  });
  const roots = put('roots.pem', encodePem('CERTIFICATE', authority.der));
  const { kty, crv, x, y } = signer.export({ format: 'jwk' });
  const jwks = put('jwks.json', JSON.stringify({ keys: [{ kty, crv, x, y, kid: 'k', alg: 'ES256', use: 'sig' }] }));
  mkdirSync(join(folder, 'run'), { mode: 0o700 });
  const app = `127.0.0.1:${options.appPort}`;
  const server = pair('server', issueTestLeaf(authority, { path: '/ns/shop/sa/payments' }));
  const config = {
    trustDomain: 'mesh.example',
    credentials: { source: 'files', files: { ...server, bundle: roots } },
    inbound: [{ listen: `127.0.0.1:${port}`, app, audience: 'payments', ...options.port }],
    issuers: [{ name: 'test', issuer: ISSUER, jwks: `file:${jwks}`, skew: '0s' }],
    policy: put('policy.yaml', stringify(options.policy ?? POLICY)),
    admin: `127.0.0.1:${admin}`,
    control: join(folder, 'run', 'sidecar.sock'),
    drain: { grace: '0s', deadline: '2s' },
    log: { admittedSample: 1 },
    ...options.config,
  };
  return {
    authority,
    client,
    files: { ...pair('client', client), roots },
    tokenFor: (leaf, claims = {}) => signToken(leaf, signer, claims),
    file: put('sidecar.yaml', stringify(config, { aliasDuplicateObjects: false })),
  };
}

const pemKey = ({ key }: TestLeaf): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

function signToken(leaf: TestLeaf, key: ReturnType<typeof testKey>, claims: object): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'ES256', typ: 'at+jwt', kid: 'k' })}.${part({
    iss: ISSUER,
    aud: 'payments',
    sub: 'spiffe://mesh.example/ns/shop/sa/agent',
    client_id: 'spiffe://mesh.example/ns/shop/sa/agent',
    jti: createHash('sha256')
      .update(`${now}${JSON.stringify(claims)}`)
      .digest('hex')
      .slice(0, 32),
    iat: now,
    exp: now + 300,
    cnf: { 'x5t#S256': createHash('sha256').update(leaf.der).digest('base64url') },
    ...claims,
  })}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

async function connectAs(leaf: TestLeaf, authority: TestAuthority, port: number): Promise<TLSSocket> {
  const socket = connect({
    host: '127.0.0.1',
    port,
    key: pemKey(leaf),
    cert: encodePem('CERTIFICATE', leaf.der),
    ca: encodePem('CERTIFICATE', authority.der),
    checkServerIdentity: () => undefined,
    allowPartialTrustChain: true,
  });
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  return socket;
}

/** The JSON lines of a process, each given once. */
function readLines(child: ChildProcess) {
  type Line = Readonly<Record<string, unknown>>;
  const came: Line[] = [];
  const errors: string[] = [];
  let wake: () => void = () => undefined;
  let hasEnded = false;
  createInterface({ input: child.stdout ?? process.stdin }).on('line', (text) => {
    if (text.startsWith('{')) came.push(JSON.parse(text) as Line);
    wake();
  });
  child.stderr?.on('data', (bytes: Buffer) => errors.push(bytes.toString()));
  child.once('close', () => {
    hasEnded = true;
    wake();
  });
  return {
    async next(such: (line: Line) => boolean): Promise<Line> {
      for (;;) {
        const at = came.findIndex(such);
        const line = came[at];
        if (line !== undefined) {
          came.splice(0, at + 1);
          return line;
        }
        if (hasEnded) throw new Error(`the sidecar ended: ${errors.join('')}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
