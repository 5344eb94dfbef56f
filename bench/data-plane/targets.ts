/** The proxies that are measured, each with the same certificates, one thread, and a client certificate demanded. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { stringify } from 'yaml';

import { accepts, freePort } from '../../test/kit/listening.ts';
import { AUDIENCE, ISSUER, MEASURED_CORE, type Scene } from './scene.ts';

export interface Target extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  /** Of the process that does the work. */
  readonly pid: number;
}

/** Gives a target that takes connections. */
export type StartTarget = (scene: Scene) => Promise<Target>;

/** Flags that a pod would have: `docs/performance.md`. */
export const NODE_FLAGS: readonly string[] = ['--max-semi-space-size=1', '--v8-pool-size=0'];
export const NODE_ENVIRONMENT: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '1', UV_THREADPOOL_SIZE: '2' };

export interface Plan {
  readonly name: string;
  readonly command: readonly string[];
  readonly port: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly pidOf?: (child: ChildProcess) => number;
}

/** Our sidecar on one backend. */
export const cleat =
  (name: string, io: 'auto' | 'public'): StartTarget =>
  async (scene) => {
    const [port, admin] = [await freePort(), await freePort()];
    const folder = join(scene.folder, `${name}-${port}`);
    mkdirSync(join(folder, 'run'), { recursive: true, mode: 0o700 });
    const file = join(folder, 'sidecar.yaml');
    writeFileSync(join(folder, 'policy.yaml'), stringify(POLICY));
    writeFileSync(file, stringify(sidecarOf(scene, { folder, port, admin, io })));
    const entry = [
      process.execPath,
      ...NODE_FLAGS,

      join(scene.dist, 'cleat.cjs'),
      'sidecar',
      'run',
      '--config',
      file,
    ];
    return start({ name, command: entry, port, environment: NODE_ENVIRONMENT });
  };

const POLICY = {
  routes: [
    { path: { under: '/free' }, binding: 'optional' },
    { path: { under: '/' }, binding: 'required' },
  ],
  rules: [{ id: 'all', peers: [{ under: '/ns/shop' }] }],
};

interface Placing {
  readonly folder: string;
  readonly port: number;
  readonly admin: number;
  readonly io: 'auto' | 'public';
}

function sidecarOf({ server, roots, jwks, appPort }: Scene, { folder, port, admin, io }: Placing): object {
  return {
    trustDomain: 'mesh.example',
    credentials: { source: 'files', files: { certificate: server.certificate, key: server.key, bundle: roots } },
    inbound: [{ listen: `127.0.0.1:${port}`, app: `127.0.0.1:${appPort}`, audience: AUDIENCE }],
    issuers: [{ name: 'bench', issuer: ISSUER, jwks: `file:${jwks}`, maxLifetime: '24h' }],
    policy: join(folder, 'policy.yaml'),
    admin: `127.0.0.1:${admin}`,
    control: join(folder, 'run', 'sidecar.sock'),
    log: { level: 'warn', admittedSample: 0 },
    io,
  };
}

/** nginx of Debian: one worker, keep-alive to the app, subject and fingerprint of the client added. */
export const nginx: StartTarget = async (scene) => {
  const port = await freePort();
  const file = join(scene.folder, 'nginx.conf');
  writeFileSync(
    file,
    `worker_processes 1; daemon off; pid ${scene.folder}/nginx.pid; error_log ${scene.folder}/nginx.log error;
user root;
events { worker_connections 16384; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 3600s;
  client_body_temp_path ${scene.folder}/nginx-body; proxy_temp_path ${scene.folder}/nginx-proxy;
  fastcgi_temp_path ${scene.folder}/nginx-f; uwsgi_temp_path ${scene.folder}/nginx-u; scgi_temp_path ${scene.folder}/nginx-s;
  upstream app { server 127.0.0.1:${scene.appPort}; keepalive 512; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} ssl backlog=4096;
    ssl_certificate ${scene.server.certificate}; ssl_certificate_key ${scene.server.key};
    ssl_client_certificate ${scene.roots}; ssl_verify_client on;
    ssl_protocols TLSv1.3; ssl_session_tickets off; ssl_session_cache off; ssl_ecdh_curve X25519:P-256;
    location / {
      proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $host; proxy_set_header Authorization "";
      proxy_set_header X-Client-DN $ssl_client_s_dn; proxy_set_header X-Client-Fingerprint $ssl_client_fingerprint;
    }
  }
}
`,
  );
  return start({ name: 'nginx', command: ['nginx', '-c', file], port, pidOf: childOf });
};

/** HAProxy of Debian, one thread. `isChecked`: its `jwt_verify`, which does not look at `cnf`. */
export const haproxy =
  (name: string, isChecked: boolean): StartTarget =>
  async (scene) => {
    const port = await freePort();
    const file = join(scene.folder, `${name}.cfg`);
    const checks = `  http-request set-var(txn.bearer) http_auth_bearer
  http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
  http-request deny unless { var(txn.alg) -m str ES256 }
  http-request deny unless { var(txn.bearer),jwt_verify(txn.alg,"${scene.publicKey}") -m int 1 }
`;
    writeFileSync(
      file,
      `global
  nbthread 1
  maxconn 8000
  ssl-default-bind-options ssl-min-ver TLSv1.3 no-tls-tickets
  tune.ssl.cachesize 0
defaults
  mode http
  timeout client 1h
  timeout server 1h
  timeout connect 5s
  timeout http-keep-alive 1h
  option http-keep-alive
  http-reuse always
frontend mesh
  bind 127.0.0.1:${port} ssl crt ${scene.server.both} ca-file ${scene.roots} verify required curves X25519:P-256 alpn http/1.1
${isChecked ? checks : ''}  http-request del-header authorization
  http-request set-header X-Client-DN %[ssl_c_s_dn]
  http-request set-header X-Client-Fingerprint %[ssl_c_sha1,hex]
  default_backend app
backend app
  server app 127.0.0.1:${scene.appPort}
`,
    );
    return start({ name, command: ['haproxy', '-q', '-db', '-f', file], port });
  };

/** Starts it on its core, and waits until it takes connections. */
export async function start({ name, command, port, environment = {}, pidOf }: Plan): Promise<Target> {
  const child = spawn('taskset', ['-c', String(MEASURED_CORE), ...command], {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true,
  });
  const gone = once(child, 'exit');
  await accepts(port, () => child.exitCode !== null);
  const target: Target = {
    name,
    port,
    pid: pidOf?.(child) ?? child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      await gone;
    },
  };
  return target;
}

/** A worker of the process that was started. */
function childOf({ pid = 0 }: ChildProcess): number {
  const [first = ''] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
  return Number(first);
}
