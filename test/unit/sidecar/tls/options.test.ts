import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type ConnectionOptions, type Server, type TLSSocket } from 'node:tls';

import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { checkSvid } from '../../../../core/x509/svid.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import type { Snapshot } from '../../../../sidecar/credentials/snapshot.ts';
import { clientTlsOptions, replaceServerContext, serverTlsOptions } from '../../../../sidecar/tls/options.ts';
import { testCaId } from '../../../kit/grpc-ca.ts';
import {
  createTestAuthority,
  issueTestLeaf,
  testKey,
  type LeafOptions,
  type TestAuthority,
} from '../../../kit/x509.ts';

function snapshotOf(authority: TestAuthority, options: LeafOptions = {}): Snapshot {
  const { key, der } = issueTestLeaf(authority, options);
  const leaf = demand(parseCertificate(der));
  const id = demand(checkSvid(leaf, testCaId(authority.trustDomain).trustDomain));
  const facts = { generation: 1, bundleGeneration: 1, renewAt: leaf.notAfter };
  return { ...facts, id, key, leaf, chain: [der], roots: [authority.der] };
}

/** A server that says hello to whom it let in. */
async function serve(snapshot: Snapshot): Promise<Server & AsyncDisposable> {
  const open = new Set<TLSSocket>();
  const server = createServer(serverTlsOptions(snapshot), (socket) => {
    open.add(socket.on('error', () => undefined));
    socket.on('data', (bytes) => socket.write(bytes));
    socket.write('hello');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(server, {
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  });
}

interface Tried {
  readonly socket: TLSSocket;
  readonly hello: boolean;
}

/** Whether the server said hello; in TLS 1.3 a refused client learns of it only afterwards. */
async function attempt(server: Server, options: ConnectionOptions): Promise<Tried> {
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', checkServerIdentity: () => undefined, ...options });
  const hello = await new Promise<boolean>((resolve) => {
    socket.on('error', () => resolve(false));
    socket.once('data', () => resolve(true)).once('close', () => resolve(false));
  });
  return { socket, hello };
}

/** A client that could speak TLS 1.2 with a server that would. */
const OLD: ConnectionOptions = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  ecdhCurve: 'P-256',
};
const { key: _key, cert: _cert, ...NAMELESS } = clientTlsOptions(snapshotOf(createTestAuthority()));

describe('serverTlsOptions()', () => {
  const authority = createTestAuthority();
  const snapshot = snapshotOf(authority);
  /** A client that would resume if it could: our own options forbid it on this side too. */
  const RESUMER: ConnectionOptions = { ...clientTlsOptions(snapshot), secureOptions: 0 };

  it('A-005 lets nobody in without a certificate, A-029 with one of another root, A-010 with an expired one', async () => {
    await using server = await serve(snapshot);
    const stranger = { ...snapshotOf(createTestAuthority()), roots: [authority.der] };
    const late = snapshotOf(authority, { lifetime: -1 });
    const nameless = { ...NAMELESS, ca: clientTlsOptions(snapshot).ca };
    for (const options of [nameless, clientTlsOptions(stranger), clientTlsOptions(late)])
      expect((await attempt(server, options)).hello).to.equal(false);
    const { socket, hello } = await attempt(server, clientTlsOptions(snapshot));
    expect(hello).to.equal(true);
    expect(socket.getProtocol()).to.equal('TLSv1.3');
    socket.destroy();
  });

  it('A-001 speaks no TLS 1.2, A-079 also after a new snapshot, A-052 and resumes no session', async () => {
    await using server = await serve(snapshot);
    for (const round of ['first', 'replaced']) {
      expect((await attempt(server, { ...clientTlsOptions(snapshot), ...OLD })).hello, round).to.equal(false);
      const first = await attempt(server, RESUMER);
      const [session] = await once(first.socket, 'session');
      first.socket.destroy();
      const second = await attempt(server, { ...RESUMER, session });
      expect(second.hello).to.equal(true);
      expect(second.socket.isSessionReused(), round).to.equal(false);
      second.socket.destroy();
      replaceServerContext(server, snapshotOf(authority));
    }
  });

  it('prefers X25519, and takes the hybrid or P-256 from who has nothing else', async () => {
    await using server = await serve(snapshot);
    const agreed = async (ecdhCurve: string): Promise<unknown> => {
      const { socket } = await attempt(server, { ...clientTlsOptions(snapshot), ecdhCurve });
      const facts = socket.getEphemeralKeyInfo();
      socket.destroy();
      return facts;
    };
    expect(await agreed('X25519:P-256')).to.have.property('name', 'X25519');
    expect(await agreed('P-256')).to.have.property('name', 'prime256v1');
    expect(await agreed('X25519MLKEM768')).to.not.equal(undefined);
  });
});

describe('replaceServerContext()', () => {
  it('A-534 gives new handshakes the new certificate and trust, and leaves open connections alone', async () => {
    const [one, two] = [createTestAuthority(), createTestAuthority()];
    await using server = await serve(snapshotOf(one));
    const old = await attempt(server, clientTlsOptions(snapshotOf(one)));
    replaceServerContext(server, snapshotOf(two));
    old.socket.write('still there');
    const [echo] = await once(old.socket, 'data');
    expect(String(echo)).to.equal('still there');
    old.socket.destroy();
    const trustsNew = { ...snapshotOf(one), roots: [two.der] };
    expect((await attempt(server, clientTlsOptions(trustsNew))).hello, 'old root').to.equal(false);
    const fresh = await attempt(server, clientTlsOptions(snapshotOf(two)));
    expect(fresh.hello).to.equal(true);
    fresh.socket.destroy();
  });

  it('A-071 throws for a pair that does not match, and keeps the old one', async () => {
    const authority = createTestAuthority();
    const snapshot = snapshotOf(authority);
    await using server = await serve(snapshot);
    expect(() => replaceServerContext(server, { ...snapshot, key: testKey() })).to.throw(/mismatch/i);
    const { socket, hello } = await attempt(server, clientTlsOptions(snapshot));
    expect(hello).to.equal(true);
    socket.destroy();
  });
});
