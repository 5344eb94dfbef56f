/** What every target of the data plane is measured with: one set of certificates and requests, the native client and app. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash, createPublicKey, sign } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { encodePem } from '../../core/x509/pem.ts';
import { freePort } from '../../test/kit/listening.ts';
import { createTestAuthority, issueTestLeaf, testKey, type TestLeaf } from '../../test/kit/x509.ts';

/** What is measured has one core, what offers load and answers it the other. */
export const MEASURED_CORE = 0;
const LOAD_CORE = 1;

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const CACHE = join(ROOT, 'node_modules', '.cache', 'cleat-bench');
const NATIVE = fileURLToPath(new URL('../native/', import.meta.url));

export const ISSUER = 'https://issuer.bench.example';
export const AUDIENCE = 'payments';
const DAY = 86_400;
const IDS = 512;

/** Paths of PEM files, and what else a target's configuration names. */
export interface Scene extends Disposable {
  readonly folder: string;
  /** Of the build that is measured. */
  readonly dist: string;
  readonly roots: string;
  readonly server: { readonly certificate: string; readonly key: string; readonly both: string };
  readonly client: { readonly certificate: string; readonly key: string };
  readonly jwks: string;
  readonly publicKey: string;
  readonly appPort: number;
  /** Path of a file with requests whose targets begin so. */
  requests(prefix: string): string;
  load(order: LoadOrder): Promise<Load>;
}

export interface LoadOrder {
  readonly port: number;
  readonly requests: string;
  readonly connections: number;
  readonly mode: 'keep' | 'rate' | 'handshake' | 'idle';
  readonly seconds: number;
  readonly rate?: number;
}

/** A client whose connections are open; `run` begins the window. */
export interface Load {
  run(): Promise<LoadReport>;
  end(): void;
}

export interface LoadReport {
  readonly requests: number;
  readonly failures: number;
  readonly seconds: number;
  readonly p50us: number;
  readonly p99us: number;
}

/** Builds, writes and starts everything but the targets. */
export async function setScene(): Promise<Scene> {
  mkdirSync(CACHE, { recursive: true });
  const dist = join(CACHE, 'dist-data-plane');
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'build.ts'), '--quiet', '--out', dist], { stdio: 'inherit' });
  for (const [name, libraries] of [
    ['load', ['-lssl', '-lcrypto']],
    ['upstream', []],
  ] as const)
    execFileSync('gcc', ['-O2', '-o', join(CACHE, name), join(NATIVE, `${name}.c`), ...libraries], {
      stdio: 'inherit',
    });
  const folder = mkdtempSync(join(CACHE, 'run-'));
  chmodSync(folder, 0o755);
  const files = writeFiles(folder);
  const appPort = await freePort();
  const app = spawn('taskset', ['-c', String(LOAD_CORE), join(CACHE, 'upstream'), String(appPort)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(createInterface(app.stdout), 'line');
  return {
    ...files,
    folder,
    dist,
    appPort,
    load: (order) => startLoad(order, files),
    [Symbol.dispose]() {
      app.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type Files = Pick<Scene, 'roots' | 'server' | 'jwks' | 'publicKey' | 'requests'> & {
  readonly client: { readonly certificate: string; readonly key: string };
};

function writeFiles(folder: string): Files {
  const authority = createTestAuthority();
  const server = issueTestLeaf(authority, { path: '/ns/shop/sa/payments', lifetime: DAY });
  const client = issueTestLeaf(authority, { path: '/ns/shop/sa/agent', lifetime: DAY });
  const signer = testKey();
  const put = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const pemOf = (leaf: TestLeaf): string => encodePem('CERTIFICATE', leaf.der);
  const keyOf = ({ key }: TestLeaf): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const pair = (name: string, leaf: TestLeaf) => ({
    certificate: put(`${name}.pem`, pemOf(leaf)),
    key: put(`${name}.key`, keyOf(leaf)),
    both: put(`${name}-both.pem`, `${pemOf(leaf)}${keyOf(leaf)}`),
  });
  const { kty, crv, x, y } = signer.export({ format: 'jwk' });
  const token = tokenFor(client.der, signer);
  return {
    roots: put('roots.pem', encodePem('CERTIFICATE', authority.der)),
    server: pair('server', server),
    client: pair('client', client),
    jwks: put('jwks.json', JSON.stringify({ keys: [{ kty, crv, x, y, kid: 'bench', alg: 'ES256', use: 'sig' }] })),
    publicKey: put('issuer.pem', createPublicKey(signer).export({ type: 'spki', format: 'pem' }).toString()),
    requests: (prefix) => put(`requests${prefix.replaceAll('/', '-')}`, requestsOf(prefix, token).join('')),
  };
}

/** An `at+jwt` bound to the client's certificate, of the size that performance.md asks for. */
function tokenFor(certificate: Buffer, key: ReturnType<typeof testKey>): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'ES256', typ: 'at+jwt', kid: 'bench' })}.${part({
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'spiffe://mesh.example/ns/shop/sa/agent',
    client_id: 'spiffe://mesh.example/ns/shop/sa/agent',
    scope: 'payments.read',
    jti: '0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f',
    iat: now,
    exp: now + 3_600 * 12,
    cnf: { 'x5t#S256': createHash('sha256').update(certificate).digest('base64url') },
  })}`;
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

/** The fields of a usual client; ids are fresh in each, so that nobody wins by comparing whole requests. */
function requestsOf(prefix: string, token: string): readonly string[] {
  return Array.from({ length: IDS }, (_, place) => {
    const id = createHash('md5').update(String(place)).digest('hex');
    return [
      `GET ${prefix}/orders/${id.slice(0, 12)} HTTP/1.1`,
      'Host: payments.shop',
      'User-Agent: bench/1.0',
      'Accept: application/json',
      'Accept-Encoding: gzip',
      'Content-Type: application/json',
      `X-Request-Id: ${id}`,
      `traceparent: 00-${id}-00f067aa0ba902b7-01`,
      `Authorization: Bearer ${token}`,
      '',
      '',
    ].join('\r\n');
  });
}

async function startLoad(order: LoadOrder, { client, roots }: Files): Promise<Load> {
  const { port, requests, connections, mode, seconds, rate = 0 } = order;
  const args = [client.certificate, client.key, roots, requests, connections, mode, seconds, rate].map(String);
  const child = spawn('taskset', ['-c', String(LOAD_CORE), join(CACHE, 'load'), '127.0.0.1', String(port), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done === true) throw new Error('the load client ended');
    return line.value;
  };
  await next();
  return {
    async run() {
      child.stdin.write('go\n');
      return JSON.parse(await next()) as LoadReport;
    },
    end: () => void child.kill('SIGKILL'),
  };
}
