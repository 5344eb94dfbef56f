/** What a revocation does to a mesh with a thousand open connections, and what a sidecar that missed it does later. */
import { expect } from 'chai';

import { dispatch } from '../../cli/dispatch.ts';
import { IDENTITY } from '../../cli/up/configs.ts';
import { ask } from '../../cli/up/loopback.ts';
import { until } from '../../cli/up/until.ts';
import { visitPayments } from '../../cli/up/visit.ts';
import { VERBS } from '../../cli/verbs.ts';
import { demand } from '../../core/fault/fault.ts';
import { callControl } from '../../runtime/control-call.ts';
import type { SidecarStatus } from '../../sidecar/control.ts';
import { captureIo } from '../kit/captured-io.ts';
import { type HeldConnections, holdConnections } from '../kit/held-connections.ts';
import { type RawGeneration, type RawInstance, startRawInstance } from '../kit/raw-instance.ts';
import { type ScenarioMesh, startScenario } from '../kit/scenario-mesh.ts';
import { startTcpProxy, type TcpProxy } from '../kit/tcp-proxy.ts';

/** All that the rules grant. */
const ALL = { audience: 'payments', scopes: [], ttl: undefined };
/** DESIGN section 4.4. */
const BAR_MS = 2000;

describe('a revocation', function () {
  this.timeout(90_000);
  let scenario: ScenarioMesh;
  let network: TcpProxy;
  const instances: RawInstance[] = [];

  before(async () => {
    let ca = '';
    network = await startTcpProxy(() => ca);
    scenario = await startScenario('revoked-under-load', (configs) => {
      ca = (configs.ca as { readonly listen: { readonly mesh: string } }).listen.mesh;
      const { credentials } = configs.payments as { readonly credentials: { readonly ca: object } };
      return {
        ...configs,
        ca: { ...configs.ca, certificates: { ttl: '10m' } },
        payments: {
          ...configs.payments,
          credentials: { ca: { ...credentials.ca, mesh: [network.address] } },
          connections: { max: 2000, perPeer: 2000 },
        },
      };
    });
  });
  after(async () => {
    for (const instance of instances) instance[Symbol.dispose]();
    await scenario?.[Symbol.asyncDispose]();
    await network?.[Symbol.asyncDispose]();
  });

  async function attest(path: string = IDENTITY.agent): Promise<RawInstance> {
    const instance = await startRawInstance(scenario.mesh.layout, path, ALL);
    instances.push(instance);
    return instance;
  }
  const hold = ({ identity, token }: RawGeneration, count: number, state: 'idle' | 'stream' = 'idle') =>
    holdConnections({ port: scenario.mesh.layout.ports.payments, identity, token, count, state });
  const lineageOf = ({ identity }: RawGeneration): string => identity.leaf.lineage?.id.toString('hex') ?? '';
  const run = async (...args: readonly string[]): Promise<string> => {
    const io = captureIo();
    const control = ['--control', scenario.mesh.layout.caControl];
    expect(await dispatch([...args, ...control], VERBS, io), io.written.err).to.equal(0);
    return io.written.out;
  };
  const status = async () =>
    demand(
      await callControl({ path: scenario.mesh.layout.sidecarControl('payments'), verb: 'status' }),
    ) as SidecarStatus;
  /** Milliseconds from the call of `cleat revoke` until the last of these is closed. */
  const timed = async (held: readonly HeldConnections[], ...args: readonly string[]): Promise<number> => {
    const begin = performance.now();
    await run('revoke', ...args);
    await Promise.all(held.map(({ allClosed }) => allClosed));
    return performance.now() - begin;
  };
  const call = async ({ identity, token }: RawGeneration): Promise<string> => {
    const reply = await visitPayments(scenario.mesh.layout, { identity, token });
    return reply.kind === 'answered' ? String(reply.status) : 'closed';
  };

  it('A-072 A-119 of a lineage closes its live connections and streams within 2 s among 1,000, and no others', async () => {
    const revoked = (await attest()).current();
    const [sibling, other] = [(await attest()).current(), (await attest(IDENTITY.reports)).current()];
    using idle = await hold(revoked, 460);
    using streams = await hold(revoked, 40, 'stream');
    using siblings = await hold(sibling, 450);
    using others = await hold(other, 50);
    expect([idle, streams, siblings, others].map((one) => one.open())).to.deep.equal([460, 40, 450, 50]);

    const took = await timed([idle, streams], '--lineage', lineageOf(revoked), '--reason', 'keyCompromise');
    expect(took).to.be.below(BAR_MS);
    expect([siblings.open(), others.open()]).to.deep.equal([450, 50]);
    expect(await siblings.ask(100)).to.deep.equal(Array.from({ length: 100 }, () => 200));
    expect(await others.ask(50)).to.deep.equal(Array.from({ length: 50 }, () => 200));

    expect(await call(revoked), 'a new connection').to.equal('closed');
    const reasons = await scenario.stage.why();
    expect(reasons.find(({ kind }) => kind === 'handshake')).to.have.property('code', 'PEER_REVOKED');
    expect(reasons.filter(({ code }) => code === 'PEER_REVOKED').length, 'the streams have a record each').to.be.above(
      40,
    );
    const listed = await run('revocations');
    expect(listed).to.match(new RegExp(`^lineage ${lineageOf(revoked)}, until \\d{4}-.*Z, keyCompromise$`, 'm'));
  });

  it('A-119 of an ancestor reaches the successor, and the CA deals with neither', async () => {
    const instance = await attest();
    const first = instance.current();
    const second = await instance.renew();
    using before = await hold(first, 10);
    using after = await hold(second, 10);
    const took = await timed([before, after], '--serial', first.identity.leaf.serial);
    expect(took).to.be.below(BAR_MS);
    expect(
      await instance.renew().then(
        () => 'renewed',
        (thrown: { code?: string }) => thrown.code,
      ),
    ).to.equal('GRANT_REVOKED');
  });

  it('of a token ends the requests that it is used for, and leaves the connection to the next token', async () => {
    const holder = (await attest()).current();
    using held = await hold(holder, 5);
    const { jti, iss } = claimsOf(holder.token);
    const { generation } = (await status()).revocations;
    // Not asked meanwhile: a request that is under way when the sidecar hears of it is cut.
    await run('revoke', '--issuer', iss, '--jti', jti);
    await until('the sidecar has heard of it', async () =>
      (await status()).revocations.generation > generation ? true : undefined,
    );
    expect(await held.ask(5)).to.deep.equal(Array.from({ length: 5 }, () => 401));
    expect(held.open()).to.equal(5);
    expect((await scenario.stage.why())[0]).to.have.property('code', 'TOKEN_REVOKED');
  });

  it('reaches a sidecar that was cut off from the CA when it comes back; until then it keeps what it knew, and says so', async () => {
    const missed = (await attest()).current();
    const sibling = (await attest()).current();
    using held = await hold(missed, 20);
    using others = await hold(sibling, 20);
    const known = (await status()).revocations;
    expect(known.entries).to.be.above(0);
    await network.become('refuse');
    await until('the sidecar says that nothing is heard', async () =>
      (await status()).revocations.staleSeconds > 0 ? true : undefined,
    );
    await run('revoke', '--lineage', lineageOf(missed));
    expect(await held.ask(20), 'what it knew still holds').to.deep.equal(Array.from({ length: 20 }, () => 200));
    expect((await status()).revocations.generation).to.equal(known.generation);
    await network.become('pass');
    await held.allClosed;
    expect(await others.ask(20)).to.deep.equal(Array.from({ length: 20 }, () => 200));
    expect((await status()).revocations).to.include({ staleSeconds: 0, generation: known.generation + 1 });
  });

  it('of the identity of a sidecar itself takes its readiness, and nothing is served with it any more', async () => {
    const client = (await attest()).current();
    using held = await hold(client, 5);
    await run('revoke', '--spiffe-id', `spiffe://${client.identity.id.trustDomain}${IDENTITY.payments}`);
    await held.allClosed;
    expect((await status()).pending).to.deep.equal(['an identity that is not revoked']);
    expect(await call(client)).to.equal('503');
    const { agentApp } = scenario.mesh.layout.ports;
    await until('the app of the other pod finds no upstream', async () => {
      const { status: answered } = JSON.parse((await ask({ port: agentApp }, 'POST /call')).body) as { status: number };
      return answered === 502 ? true : undefined;
    });
  });
});

function claimsOf(token: string): { readonly jti: string; readonly iss: string } {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as never;
}
