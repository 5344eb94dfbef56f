import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { milliseconds } from '../../../core/time/units.ts';
import { encodePem } from '../../../core/x509/pem.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { createMetrics } from '../../../runtime/metrics.ts';
import { plainServerOptions } from '../../../runtime/tls-options.ts';
import type { TrustedIssuer } from '../../../runtime/token/verify-token.ts';
import { createIssuers, type Issuers } from '../../../sidecar/issuers.ts';
import { collectLog } from '../../kit/log-lines.ts';
import { createTestAuthority, issueTestLeaf } from '../../kit/x509.ts';
import { snapshotOf } from './egress/snapshots.ts';

describe('createIssuers()', () => {
  const authority = createTestAuthority();
  const own = snapshotOf(authority, { generation: 1 });
  const folder = mkdtempSync(join(tmpdir(), 'cleat-issuers-'));
  const servers: Server[] = [];
  const started: Issuers[] = [];
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
  const keySet = JSON.stringify({ keys: [{ ...jwk, kid: 'k1' }] });

  after(async () => {
    for (const { keys } of started) await keys[Symbol.asyncDispose]();
    for (const server of servers) server.close();
    rmSync(folder, { recursive: true });
  });

  /** A server of keys that shows a certificate of this path. */
  async function serveKeys(path: string, dns: readonly string[] = []): Promise<string> {
    const { key, der } = issueTestLeaf(authority, { path, dns });
    const server = createServer(
      plainServerOptions({ key, chain: [der], roots: [authority.der] }),
      (_request, response) => response.end(keySet),
    );
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `https://localhost:${(server.address() as AddressInfo).port}/jwks.json`;
  }

  type Entry = Parameters<typeof createIssuers>[0][number];

  interface Given {
    readonly current?: () => typeof own | undefined;
    readonly lineage?: boolean;
  }

  async function loaded(jwks: Entry['jwks'], trust: Entry['trust'], { current = () => own, lineage }: Given = {}) {
    const entry: Entry = {
      lineage,
      name: 'cleat',
      issuer: 'https://ca.mesh.test',
      jwks,
      trust,
      algorithms: ['ES256'],
      types: ['at+jwt'],
      audiences: [],
      scopes: [['scope']],
      claims: [],
      skew: milliseconds(30_000),
      maxLifetime: milliseconds(3_600_000),
      mustBind: true,
      jkt: 'dpop',
      ignoreCnf: ['kc-jkt-type'],
    };
    const deps = {
      trustDomain: own.id.trustDomain,
      credentials: { current },
      clock: systemClock(),
      jitter: Math.random,
      log: collectLog().log,
    };
    const issuers = createIssuers([entry], { ...deps, metrics: createMetrics() });
    const [issuer] = issuers.trusted;
    if (issuer === undefined) throw new Error('no issuer');
    started.push(issuers);
    await issuers.keys.start(new AbortController().signal);
    return issuer;
  }

  const codeOf = ({ source }: TrustedIssuer): string => {
    const keys = source.keys();
    return keys.ok ? 'loaded' : keys.refusal.code;
  };

  it('takes no keys from another workload of the mesh, whatever its DNS names', async () => {
    const url = await serveKeys('/ns/shop/sa/agent', ['localhost']);
    expect(codeOf(await loaded({ kind: 'https', url }, { kind: 'mesh' }))).to.equal('TOKEN_KEYS_UNAVAILABLE');
  });

  it('takes no keys before there is a bundle', async () => {
    const url = await serveKeys('/cleat/ca');
    expect(codeOf(await loaded({ kind: 'https', url }, { kind: 'mesh' }, { current: () => undefined }))).to.equal(
      'TOKEN_KEYS_UNAVAILABLE',
    );
  });

  it('takes the keys of the CA by its SPIFFE ID', async () => {
    const url = await serveKeys('/cleat/ca');
    const issuer = await loaded({ kind: 'https', url }, { kind: 'mesh' });
    expect(codeOf(issuer)).to.equal('loaded');
    expect(issuer.rules).to.deep.include({ name: 'cleat', issuer: 'https://ca.mesh.test', mustBind: true, skew: 30 });
  });

  it('trusts the roots of a file by host name, and no others', async () => {
    const roots = join(folder, 'roots.pem');
    writeFileSync(roots, encodePem('CERTIFICATE', authority.der));
    const url = await serveKeys('/ns/shop/sa/agent', ['localhost']);
    expect(codeOf(await loaded({ kind: 'https', url }, { kind: 'file', path: roots }))).to.equal('loaded');
    expect(codeOf(await loaded({ kind: 'https', url }, { kind: 'system' }))).to.equal('TOKEN_KEYS_UNAVAILABLE');
    const missing = { kind: 'file', path: join(folder, 'missing.pem') } as const;
    expect(codeOf(await loaded({ kind: 'https', url }, missing))).to.equal('TOKEN_KEYS_UNAVAILABLE');
  });

  it('A-442 lets lineage count for the own CA, and for no other issuer that is not opted in', async () => {
    const path = join(folder, 'keys.json');
    writeFileSync(path, keySet);
    const rules = async (trust: Entry['trust'], lineage?: boolean) =>
      (await loaded({ kind: 'file', path }, trust, lineage === undefined ? {} : { lineage })).rules;
    const { trustDomain } = own.id;
    expect(await rules({ kind: 'system' })).to.include({ lineage: false, trustDomain: undefined });
    expect(await rules({ kind: 'system' }, false)).to.include({ lineage: false, trustDomain: undefined });
    expect(await rules({ kind: 'mesh' }, false)).to.include({ lineage: false, trustDomain });
    expect(await rules({ kind: 'mesh' })).to.include({ lineage: true, trustDomain });
    expect(await rules({ kind: 'system' }, true)).to.include({ lineage: true, trustDomain });
  });

  it('reads a key set from a file', async () => {
    const path = join(folder, 'jwks.json');
    writeFileSync(path, keySet);
    expect(codeOf(await loaded({ kind: 'file', path }, { kind: 'mesh' }))).to.equal('loaded');
  });
});
