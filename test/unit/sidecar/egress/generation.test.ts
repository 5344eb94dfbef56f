import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';

import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { NO_REVOCATIONS } from '../../../../core/identity/revocation.ts';
import { epochSeconds, milliseconds } from '../../../../core/time/units.ts';
import { createGeneration } from '../../../../sidecar/egress/generation.ts';
import type { Upstream } from '../../../../sidecar/egress/upstream-table.ts';
import { createUpstreamPool } from '../../../../sidecar/forward/upstream.ts';
import { createTicker } from '../../../../sidecar/io/ticker.ts';
import { serverTlsOptions } from '../../../../sidecar/tls/options.ts';
import { testRevocations } from '../../../kit/revocations.ts';
import { createTestAuthority, type TestAuthority } from '../../../kit/x509.ts';
import { standingClock } from './minting.ts';
import { snapshotOf } from './snapshots.ts';
import { CIRCUIT } from '../../../kit/circuit.ts';

describe('createGeneration()', () => {
  const authority = createTestAuthority();
  const now = epochSeconds(Date.now() / 1000);
  const servers: Server[] = [];
  const ticker = createTicker(milliseconds(1000));

  after(() => {
    ticker[Symbol.dispose]();
    for (const server of servers) server.close();
  });

  /** An upstream of this identity that keeps what it is sent. */
  async function startUpstream(root: TestAuthority, path: string, lifetime = 3600) {
    const seen: Buffer[] = [];
    const server = createServer(
      serverTlsOptions(snapshotOf(root, { generation: 1, path, now, lifetime })),
      (socket) => {
        socket.on('data', (bytes: Buffer) => void seen.push(bytes));
        socket.on('error', () => undefined);
      },
    );
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const upstream: Upstream = {
      name: 'catalog',
      address: { host: '127.0.0.1', port },
      spiffe: { exact: '/ns/shop/sa/catalog' },
      audience: 'catalog',
      scopes: [],
      token: { source: 'identity' },
    };
    return { server, seen, upstream };
  }

  function startClient(lifetime = 3600) {
    const clock = standingClock(now);
    const world = { revocations: NO_REVOCATIONS };
    const generation = createGeneration(
      snapshotOf(authority, { generation: 1, path: '/ns/shop/sa/agent', now, lifetime }),
      {
        jitter: () => 0,
        createPool: (open) =>
          createUpstreamPool({
            open,
            closeDelimited: false,
            limits: { connections: 8, idle: milliseconds(7_200_000) },
            clock,
            ticker,
            onDesync: () => undefined,
          }),
        revocations: { current: () => world.revocations },
        circuit: CIRCUIT,
        onCircuit: () => undefined,
        connectTimeout: milliseconds(5000),
        clock,
        countToken: () => undefined,
      },
    );
    return { clock, world, generation };
  }

  it('A-601 refuses an upstream that shows another SPIFFE ID, before it gets a byte', async () => {
    const { seen, upstream } = await startUpstream(authority, '/ns/shop/sa/catalog2');
    const opened = await startClient().generation.channels.to(upstream).open();
    expect(opened).to.have.nested.property('refusal.code', 'UPSTREAM_UNREACHABLE');
    expect(opened.ok ? '' : opened.refusal.detail).to.include('PEER_UNEXPECTED');
    expect(seen).to.deep.equal([]);
  });

  it('A-601 refuses the right SPIFFE ID under another root', async () => {
    const { seen, upstream } = await startUpstream(createTestAuthority(), '/ns/shop/sa/catalog');
    const opened = await startClient().generation.channels.to(upstream).open();
    expect(opened).to.have.property('ok', false);
    expect(seen).to.deep.equal([]);
  });

  it('A-602 never falls back to plaintext, and never resumes a session', async () => {
    const { server, upstream } = await startUpstream(authority, '/ns/shop/sa/catalog');
    const pool = startClient().generation.channels.to(upstream);
    for (let count = 0; count < 3; count += 1) {
      const accepted: Promise<TLSSocket[]> = once(server, 'secureConnection');
      const opened = await pool.open();
      const [socket] = await accepted;
      expect(socket?.isSessionReused()).to.equal(false);
      if (opened.ok) opened.value.discard();
    }
  });

  it('A-072 neither takes an idle connection nor opens one to an upstream that is revoked', async () => {
    const { upstream } = await startUpstream(authority, '/ns/shop/sa/catalog');
    const { world, generation } = startClient();
    const pool = generation.channels.to(upstream);
    const opened = demand(await pool.open());
    opened.release();
    world.revocations = testRevocations({
      kind: 'certificate',
      sequence: 0,
      lineageId: '',
      thumbprint: '',
      serial: opened.peer?.serial ?? '',
    });
    expect(pool.takeIdle()).to.equal(undefined);
    expect(pool.size).to.equal(0);
    const again = await pool.open();
    expect(again.ok ? '' : again.refusal.detail).to.include('PEER_REVOKED');
  });

  it('A-072 closes idle connections to who is revoked at once, and no others', async () => {
    const [one, two] = [
      await startUpstream(authority, '/ns/shop/sa/catalog'),
      await startUpstream(authority, '/ns/shop/sa/catalog'),
    ];
    const { world, generation } = startClient();
    const pools = [one.upstream, { ...two.upstream, name: 'other' }].map((upstream) =>
      generation.channels.to(upstream),
    );
    const opened = await Promise.all(pools.map(async (pool) => demand(await pool.open())));
    for (const connection of opened) connection.release();
    const thumbprint = opened[0]?.peer?.thumbprintText ?? '';
    world.revocations = testRevocations({ kind: 'certificate', sequence: 0, lineageId: '', serial: '', thumbprint });
    generation.channels.dropRevoked();
    expect(pools.map(({ size }) => size)).to.deep.equal([0, 1]);
    generation.channels.retire();
  });

  it('takes an idle connection again, but not once the certificate of the upstream has ended', async () => {
    const { upstream } = await startUpstream(authority, '/ns/shop/sa/catalog', 3600);
    const { clock, generation } = startClient();
    const pool = generation.channels.to(upstream);
    const opened = await pool.open();
    if (opened.ok) opened.value.release();
    expect(pool.size).to.equal(1);
    clock.forward(3600);
    const taken = pool.takeIdle();
    expect(taken?.isFresh).to.equal(false);
    taken?.release();
    clock.forward(1);
    expect(pool.takeIdle()).to.equal(undefined);
    expect(pool.size).to.equal(0);
  });

  it('ends idle connections when it retires, and still opens one for a request that was judged before', async () => {
    const { upstream } = await startUpstream(authority, '/ns/shop/sa/catalog');
    const { generation } = startClient();
    const pool = generation.channels.to(upstream);
    const opened = await pool.open();
    if (opened.ok) opened.value.release();
    generation.channels.retire();
    expect(pool.size).to.equal(0);
    const late = await pool.open();
    expect(late).to.have.property('ok', true);
    if (late.ok) late.value.release();
    expect(pool.size).to.equal(0);
  });
});
