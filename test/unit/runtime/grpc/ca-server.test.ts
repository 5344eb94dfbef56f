import { once } from 'node:events';
import { createServer, connect as connectTcp, type AddressInfo } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';

import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { createSecureContext } from 'node:tls';
import { expect } from 'chai';

import { Fault } from '../../../../core/fault/fault.ts';
import { refuse, type Outcome } from '../../../../core/fault/refusal.ts';
import { milliseconds } from '../../../../core/time/units.ts';
import { openBootstrap, openMesh, type MeshClient } from '../../../../runtime/grpc/ca-client.ts';
import type { TrustState } from '../../../../runtime/grpc/messages.ts';
import { clientContextOptions, type TlsIdentity } from '../../../../runtime/tls-options.ts';
import { startTestCa, testIdentity, type TestCa } from '../../../kit/grpc-ca.ts';
import { createTestAuthority, spkiOf, testKey } from '../../../kit/x509.ts';

const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'admitted' : outcome.refusal.code);
const mint = { audience: 'payments', scopes: [], ttl: undefined };

/** An identity of the test CA as a workload has it. */
function workload(ca: TestCa): TlsIdentity {
  const key = testKey();
  return { key, chain: ca.certify(spkiOf(key)).chain, roots: [ca.authority.der] };
}

function mesh(ca: TestCa, identity: TlsIdentity | { roots: readonly Buffer[] }): MeshClient & Disposable {
  const client = openMesh({ addresses: [ca.mesh], caId: ca.caId, identity });
  return { ...client, [Symbol.dispose]: () => client.close() };
}

function dial(address: string, options: ConnectionOptions): TLSSocket {
  const [host = '', port = ''] = address.split(':');
  return connect({ host, port: Number(port), ALPNProtocols: ['h2'], checkServerIdentity: () => undefined, ...options });
}

/** Resolves with `secure` or what the socket ended with. */
async function handshake(socket: TLSSocket): Promise<string> {
  socket.on('error', () => undefined);
  const outcome = await Promise.race([
    once(socket, 'secureConnect').then(() => 'secure'),
    once(socket, 'close').then(() => 'closed'),
  ]).catch((error: NodeJS.ErrnoException) => error.code ?? 'error');
  return outcome;
}

/** The listeners still serve who has a right to it. */
async function expectAlive(ca: TestCa): Promise<void> {
  using client = mesh(ca, workload(ca));
  expect(codeOf(await client.mint(mint))).to.equal('admitted');
}

