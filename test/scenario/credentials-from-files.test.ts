/**
 * A sidecar whose key, certificate and bundle somebody else renews: a real process over a volume that is filled as the
 * kubelet fills one. Its calls go out by its own egress and come in again by its own inbound port, so that both sides of a
 * rotation are under traffic.
 */
import { sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { ask, tryAsk } from '../../cli/up/loopback.ts';
import { findPorts } from '../../cli/up/ports.ts';
import { until } from '../../cli/up/until.ts';
import { demand } from '../../core/fault/fault.ts';
import { callControl } from '../../runtime/control-call.ts';
import type { SidecarStatus } from '../../sidecar/control.ts';
import { type Started, startBundle } from '../kit/bundle.ts';
import { scenarioLogs } from '../kit/logs.ts';
import { createVolume, issueContents, pathsIn, type Volume } from '../kit/volume.ts';
import { createTestAuthority, spkiOf, testKey } from '../kit/x509.ts';

const ISSUER = 'https://issuer.example';
const CALLER = 'spiffe://mesh.example/ns/shop/sa/agent';
const POLICY = {
  routes: [{ path: { under: '/' }, binding: 'identity' }],
  rules: [{ id: 'open', peers: [{ exact: '/ns/shop/sa/agent' }], methods: ['GET'], paths: [{ exact: '/open' }] }],
};

describe('a sidecar with credentials from files', function () {
  this.timeout(30_000);
  const authority = createTestAuthority();
  const tokenKey = testKey();
  const app = createServer((_asked, response) => response.end('served'));
  let volume: Volume;
  let folder = '';
  let started: Started;
  let ports: readonly number[] = [];
  const port = (place: number): number => ports[place] ?? 0;

  before(async () => {
    volume = await createVolume();
    folder = await mkdtemp(join(tmpdir(), 'cleat-files-'));
    ports = await findPorts(3);
    app.listen(0, '127.0.0.1');
    await once(app, 'listening');
    await writeFile(join(folder, 'jwks.json'), JSON.stringify({ keys: [jwk()] }));
    await writeFile(join(folder, 'policy.yaml'), JSON.stringify(POLICY));
    await writeFile(join(folder, 'sidecar.yaml'), JSON.stringify(config()));
    started = startBundle('sidecar.cjs', ['--config', join(folder, 'sidecar.yaml')]);
  });

  after(async () => {
    started.child.kill('SIGTERM');
    const { out, err } = await started.ended;
    const logs = join(scenarioLogs(), 'credentials-from-files');
    await mkdir(logs, { recursive: true });
    await writeFile(join(logs, 'sidecar.log'), out + err);
    app.close();
    await volume[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  function config(): unknown {
    return {
      trustDomain: authority.trustDomain,
      credentials: { source: 'files', files: pathsIn(volume.folder) },
      inbound: [
        { listen: `127.0.0.1:${port(0)}`, app: `127.0.0.1:${(app.address() as AddressInfo).port}`, audience: 'self' },
      ],
      issuers: [{ name: 'issuer', issuer: ISSUER, jwks: `file:${join(folder, 'jwks.json')}` }],
      policy: join(folder, 'policy.yaml'),
      egress: {
        listen: `127.0.0.1:${port(1)}`,
        upstreams: [{ name: 'self', address: `127.0.0.1:${port(0)}`, spiffe: { exact: '/ns/shop/sa/agent' } }],
      },
      admin: `127.0.0.1:${port(2)}`,
      control: join(folder, 'run', 'sidecar.sock'),
      drain: { grace: '0s', deadline: '1s' },
    };
  }

  function jwk(): object {
    // The last 64 bytes of an SPKI on P-256 are the point.
    const point = spkiOf(tokenKey).subarray(-64);
    const coordinate = (start: number): string => point.subarray(start, start + 32).toString('base64url');
    return { kty: 'EC', crv: 'P-256', kid: 'k1', x: coordinate(0), y: coordinate(32) };
  }

  /** A token for whoever is the caller, whatever its certificate: the app knows nothing of rotations. */
  function token(): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: ISSUER, sub: CALLER, client_id: CALLER, aud: 'self', iat: now, exp: now + 300, jti: 'files' };
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${part({ alg: 'ES256', typ: 'at+jwt', kid: 'k1' })}.${part(claims)}`;
    const signature = sign('sha256', Buffer.from(signed), { key: tokenKey, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  }

  /** One call of the app: out by egress, in by inbound. */
  function call(authorization: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const headers = { host: 'self', authorization };
      const asked = request({ host: '127.0.0.1', port: port(1), path: '/open', headers, agent: false }, (answer) => {
        answer.resume();
        answer.once('end', () => resolve(answer.statusCode ?? 0));
      });
      asked.once('error', reject);
      asked.end();
    });
  }

  const status = async (): Promise<SidecarStatus> =>
    demand(
      await callControl({ path: join(folder, 'run', 'sidecar.sock'), verb: 'status', body: null }),
    ) as SidecarStatus;
  const isReady = async (): Promise<boolean> => (await tryAsk({ port: port(2) }, 'GET /readyz'))?.status === 200;
  const readiness = (wanted: boolean): Promise<true> =>
    until(`readiness is ${wanted}`, async () => ((await isReady()) === wanted ? true : undefined));
  const generation = (wanted: number): Promise<true> =>
    until(`generation ${wanted} is in use`, async () => {
      const { credentials, egressGeneration } = await status();
      return credentials?.generation === wanted && egressGeneration === wanted ? true : undefined;
    });

  it('A-501 waits for its files, unready, and serves when they are there', async () => {
    await until('its admin page answers', () => tryAsk({ port: port(2) }, 'GET /livez'));
    expect(await isReady()).to.equal(false);
    await volume.swap(issueContents({}, authority));
    await readiness(true);
    expect(await call(`Bearer ${token()}`)).to.equal(200);
  });

  it('A-527 A-532 swaps ten certificates under traffic and loses no call', async () => {
    const authorization = `Bearer ${token()}`;
    const load = { isOn: true };
    const seen = new Map<number, number>();
    const caller = async (): Promise<void> => {
      while (load.isOn) {
        const answered = await call(authorization).catch(() => 0);
        seen.set(answered, (seen.get(answered) ?? 0) + 1);
      }
    };
    const callers = Array.from({ length: 4 }, caller);
    for (let round = 2; round <= 11; round += 1) {
      await volume.swap(issueContents({}, authority));
      await generation(round);
    }
    load.isOn = false;
    await Promise.all(callers);
    expect([...seen.keys()]).to.deep.equal([200]);
    expect(seen.get(200)).to.be.greaterThan(100);
  });

  it('A-526 A-132 keeps the last good one over a half-written swap and a foreign bundle, and says why', async () => {
    const whole = issueContents({}, authority);
    const { 'tls.key': key = '' } = issueContents({}, authority);
    const { 'ca.crt': foreign = '' } = issueContents();
    for (const [torn, reason] of [
      [{ ...whole, 'tls.key': key }, 'is for the key in the key file'],
      [{ ...whole, 'ca.crt': foreign }, 'none of the roots of the bundle'],
    ] as const) {
      await volume.swap(torn);
      await until('the refusal is told', async () =>
        (await status()).renewal.lastError?.detail.includes(reason) === true ? true : undefined,
      );
      expect(await status()).to.have.nested.property('credentials.generation', 11);
      expect(await isReady()).to.equal(true);
      expect(await call(`Bearer ${token()}`)).to.equal(200);
    }
    const { body } = await ask({ port: port(2) }, 'GET /metrics');
    expect(body).to.match(/cleat_certificate_renewals_total\{result="RENEW_FILES"\} [1-9]/);
    await volume.swap(whole);
    await generation(12);
    expect((await status()).renewal).to.deep.equal({ nextAttempt: null, lastError: null });
  });

  it('A-074 serves nothing once its certificate has ended without a successor, and recovers by itself', async () => {
    await volume.swap(issueContents({ lifetime: 2 }, authority));
    await readiness(false);
    expect(await call(`Bearer ${token()}`)).to.equal(503);
    const { body } = await ask({ port: port(2) }, 'GET /metrics');
    expect(body).to.include('cleat_certificate_overdue_percent 100');
    await volume.swap(issueContents({}, authority));
    await readiness(true);
    expect(await call(`Bearer ${token()}`)).to.equal(200);
  });
});
