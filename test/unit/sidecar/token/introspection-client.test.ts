import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';

import { expect } from 'chai';

import { Fault } from '../../../../core/fault/fault.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { createMetrics } from '../../../../runtime/metrics.ts';
import { mutualServerOptions } from '../../../../runtime/tls-options.ts';
import { createIntrospectionCounter, createIntrospector } from '../../../../runtime/token/introspection.ts';
import { serverTrust } from '../../../../sidecar/server-trust.ts';
import { introspectionClient, type IntrospectionIdentity } from '../../../../sidecar/token/introspection-client.ts';
import { createTestAuthority, issueTestLeaf } from '../../../kit/x509.ts';
import { snapshotOf } from '../egress/snapshots.ts';

describe('introspectionClient()', () => {
  const authority = createTestAuthority();
  const own = snapshotOf(authority, { generation: 1 });
  const credentials = { current: () => own };
  const folder = mkdtempSync(join(tmpdir(), 'cleat-introspection-'));
  after(() => rmSync(folder, { recursive: true }));

  const codeOf = (identity: IntrospectionIdentity, held: { current(): typeof own | undefined } = credentials) =>
    introspectionClient(identity, held).then(
      () => 'client',
      (thrown: unknown) => Fault.from(thrown).code,
    );

  it('throws where there is no certificate, and where the secret is missing or open to others', async () => {
    expect(await codeOf({ client: 'mtls' }, { current: () => undefined })).to.equal('RENEW_EXPIRED');
    const secretFile = join(folder, 'secret');
    expect(await codeOf({ client: 'secret', id: 'pay', secretFile })).to.equal('CONFIG_FILE');
    writeFileSync(secretFile, 'top secret\n', { mode: 0o644 });
    expect(await codeOf({ client: 'secret', id: 'pay', secretFile })).to.equal('CONFIG_PERMISSION');
  });

  it('reads the secret at each call', async () => {
    const secretFile = join(folder, 'turned');
    for (const secret of ['one', 'two']) {
      writeFileSync(secretFile, `${secret}\n`, { mode: 0o600 });
      const client = await introspectionClient({ client: 'secret', id: 'pay', secretFile }, credentials);
      expect(client).to.deep.equal({ kind: 'secret', id: 'pay', secret });
    }
  });

  it('names itself by its SPIFFE ID, or as it is told', async () => {
    expect(await introspectionClient({ client: 'mtls' }, credentials)).to.include({ kind: 'mtls', id: own.id.uri });
    expect(await introspectionClient({ client: 'mtls', id: 'pay' }, credentials)).to.include({ id: 'pay' });
  });

  it('shows the certificate of the workload to the CA of the mesh, and to no other server of it', async () => {
    const seen: string[] = [];
    const codes: string[] = [];
    for (const path of ['/ns/shop/sa/agent', '/cleat/ca']) {
      const { key, der } = issueTestLeaf(authority, { path, dns: ['localhost'] });
      const options = mutualServerOptions({ key, chain: [der], roots: [authority.der] });
      const server = createServer(options, (request, response) => {
        seen.push((request.socket as TLSSocket).getPeerCertificate().subjectaltname ?? '');
        response.end('{"active":true,"token_type":"Bearer"}');
      });
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const introspector = createIntrospector({
        issuer: 'cleat',
        iss: 'https://ca.mesh.test',
        url: `https://localhost:${(server.address() as AddressInfo).port}/introspect`,
        trust: () => serverTrust({ kind: 'mesh' }, { credentials, clock: systemClock() }),
        client: () => introspectionClient({ client: 'mtls' }, credentials),
        asked: createIntrospectionCounter(createMetrics()),
        clock: systemClock(),
      });
      const claims = await introspector.ask('opaque', 'peer');
      codes.push(claims.ok ? 'active' : claims.refusal.code);
      server.close();
    }
    expect(codes).to.deep.equal(['TOKEN_INTROSPECTION_UNAVAILABLE', 'active']);
    expect(seen).to.deep.equal([`URI:${own.id.uri}`]);
  });
});
