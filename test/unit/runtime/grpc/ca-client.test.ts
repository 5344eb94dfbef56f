import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { expect } from 'chai';

import { refuse, type Outcome } from '../../../../core/fault/refusal.ts';
import { milliseconds } from '../../../../core/time/units.ts';
import { openBootstrap, openMesh } from '../../../../runtime/grpc/ca-client.ts';
import type { CaEndpoint } from '../../../../runtime/grpc/channel.ts';
import type { TrustState } from '../../../../runtime/grpc/messages.ts';
import { startTestCa, testCaId, testIdentity, type TestCa } from '../../../kit/grpc-ca.ts';
import { createTestAuthority } from '../../../kit/x509.ts';

const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'admitted' : outcome.refusal.code);
const evidence = { kind: 'join-token', text: 'secret' } as const;
const request = { csr: Buffer.from('x'), evidence, ttl: undefined };
const mint = { audience: 'payments', scopes: [], ttl: undefined };

function bootstrap(ca: TestCa, changed: Partial<CaEndpoint> = {}) {
  const roots = [ca.authority.der];
  const client = openBootstrap({ addresses: [ca.bootstrap], caId: ca.caId, identity: { roots }, ...changed });
  return { ...client, [Symbol.dispose]: () => client.close() };
}

function mesh(ca: TestCa, changed: Partial<CaEndpoint> = {}) {
  const identity = testIdentity(ca.authority);
  const client = openMesh({ addresses: [ca.mesh], caId: ca.caId, identity, ...changed });
  return { ...client, [Symbol.dispose]: () => client.close() };
}

/** A port that takes connections and never says a word. */
async function silentPort(): Promise<{ address: string; server: Server } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** A port that refuses: nobody listens there. */
async function closedPort(): Promise<string> {
  const silent = await silentPort();
  await silent[Symbol.asyncDispose]();
  return silent.address;
}

describe('openBootstrap()', () => {
  it('A-505 sends nothing to a server under our root that is not the CA', async () => {
    const authority = createTestAuthority();
    for (const path of ['/ns/shop/sa/agent', '/cleat/ca/x', '/cleat', '/cleat/CA']) {
      await using ca = await startTestCa({ authority, serving: testIdentity(authority, { path }) });
      using client = bootstrap(ca);
      expect(codeOf(await client.issue(request)), path).to.equal('RENEW_UNTRUSTED');
      expect(ca.asked.issues).to.deep.equal([]);
    }
  });

  it('A-505 sends nothing to a CA of another trust domain, nor to one whose leaf is no SVID', async () => {
    const authority = createTestAuthority();
    for (const flaw of ['other-domain', 'two-uris', 'dns-injection', 'no-uri', 'any-eku'] as const) {
      const serving = testIdentity(authority, { path: '/cleat/ca', flaw });
      await using ca = await startTestCa({ authority, serving });
      using client = bootstrap(ca);
      expect(codeOf(await client.issue(request)), flaw).to.equal('RENEW_UNTRUSTED');
      expect(ca.asked.issues).to.deep.equal([]);
    }
  });

  it('A-139 sends nothing to a CA of the right name under another root', async () => {
    await using ca = await startTestCa();
    using client = bootstrap(ca, { identity: { roots: [createTestAuthority().der] } });
    expect(codeOf(await client.issue(request))).to.equal('RENEW_UNTRUSTED');
    expect(ca.asked.issues).to.deep.equal([]);
  });

  it('A-010 sends nothing to a CA whose certificate has expired', async () => {
    const authority = createTestAuthority();
    const serving = testIdentity(authority, { path: '/cleat/ca', lifetime: -1 });
    await using ca = await startTestCa({ authority, serving });
    using client = bootstrap(ca);
    expect(codeOf(await client.issue(request))).to.equal('RENEW_UNTRUSTED');
    expect(ca.asked.issues).to.deep.equal([]);
  });

  it('A-501 says RENEW_UNREACHABLE where nobody listens, and where nobody answers within the deadline (A-512)', async () => {
    await using ca = await startTestCa();
    await using silent = await silentPort();
    for (const address of [await closedPort(), silent.address]) {
      using client = bootstrap(ca, { addresses: [address], deadline: milliseconds(300) });
      expect(codeOf(await client.issue(request)), address).to.equal('RENEW_UNREACHABLE');
    }
  });

  it('goes on to the next address when one is closed, silent or not the CA', async () => {
    await using ca = await startTestCa();
    await using stranger = await startTestCa();
    await using silent = await silentPort();
    for (const bad of [await closedPort(), silent.address, stranger.bootstrap]) {
      using client = bootstrap(ca, { addresses: [bad, ca.bootstrap], deadline: milliseconds(500) });
      expect(codeOf(await client.issue(request)), bad).to.equal('CSR_MALFORMED');
    }
    expect(stranger.asked.issues).to.deep.equal([]);
  });

  it('does not ask the next address when the CA has refused', async () => {
    await using one = await startTestCa();
    await using two = await startTestCa({ authority: one.authority });
    one.acts.issue = async () => refuse('ISSUE_BUSY');
    using client = bootstrap(one, { addresses: [one.bootstrap, two.bootstrap] });
    expect(codeOf(await client.issue(request))).to.equal('ISSUE_BUSY');
    expect(two.asked.issues).to.deep.equal([]);
  });

  it('A-502 reaches a CA that comes back, over the same client', async () => {
    const authority = createTestAuthority();
    const address = await closedPort();
    const caId = testCaId(authority.trustDomain);
    const client = openBootstrap({ addresses: [address], caId, identity: { roots: [authority.der] } });
    expect(codeOf(await client.issue(request))).to.equal('RENEW_UNREACHABLE');
    await using ca = await startTestCa({ authority, bootstrap: address });
    let outcome = await client.issue(request);
    while (codeOf(outcome) === 'RENEW_UNREACHABLE') {
      await new Promise(setImmediate);
      outcome = await client.issue(request);
    }
    expect(codeOf(outcome)).to.equal('CSR_MALFORMED');
    expect(ca.asked.issues).to.have.length(1);
    client.close();
  });

  it('takes no call once it is closed', async () => {
    await using ca = await startTestCa();
    const client = bootstrap(ca);
    client.close();
    client.close();
    expect(codeOf(await client.issue(request))).to.equal('RENEW_UNREACHABLE');
  });
});

