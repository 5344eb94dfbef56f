/**
 * The wall clock of all hosts jumps, and hosts sleep. Nothing is accepted that should not be, nothing storms, no timer
 * dies, and when the clock is right again everything works without a restart. Certificates live 24 h, tokens 5 min.
 */
import { expect } from 'chai';

import type { Pod } from '../../cli/up/layout.ts';
import { ask } from '../../cli/up/loopback.ts';
import { type Stage, takeStage } from '../../cli/up/stage.ts';
import { outcomeOf } from '../../cli/up/steps/refused.ts';
import { until } from '../../cli/up/until.ts';
import { systemClock } from '../../runtime/clock.ts';
import { type FakeClock, findFakeClock } from '../kit/faketime.ts';
import { type MovingMesh, startMovingMesh } from '../kit/moving-mesh.ts';
import { skipUnless } from './journal-ca.ts';

const PODS = ['payments', 'agent'] as const satisfies readonly Pod[];
const HOUR = 3600;
const DAY = 24 * HOUR;
/** Within this a renewal is made after waking (bar of the design: deadlines are looked at again each 60 s). */
const WAKING_MS = 60_000;

describe('a mesh whose clock jumps', function () {
  this.timeout(60_000);
  let clock: FakeClock | undefined;
  let moving: MovingMesh;
  let stage: Stage;

  before(async function () {
    clock = findFakeClock();
    skipUnless(this, clock !== undefined, 'faketime is not installed');
    if (clock === undefined) return;
    moving = await startMovingMesh('clock-jumps', clock, (configs) => ({
      ...configs,
      ca: { ...configs.ca, certificates: { ttl: '24h' } },
    }));
    stage = await takeStage(moving.mesh, systemClock());
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
