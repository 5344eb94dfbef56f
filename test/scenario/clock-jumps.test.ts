/**
 * The wall clock of all hosts jumps, and hosts sleep. Nothing is accepted that should not be, nothing storms, no timer
 * dies, and when the clock is right again everything works without a restart. Certificates live 24 h, tokens 5 min.
 */
import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';

import { expect } from 'chai';

import type { ClientIdentity } from '../../cli/client-identity.ts';
import type { Pod } from '../../cli/up/layout.ts';
import { ask } from '../../cli/up/loopback.ts';
import { type Stage, takeStage } from '../../cli/up/stage.ts';
import { outcomeOf } from '../../cli/up/steps/refused.ts';
import { until } from '../../cli/up/until.ts';
import { encodePem } from '../../core/x509/pem.ts';
import { systemClock } from '../../runtime/clock.ts';
import { type FakeClock, findFakeClock } from '../kit/faketime.ts';
import { type MovingMesh, startMovingMesh } from '../kit/moving-mesh.ts';
import { skipUnless } from '../kit/skip.ts';

const PODS = ['payments', 'agent'] as const satisfies readonly Pod[];
const HOUR = 3600;
const DAY = 24 * HOUR;
/** Within this a renewal is made after waking (bar of the design: deadlines are looked at again each 60 s). */
const WAKING_MS = 60_000;
/** A connection is cut at the next tick after the end of its peer's certificate (bar F-19). */
const CLOSED_MS = 1_000;

describe('a mesh whose clock jumps', function () {
  this.timeout(60_000);
  let clock: FakeClock | undefined;
  let moving: MovingMesh;
  let stage: Stage;
  let first: ClientIdentity;

  before(async function () {
    clock = findFakeClock();
    skipUnless(this, clock !== undefined, 'faketime is not installed');
    if (clock === undefined) return;
    moving = await startMovingMesh('clock-jumps', clock, (configs) => ({
      ...configs,
      ca: { ...configs.ca, certificates: { ttl: '24h' } },
    }));
    stage = await takeStage(moving.mesh, systemClock());
    first = await stage.client('agent-client');
  });
  after(async () => {
    await moving?.[Symbol.asyncDispose]();
    clock?.[Symbol.dispose]();
  });

  const generations = () =>
    Promise.all(PODS.map(async (pod) => (await moving.status(pod)).credentials?.generation ?? 0));
  const served = (): Promise<true> =>
    until('calls are served', async () => ((await moving.call()) === 200 ? true : undefined));
  const readiness = (wanted: boolean): Promise<true> =>
    until(`readiness of both is ${wanted}`, async () =>
      (await Promise.all(PODS.map((pod) => moving.isReady(pod)))).every((isReady) => isReady === wanted)
        ? true
        : undefined,
    );
  /** Attempts to get a certificate of both pods, whatever came of them. */
  const attempts = async (): Promise<number> => {
    const { agentAdmin, paymentsAdmin } = moving.layout.ports;
    const pages = await Promise.all([agentAdmin, paymentsAdmin].map((port) => ask({ port }, 'GET /metrics')));
    const counts = pages.flatMap(({ body }) => [...body.matchAll(/^cleat_certificate_renewals_total\{.*\} (\d+)$/gm)]);
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  };

  it('A-521 F-17 goes on after +1 h, renews nothing early, and takes no token whose time has passed', async () => {
    const identity = await stage.client('agent-client');
    const token = await stage.token(identity, { audience: 'payments', scopes: ['payments.read'] });
    expect(outcomeOf(await stage.visit({ identity, token }))).to.equal('200');
    const before = await attempts();
    clock?.set(HOUR);
    await served();
    expect(outcomeOf(await stage.visit({ identity, token }))).to.equal('401');
    expect(await attempts()).to.equal(before);
    clock?.set(0);
    await served();
  });

  it('A-522 F-17 serves nothing at -1 h, before its certificates began, and again when the clock is right', async () => {
    const before = await attempts();
    clock?.set(-HOUR);
    await readiness(false);
    expect(await moving.call()).to.not.equal(200);
    expect(await attempts()).to.equal(before);
    clock?.set(0);
    await readiness(true);
    await served();
  });

  it('A-524 F-17 renews within 60 s of waking from a sleep of 15 h, once', async () => {
    const before = await generations();
    const tried = await attempts();
    const asleep = PODS.map((pod) => moving.mesh.sidecars[pod].pid);
    for (const pid of asleep) process.kill(-pid, 'SIGSTOP');
    clock?.set(15 * HOUR);
    for (const pid of asleep) process.kill(-pid, 'SIGCONT');
    const woken = performance.now();
    await until('both have a new certificate', async () =>
      (await generations()).every((generation, place) => generation > (before[place] ?? 0)) ? true : undefined,
    );
    expect(performance.now() - woken).to.be.below(WAKING_MS);
    await served();
    expect((await attempts()) - tried).to.be.within(2, 4);
  });

  it('A-073 F-19 cuts the connection of a peer within a second of the end of its certificate', async () => {
    // Of the first day: it has 9 h to live, and what the pods serve with has been renewed since.
    const { key, chain } = first;
    const socket = connectTls({
      host: '127.0.0.1',
      port: moving.layout.ports.payments,
      key: key.export({ type: 'pkcs8', format: 'pem' }),
      cert: chain.map((der) => encodePem('CERTIFICATE', der)).join(''),
      // The server lives by the other clock: for ours its certificate has not begun.
      rejectUnauthorized: false,
    });
    socket.on('error', () => undefined);
    socket.write('GET /payments/1 HTTP/1.1\r\nHost: payments\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString('latin1')).to.match(/^HTTP\/1\.1 401 /);
    const closed = once(socket, 'close');
    socket.resume();
    const ended = performance.now();
    clock?.set(25 * HOUR);
    await closed;
    expect(performance.now() - ended).to.be.below(CLOSED_MS);
    await served();
  });

  it('A-523 F-17 serves nothing at +30 d, tries on without a storm, and comes back with the clock', async () => {
    const at = clock?.offset() ?? 0;
    const tried = await attempts();
    const begun = performance.now();
    clock?.set(at + 30 * DAY);
    await readiness(false);
    expect(await moving.call()).to.not.equal(200);
    clock?.set(at);
    await readiness(true);
    await served();
    // Half a second at least between two tries of one pod, and a few more at the turn of the clock.
    expect((await attempts()) - tried).to.be.at.most(8 + 4 * ((performance.now() - begun) / 1000));
  });
});