describe('openMesh()', () => {
  it('A-510 refuses an answer that is out of its limits', async () => {
    await using ca = await startTestCa();
    using client = mesh(ca);
    const now = ca.certify(ca.authority.certificate.spki);
    ca.acts.renew = async () => ({ ok: true, value: { ...now, lineageId: Buffer.alloc(3) } });
    expect(codeOf(await client.renew(request))).to.equal('RENEW_ANSWER');
    ca.acts.mint = async () => ({ ok: true, value: { token: '', expiresAt: now.notAfter, scopes: [] } });
    expect(codeOf(await client.mint(mint))).to.equal('RENEW_ANSWER');
  });

  it('A-511 ends a stream that tells an empty bundle', async () => {
    await using ca = await startTestCa();
    using client = mesh(ca);
    const told: TrustState[] = [];
    ca.bundle = { generation: 9, roots: [] };
    const ended = await client.watch((state) => told.push(state), new AbortController().signal);
    expect(codeOf(ended)).to.equal('RENEW_ANSWER');
    expect(told).to.deep.equal([]);
  });

  it('A-512 gives up a stream whose first state does not come, and goes on to the next address', async () => {
    await using ca = await startTestCa();
    await using silent = await silentPort();
    const told: (readonly [string, boolean])[] = [];
    using client = mesh(ca, {
      addresses: [silent.address, ca.mesh],
      deadline: milliseconds(300),
      told: (address, isThere) => told.push([address, isThere]),
    });
    const ending = new AbortController();
    expect(codeOf(await client.watch(() => undefined, ending.signal))).to.equal('RENEW_UNREACHABLE');
    expect(codeOf(await client.watch(() => ending.abort(), ending.signal))).to.equal('admitted');
    expect(told).to.deep.include([silent.address, false]).and.deep.include([ca.mesh, true]);
  });

  it('ends a stream with the code of the CA, and at once when the signal has aborted', async () => {
    await using ca = await startTestCa();
    using client = mesh(ca);
    ca.acts.watch = async () => refuse('PEER_EXPIRED', 'x');
    expect(codeOf(await client.watch(() => undefined, new AbortController().signal))).to.equal('PEER_EXPIRED');
    ca.acts.watch = async () => ({ ok: true, value: undefined });
    expect(codeOf(await client.watch(() => undefined, new AbortController().signal))).to.equal('RENEW_UNREACHABLE');
    expect(codeOf(await client.watch(() => undefined, AbortSignal.abort()))).to.equal('admitted');
  });

  it('carries what is asked and what is answered', async () => {
    await using ca = await startTestCa();
    using client = mesh(ca);
    const seen: unknown[] = [];
    ca.acts.mint = async (leaf, asked) => {
      seen.push(asked);
      return ca.honest.mint(leaf, asked);
    };
    const outcome = await client.mint({ audience: 'payments', scopes: ['a', 'b'], ttl: undefined });
    expect(seen).to.deep.equal([{ audience: 'payments', scopes: ['a', 'b'], ttl: undefined }]);
    expect(outcome).to.have.nested.property('value.scopes').that.deep.equals(['a', 'b']);
    expect(codeOf(await client.acknowledge({ bundle: 7, revocations: 3 }))).to.equal('admitted');
    expect([ca.asked.acknowledged, ca.asked.obeyed]).to.deep.equal([[7], [3]]);
  });
});
