/** A whole sidecar in this process: a call of the app goes out by egress and comes in again by its own inbound port. */
import { createHash, randomBytes, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';

import { expect } from 'chai';

import { admit } from '../../../core/fault/refusal.ts';
import { epochSeconds, milliseconds } from '../../../core/time/units.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { loadConfig } from '../../../runtime/config/load.ts';
import type { Service } from '../../../runtime/lifecycle.ts';
import { createMetrics } from '../../../runtime/metrics.ts';
import { createReadiness } from '../../../runtime/readiness.ts';
import { clientContextOptions } from '../../../runtime/tls-options.ts';
import { callControl } from '../../../runtime/control-call.ts';
import { sidecarConfigTable } from '../../../sidecar/config.ts';
import { readPolicy } from '../../../sidecar/policy/read.ts';
import { createSidecarServices, knownNames, SIDECAR_READINESS } from '../../../sidecar/services.ts';
import { startTestCa, type TestCa } from '../../kit/grpc-ca.ts';
import { PLATFORM } from './io/native-here.ts';
import { collectLog } from '../../kit/log-lines.ts';
import { spkiOf, testKey } from '../../kit/x509.ts';

const ISSUER = 'https://ca.mesh.example';

describe('createSidecarServices()', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cleat-sidecar-'));
  const tokenKey = testKey();
  const records: string[] = [];
  const collected = collectLog();
  const { log, lines } = collected;
  const heard = Promise.withResolvers<void>();
  const metrics = createMetrics();
  const app = createServer((asked, response) => response.end(JSON.stringify(asked.rawHeaders)));
  let ca: TestCa;
  let services: readonly Service[] = [];
  const ports = { inbound: 0, egress: 0 };

  before(async () => {
    ca = await startTestCa();
    ca.acts.mint = (leaf, { audience, scopes }) => Promise.resolve(admit(mintFor(leaf, audience, scopes)));
    // The trust stream says nothing until the first test lets it.
    ca.acts.watch = (leaf, send, signal) => heard.promise.then(() => ca.honest.watch(leaf, send, signal));
    app.listen(0, '127.0.0.1');
    await once(app, 'listening');
    writeFileSync(join(folder, 'join-token'), ca.joinToken);
    writeFileSync(join(folder, 'jwks.json'), JSON.stringify({ keys: [jwkOf()] }));
    writeFileSync(join(folder, 'policy.yaml'), POLICY);
    // Two free ports, found by asking for them: egress must know where inbound will be.
    [ports.inbound, ports.egress] = [await freePort(), await freePort()];
    services = await compose();
    for (const service of services) await service.start(new AbortController().signal);
  });

  after(async () => {
    for (const service of services.toReversed()) await service.drain(milliseconds(1000));
    for (const service of services.toReversed()) await service[Symbol.asyncDispose]();
    await ca[Symbol.asyncDispose]();
    app.close();
    rmSync(folder, { recursive: true });
  });

  async function compose(): Promise<readonly Service[]> {
    const loaded = loadConfig({ file: 'sidecar.yaml', text: configText(), environment: {}, table: sidecarConfigTable });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
    const policy = await readPolicy(join(folder, 'policy.yaml'), knownNames(loaded.value));
    return createSidecarServices({
      platform: PLATFORM,
      config: loaded.value,
      policy: policy.ok ? policy.value : undefined,
      podIps: undefined,
      log,
      metrics,
      readiness: createReadiness(SIDECAR_READINESS),
      clock: systemClock(),
      random: randomBytes,
      jitter: Math.random,
      write: (text) => void records.push(text),
    });
  }

  function configText(): string {
    return JSON.stringify({
      trustDomain: ca.authority.trustDomain,
      credentials: {
        ca: {
          bootstrap: [ca.bootstrap],
          mesh: [ca.mesh],
          evidence: { kind: 'joinToken', file: join(folder, 'join-token') },
        },
      },
      inbound: [
        {
          listen: `127.0.0.1:${ports.inbound}`,
          app: `127.0.0.1:${(app.address() as AddressInfo).port}`,
          audience: 'self',
        },
      ],
      issuers: [{ name: 'cleat', issuer: ISSUER, jwks: `file:${join(folder, 'jwks.json')}` }],
      policy: join(folder, 'policy.yaml'),
      egress: {
        listen: `127.0.0.1:${ports.egress}`,
        upstreams: [
          {
            name: 'self',
            address: `127.0.0.1:${ports.inbound}`,
            spiffe: { exact: '/ns/shop/sa/agent' },
            audience: 'self',
            scopes: ['read'],
          },
        ],
      },
      admin: '127.0.0.1:0',
      control: join(folder, 'control', 'sidecar.sock'),
      drain: { grace: '0s', deadline: '1s' },
      log: { level: 'info', admittedSample: 1 },
    });
  }

  function mintFor(leaf: Buffer, audience: string, scopes: readonly string[]) {
    const now = Math.floor(Date.now() / 1000);
    const expiresAt = epochSeconds(now + 300);
    const thumbprint = createHash('sha256').update(leaf).digest('base64url');
    const claims = {
      iss: ISSUER,
      sub: 'agent',
      client_id: 'agent',
      aud: audience,
      iat: now,
      exp: expiresAt,
      jti: 'jti-of-services',
      scope: scopes.join(' '),
      cnf: { 'x5t#S256': thumbprint },
    };
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${part({ alg: 'ES256', typ: 'at+jwt', kid: 'k1' })}.${part(claims)}`;
    const signature = sign('sha256', Buffer.from(signed), { key: tokenKey, dsaEncoding: 'ieee-p1363' });
    return { token: `${signed}.${signature.toString('base64url')}`, expiresAt, scopes };
  }

  function jwkOf(): object {
    // The last 64 bytes of an SPKI on P-256 are the point.
    const point = spkiOf(tokenKey).subarray(-64);
    const coordinate = (start: number): string => point.subarray(start, start + 32).toString('base64url');
    return { kty: 'EC', crv: 'P-256', kid: 'k1', x: coordinate(0), y: coordinate(32) };
  }

  function call(path: string, host = 'self', headers: Record<string, string> = {}) {
    return new Promise<{ status: number; body: string; requestId: unknown }>((resolve, reject) => {
      const asked = request(
        { host: '127.0.0.1', port: ports.egress, path, headers: { ...headers, host }, agent: false },
        (answer) => {
          const body: Buffer[] = [];
          answer.on('data', (bytes: Buffer) => void body.push(bytes));
          answer.on('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              body: Buffer.concat(body).toString(),
              requestId: answer.headers['cleat-request-id'],
            }),
          );
        },
      );
      asked.on('error', reject);
      asked.end();
    });
  }

  it('A-114 deals with nobody, in either direction, before the CA has said who is revoked', async () => {
    const key = testKey();
    const { chain } = ca.certify(spkiOf(key));
    const identity = { key, chain, roots: [ca.authority.der] };
    const socket = connectTls({
      ...clientContextOptions(identity),
      host: '127.0.0.1',
      port: ports.inbound,
      checkServerIdentity: () => undefined,
    });
    socket.on('error', () => undefined);
    socket.resume();
    await new Promise((resolve) => void socket.once('close', resolve));
    const control = join(folder, 'control', 'sidecar.sock');
    const why = await callControl({ path: control, verb: 'why', body: { last: 1 } });
    expect(why).to.have.nested.property('value[0].code', 'PEER_REVOCATION_UNKNOWN');
    expect(await call('/open')).to.have.property('status', 502);
    expect(await callControl({ path: control, verb: 'status', body: null })).to.deep.nested.include({
      'value.pending': ['revocations'],
    });
    heard.resolve();
    await collected.line(({ message }) => message === 'revocations adopted');
    expect(await call('/open')).to.have.property('status', 200);
  });

  it('A-005 closes on who shows no certificate, and tells the operator alone why', async () => {
    const socket = connectTls({ host: '127.0.0.1', port: ports.inbound, rejectUnauthorized: false });
    socket.on('error', () => undefined);
    socket.resume();
    await new Promise((resolve) => void socket.once('close', resolve));
    const why = await callControl({ path: join(folder, 'control', 'sidecar.sock'), verb: 'why', body: { last: 1 } });
    expect(why).to.have.nested.property('value[0].code', 'PEER_NO_CERTIFICATE');
  });

  it('refuses a path that no rule names, and why knows the request by its id', async () => {
    const answer = await call('/secret');
    expect(answer).to.include({ status: 403, body: 'not allowed\n' });
    const why = await callControl({
      path: join(folder, 'control', 'sidecar.sock'),
      verb: 'why',
      body: { requestId: answer.requestId },
    });
    expect(why).to.have.nested.property('value[0].code', 'POLICY_NO_RULE');
  });

  it('A-603 answers 404 to a call for anything but an upstream', async () => {
    expect(await call('/open', 'example.net')).to.include({ status: 404, body: 'not found\n' });
  });

  it('A-261 admits what is bound, and the app reads who called from us alone', async () => {
    const answer = await call('/open', 'self', { 'cleat-caller': 'spiffe://forged/x', authorization: 'Bearer forged' });
    expect(answer.status).to.equal(200);
    const fields = JSON.parse(answer.body) as readonly string[];
    expect(fields.filter((_name, at) => fields[at - 1] === 'Cleat-Caller')).to.deep.equal([
      'spiffe://mesh.example/ns/shop/sa/agent',
    ]);
    expect(fields).to.include('x5t#S256').and.to.not.include('Authorization');
    expect(answer.body).to.not.include('forged');
  });

  it('goes on through a rotation: certificate and token change together', async () => {
    const renewed = await callControl({ path: join(folder, 'control', 'sidecar.sock'), verb: 'renew', body: null });
    expect(renewed).to.have.nested.property('value.generation', 2);
    for (let count = 0; count < 20; count += 1) expect(await call('/open')).to.have.property('status', 200);
    const status = await callControl({ path: join(folder, 'control', 'sidecar.sock'), verb: 'status', body: null });
    expect(status).to.deep.nested.include({ 'value.egressGeneration': 2, 'value.pending': [] });
  });

  it('A-561 writes one record for each side of a call, and no token anywhere', async () => {
    const serials = new Set(records.join('').match(/"serial":"[0-9a-f]+"/g));
    expect(serials).to.have.property('size', 2);
    const all = records.join('') + JSON.stringify(lines) + metrics.render();
    expect(all).to.include('"direction":"inbound"').and.to.include('"direction":"egress"');
    expect(all).to.include('"token":"jti-of-services"').and.to.not.include('eyJ');
  });
});

const POLICY = `
rules:
  - {id: open, peers: [{exact: /ns/shop/sa/agent}], methods: [GET], paths: [{exact: /open}], scopes: [read]}
`;

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