describe('createCaServers()', () => {
  it('A-005 serves nobody on mesh without a client certificate', async () => {
    await using ca = await startTestCa();
    using client = mesh(ca, { roots: [ca.authority.der] });
    expect(codeOf(await client.renew({ csr: Buffer.from('x'), ttl: undefined }))).to.equal('RENEW_UNREACHABLE');
    expect(ca.asked.renewals).to.deep.equal([]);
    await expectAlive(ca);
  });

  it('A-029 serves nobody on mesh whose certificate is of another root, nor whose has expired (A-010)', async () => {
    await using ca = await startTestCa();
    const stranger = testIdentity(createTestAuthority());
    const late = testIdentity(ca.authority, { lifetime: -1 });
    for (const identity of [{ ...stranger, roots: [ca.authority.der] }, late]) {
      using client = mesh(ca, identity);
      expect(codeOf(await client.renew({ csr: Buffer.from('x'), ttl: undefined }))).to.equal('RENEW_UNREACHABLE');
    }
    expect(ca.asked.renewals).to.deep.equal([]);
  });

  it('A-001 speaks no TLS 1.2, on either listener, also after a rotation (A-079)', async () => {
    await using ca = await startTestCa();
    const old: ConnectionOptions = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', rejectUnauthorized: false };
    for (const round of ['first', 'rotated']) {
      for (const address of [ca.bootstrap, ca.mesh]) {
        expect(await handshake(dial(address, old)), `${round} ${address}`).to.match(/PROTOCOL_VERSION|closed|error/);
      }
      ca.servers.rotate(testIdentity(ca.authority, { path: '/cleat/ca' }));
    }
  });

  it('A-052 resumes no session', async () => {
    await using ca = await startTestCa();
    ca.servers.rotate(testIdentity(ca.authority, { path: '/cleat/ca' }));
    // Our own options forbid resumption on the client's side too.
    const options: ConnectionOptions = { ...clientContextOptions(workload(ca)), secureOptions: 0 };
    const first = dial(ca.mesh, options);
    const [session] = await once(first, 'session');
    first.destroy();
    const second = dial(ca.mesh, { ...options, session });
    expect(await handshake(second)).to.equal('secure');
    expect(second.isSessionReused()).to.equal(false);
    second.destroy();
  });

  it('A-078 survives garbage instead of a handshake, HTTP, and clients that leave', async () => {
    await using ca = await startTestCa();
    for (const address of [ca.bootstrap, ca.mesh]) {
      for (const bytes of [
        Buffer.from('GET / HTTP/1.1\r\n\r\n'),
        Buffer.from('16030100050100000100', 'hex'),
        Buffer.alloc(70_000, 0x16),
        Buffer.alloc(0),
      ]) {
        const [host = '', port = ''] = address.split(':');
        const socket = connectTcp({ host, port: Number(port) }, () => socket.end(bytes));
        socket.on('error', () => undefined).resume();
        await new Promise((resolve) => socket.once('close', resolve));
      }
    }
    await expectAlive(ca);
  });

  it('A-544 answers with a status when a method throws, says nothing of why, and lives', async () => {
    await using ca = await startTestCa();
    using client = mesh(ca, workload(ca));
    ca.acts.mint = async () => {
      await Promise.resolve();
      throw new TypeError('the secret reason');
    };
    const outcome = await client.mint(mint);
    expect(outcome).to.deep.equal({
      ok: false,
      refusal: { code: 'BUG_UNEXPECTED', detail: 'INTERNAL: internal error' },
    });
    ca.acts.mint = () => {
      throw new Fault('JOURNAL_FAILED', 'the secret reason');
    };
    expect(codeOf(await client.mint(mint))).to.equal('JOURNAL_FAILED');
    ca.acts.watch = () => Promise.reject(new Error('the secret reason'));
    const ended = await client.watch(() => undefined, new AbortController().signal);
    expect(ended).to.deep.equal({ ok: false, refusal: { code: 'BUG_UNEXPECTED', detail: 'INTERNAL: internal error' } });
    expect(ca.log.filter(({ message }) => message === 'call broke')).to.have.length(3);
    ca.acts.mint = (leaf, asked) => ca.honest.mint(leaf, asked);
    expect(codeOf(await client.mint(mint))).to.equal('admitted');
  });

  it('tells a refused caller the code and the public text, and the log the detail', async () => {
    await using ca = await startTestCa();
    using client = mesh(ca, workload(ca));
    ca.acts.mint = async () => refuse('GRANT_TOKEN_RULE', 'rule 7 of the secret list');
    expect(await client.mint(mint)).to.deep.equal({
      ok: false,
      refusal: { code: 'GRANT_TOKEN_RULE', detail: 'PERMISSION_DENIED: not allowed' },
    });
    const [line] = ca.log.filter(({ message }) => message === 'call refused');
    expect(line).to.deep.include({ level: 'info' });
    expect(line?.fields).to.include({ code: 'GRANT_TOKEN_RULE', detail: 'rule 7 of the secret list' });
  });

  it('refuses messages that are not protobuf, and those over 64 KiB, and lives', async () => {
    await using ca = await startTestCa();
    const trust = credentials.createFromSecureContext(
      createSecureContext(clientContextOptions({ roots: [ca.authority.der] })),
      { checkServerIdentity: () => undefined },
    );
    const client = new Client(ca.bootstrap, trust, { 'grpc.ssl_target_name_override': 'cleat-ca' });
    const send = (bytes: Buffer): Promise<ServiceError | null> =>
      new Promise((resolve) => {
        const raw = (value: Buffer): Buffer => value;
        client.makeUnaryRequest('/cleat.ca.v1.Bootstrap/Issue', raw, raw, bytes, resolve);
      });
    expect(await send(Buffer.from('ffffffff', 'hex'))).to.have.property('code', status.INTERNAL);
    expect(await send(Buffer.alloc(65 * 1024))).to.have.property('code', status.RESOURCE_EXHAUSTED);
    expect(await send(Buffer.alloc(0))).to.have.property('code', status.UNAUTHENTICATED);
    client.close();
    expect(ca.asked.issues).to.deep.equal([]);
    await expectAlive(ca);
  });

  it('A-534 rotates certificate and trust under an open stream: the stream lives on, new handshakes get the new ones', async () => {
    await using ca = await startTestCa();
    const states: TrustState[] = [];
    const abort = new AbortController();
    using before = mesh(ca, workload(ca));
    let heard: () => void = () => undefined;
    const next = (): Promise<void> => new Promise((resolve) => (heard = resolve));
    const first = next();
    const stream = before.watch((state) => {
      states.push(state);
      heard();
    }, abort.signal);
    await first;

    const other = createTestAuthority();
    ca.servers.rotate(testIdentity(other, { path: '/cleat/ca' }));
    const second = next();
    ca.bundle = { generation: 2, roots: [ca.authority.der, other.der] };
    await second;
    expect(states.map(({ bundle }) => bundle.generation)).to.deep.equal([1, 2]);

    using trustsOld = mesh(ca, workload(ca));
    expect(codeOf(await trustsOld.mint(mint)), 'the new certificate is of the new root').to.equal('RENEW_UNTRUSTED');
    using showsOld = mesh(ca, { ...workload(ca), roots: [other.der] });
    expect(codeOf(await showsOld.mint(mint)), 'the old root is no longer trusted').to.equal('RENEW_UNREACHABLE');
    using after = mesh(ca, testIdentity(other));
    expect(codeOf(await after.mint(mint))).to.equal('admitted');
    abort.abort();
    expect(codeOf(await stream)).to.equal('admitted');
  });

  it('A-071 keeps the old pair when the new key and certificate differ', async () => {
    await using ca = await startTestCa();
    const good = testIdentity(ca.authority, { path: '/cleat/ca' });
    expect(() => ca.servers.rotate({ ...good, key: testKey() })).to.throw(/MISMATCH|mismatch/);
    await expectAlive(ca);
  });

  it('sends the root last on bootstrap, and asks for no certificate there', async () => {
    await using ca = await startTestCa();
    const socket = dial(ca.bootstrap, clientContextOptions({ roots: [ca.authority.der] }));
    expect(await handshake(socket)).to.equal('secure');
    const { issuerCertificate } = socket.getPeerCertificate(true);
    expect(issuerCertificate.raw.equals(ca.authority.der)).to.equal(true);
    socket.destroy();
  });

  it('serves health on both listeners, as the protocol of others asks for it', async () => {
    await using ca = await startTestCa();
    const check = (address: string, identity: TlsIdentity, name: string): Promise<unknown> =>
      new Promise((resolve) => {
        const { path, requestSerialize, responseDeserialize } = healthService['Check'] ?? expect.fail('no Check');
        const trust = credentials.createFromSecureContext(createSecureContext(clientContextOptions(identity)), {
          checkServerIdentity: () => undefined,
        });
        const client = new Client(address, trust, { 'grpc.ssl_target_name_override': 'cleat-ca' });
        client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { service: name }, (error, answer) => {
          client.close();
          resolve(error === null ? answer : error.code);
        });
      });
    const identity = workload(ca);
    expect(await check(ca.bootstrap, identity, '')).to.deep.equal({ status: 'SERVING' });
    expect(await check(ca.bootstrap, identity, 'cleat.ca.v1.Bootstrap')).to.deep.equal({ status: 'SERVING' });
    expect(await check(ca.mesh, identity, 'cleat.ca.v1.Mesh')).to.deep.equal({ status: 'SERVING' });
    expect(await check(ca.mesh, identity, 'cleat.ca.v1.Bootstrap')).to.equal(status.NOT_FOUND);
  });

  it('says LIFE_PORT in one line when a port is in use, and leaves nothing open', async () => {
    const taken = createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
    const fault = await startTestCa({ mesh: address }).then(
      () => expect.fail('it started'),
      (thrown: unknown) => Fault.from(thrown),
    );
    expect(fault).to.include({ code: 'LIFE_PORT', detail: `${address}: already in use` });
    for (const wrong of ['127.0.0.1', ':1', '127.0.0.1:99999', '127.0.0.1:x']) {
      const bad = await startTestCa({ bootstrap: wrong }).catch((thrown: unknown) => Fault.from(thrown));
      expect(bad).to.have.property('code', 'LIFE_PORT');
    }
    taken.close();
    await once(taken, 'close');
  });

  it('drains: streams end, calls under way are answered, nobody new is let in', async () => {
    await using ca = await startTestCa();
    using client = mesh(ca, workload(ca));
    let release: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      ca.acts.mint = async (leaf, request) => {
        const answer = new Promise<void>((go) => (release = go));
        resolve();
        await answer;
        return ca.honest.mint(leaf, request);
      };
    });
    const stream = client.watch(() => undefined, new AbortController().signal);
    const call = client.mint(mint);
    await arrived;
    const drained = ca.servers.drain(milliseconds(10_000));
    expect(codeOf(await stream)).to.equal('RENEW_UNREACHABLE');
    release();
    expect(await call).to.deep.include({ ok: true });
    await drained;
    using late = openLate(ca);
    expect(
      codeOf(await late.issue({ csr: Buffer.from('x'), evidence: { kind: 'join-token', text: 'x' }, ttl: undefined })),
    ).to.equal('RENEW_UNREACHABLE');
  });

  it('cuts what is open at the deadline of the drain', async () => {
    await using ca = await startTestCa();
    using client = mesh(ca, workload(ca));
    const arrived = new Promise<void>((resolve) => {
      ca.acts.mint = () => {
        resolve();
        return new Promise(() => undefined);
      };
    });
    const call = client.mint(mint);
    await arrived;
    await ca.servers.drain(milliseconds(1));
    expect(codeOf(await call)).to.equal('RENEW_UNREACHABLE');
  });
});

function openLate(ca: TestCa) {
  const client = openBootstrap({ addresses: [ca.bootstrap], caId: ca.caId, identity: { roots: [ca.authority.der] } });
  return { ...client, [Symbol.dispose]: () => client.close() };
}
