/** Several addresses of one CA, each behind a network of its own that goes away in its own way. */
import { expect } from 'chai';

import { demand } from '../../core/fault/fault.ts';
import { startTestCa, type TestCa } from '../kit/grpc-ca.ts';
import { startTcpProxy, type TcpProxy } from '../kit/tcp-proxy.ts';
import { acknowledgement, rig } from '../unit/sidecar/credentials/rig.ts';

const never = new AbortController().signal;
const mint = { audience: 'payments', scopes: [], ttl: undefined };

interface Proxied extends AsyncDisposable {
  readonly ca: TestCa;
  readonly bootstrap: readonly [TcpProxy, TcpProxy];
  readonly mesh: readonly [TcpProxy, TcpProxy];
}

/** One CA, two addresses for each of its listeners. */
async function twoAddresses(): Promise<Proxied> {
  const ca = await startTestCa();
  const bootstrap = [await startTcpProxy(ca.bootstrap), await startTcpProxy(ca.bootstrap)] as const;
  const mesh = [await startTcpProxy(ca.mesh), await startTcpProxy(ca.mesh)] as const;
  return {
    ca,
    bootstrap,
    mesh,
    async [Symbol.asyncDispose]() {
      for (const proxy of [...bootstrap, ...mesh]) await proxy[Symbol.asyncDispose]();
      await ca[Symbol.asyncDispose]();
    },
  };
}

const places = ({ bootstrap, mesh }: Proxied) => ({
  bootstrap: bootstrap.map(({ address }) => address),
  mesh: mesh.map(({ address }) => address),
});

describe('several addresses of the CA', () => {
  for (const network of ['refuse', 'hole'] as const) {
    it(`A-512 gets a first certificate though the first address does ${network}`, async () => {
      await using all = await twoAddresses();
      await all.bootstrap[0].become(network);
      await all.mesh[0].become(network);
      await using made = await rig(all.ca, places(all));
      await made.source.start(never);
      expect(made.source.current()).to.have.property('generation', 1);
    }).timeout(15_000);

    it(`A-512 renews, mints and keeps its stream when the address in use begins to ${network}`, async () => {
      await using all = await twoAddresses();
      await using made = await rig(all.ca, places(all));
      const first = acknowledgement(all.ca, 1);
      await made.source.start(never);
      await first;
      const [inUse] = all.mesh.filter((proxy) => proxy.open() > 0);
      await (inUse ?? expect.fail('no address is in use')).become(network);
      const again = acknowledgement(all.ca, 1);
      const next = demand(await made.source.renew());
      expect(next.generation).to.equal(2);
      demand(await made.source.mint(next, mint));
      await again;
      expect(made.metric('cleat_stream_stale_seconds')).to.equal('0');
    }).timeout(20_000);
  }

  it('A-512 pays for a black hole once in a while, not at each generation', async () => {
    await using all = await twoAddresses();
    await all.mesh[0].become('hole');
    await using made = await rig(all.ca, places(all));
    await made.source.start(never);
    for (let round = 0; round < 6; round += 1) demand(await made.source.renew());
    // One try of the stream and one of the calls may have been under way before its silence was noticed.
    expect(all.mesh[0].accepted()).to.be.within(1, 2);
  }).timeout(20_000);

  it('spreads generations over the addresses, and uses one that comes back', async () => {
    await using all = await twoAddresses();
    await all.mesh[0].become('refuse');
    await using made = await rig(all.ca, places(all));
    await made.source.start(never);
    demand(await made.source.renew());
    await all.mesh[0].become('pass');
    const before = all.mesh[0].accepted();
    // What failed is in doubt for half a minute: until then it is the second choice, and gets calls when the first fails.
    await all.mesh[1].become('refuse');
    const next = demand(await made.source.renew());
    demand(await made.source.mint(next, mint));
    expect(all.mesh[0].accepted()).to.be.greaterThan(before);
  });

  it('A-503 keeps its certificate while the CA flaps, and its stream and its renewals come back each time', async () => {
    await using all = await twoAddresses();
    await using made = await rig(all.ca, places(all));
    const first = acknowledgement(all.ca, 1);
    await made.source.start(never);
    await first;
    for (let round = 1; round <= 4; round += 1) {
      for (const proxy of [...all.bootstrap, ...all.mesh]) await proxy.become('refuse');
      const failed = await made.source.renew();
      expect(failed).to.have.nested.property('refusal.code', 'RENEW_UNREACHABLE');
      expect(made.source.current()).to.have.property('generation', round);
      const again = acknowledgement(all.ca, 1);
      for (const proxy of [...all.bootstrap, ...all.mesh]) await proxy.become('pass');
      await again;
      expect(demand(await made.source.renew()).generation).to.equal(round + 1);
    }
    expect(made.told).to.deep.equal(['valid']);
  });

  for (const draw of [0.1, 0.9]) {
    it(`A-513 begins at an address by chance, so that a fleet does not sit on one (${draw})`, async () => {
      await using all = await twoAddresses();
      await using made = await rig(all.ca, { ...places(all), jitter: () => draw });
      const told = acknowledgement(all.ca, 1);
      await made.source.start(never);
      await told;
      const asked = [...all.bootstrap, ...all.mesh].map((proxy) => proxy.accepted() > 0);
      expect(asked).to.deep.equal(draw < 0.5 ? [true, false, true, false] : [false, true, false, true]);
    });
  }
});
