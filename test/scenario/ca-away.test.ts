/**
 * The CA is killed, and stays away for most of a leaf's life, then past its end. All processes live by a clock that the
 * story moves. Tokens live as long as certificates here: whoever needs a new one is cut off from the CA like everybody.
 */
import { expect } from 'chai';

import type { Pod } from '../../cli/up/layout.ts';
import { ask } from '../../cli/up/loopback.ts';
import { until } from '../../cli/up/until.ts';
import { type FakeClock, findFakeClock } from '../kit/faketime.ts';
import { type MovingMesh, startMovingMesh } from '../kit/moving-mesh.ts';
import { skipUnless } from '../kit/skip.ts';

const PODS = ['payments', 'agent'] as const satisfies readonly Pod[];
/** What an operator waits for at most once the CA is back (bar F-14). */
const RECOVERY_MS = 5_000;

describe('a mesh whose CA is away', function () {
  this.timeout(60_000);
  let clock: FakeClock | undefined;
  let moving: MovingMesh;

  before(async function () {
    clock = findFakeClock();
    skipUnless(this, clock !== undefined, 'faketime is not installed');
    if (clock !== undefined)
      moving = await startMovingMesh('ca-away', clock, (configs) => {
        const { tokens } = configs.ca as { readonly tokens: object };
        return { ...configs, ca: { ...configs.ca, certificates: { ttl: '10m' }, tokens: { ...tokens, ttl: '10m' } } };
      });
  });
  after(async () => {
    await moving?.[Symbol.asyncDispose]();
    clock?.[Symbol.dispose]();
  });

  const forward = (seconds: number): void => clock?.set(clock.offset() + seconds);
  const leftOf = async (pod: Pod): Promise<number> => {
    const { credentials } = await moving.status(pod);
    return (credentials?.notAfter ?? 0) - (Date.now() / 1000 + (clock?.offset() ?? 0));
  };
  const oldest = async (): Promise<number> => Math.min(...(await Promise.all(PODS.map(leftOf))));
  const generations = () =>
    Promise.all(PODS.map(async (pod) => (await moving.status(pod)).credentials?.generation ?? 0));
  const alarm = (pod: Pod, percent: number): Promise<true> =>
    until(`${pod} says that ${percent} % have passed`, async () =>
      (await moving.metric(pod, 'cleat_certificate_overdue_percent')) === String(percent) ? true : undefined,
    );
  /** What `status` tells once the newest attempt has failed with this code, ours or the CA's. */
  const failure = (pod: Pod, code: string) =>
    until(`${pod} says ${code}`, async () => {
      const { renewal } = await moving.status(pod);
      return `${renewal.lastError?.code} ${renewal.lastError?.detail}`.includes(code) ? renewal : undefined;
    });
  const renewed = (before: readonly number[]): Promise<true> =>
    until('both pods have a new certificate', async () =>
      (await generations()).every((generation, place) => generation > (before[place] ?? 0)) ? true : undefined,
    );
  const readiness = (wanted: boolean): Promise<true> =>
    until(`readiness of both is ${wanted}`, async () =>
      (await Promise.all(PODS.map((pod) => moving.isReady(pod)))).every((isReady) => isReady === wanted)
        ? true
        : undefined,
    );

  it('F-14 A-502 loses no call for most of the life of its certificates, and renews within 5 s of its return', async () => {
    const before = await generations();
    await moving.beginLoad();
    await moving.killCa();
    forward((await oldest()) - 100);
    for (const pod of PODS) await alarm(pod, 75);
    // Half a minute before the end nobody begins anything with a certificate: 15 s are left for what follows.
    forward((await oldest()) - 45);
    for (const pod of PODS) await alarm(pod, 90);
    for (const pod of PODS) {
      expect((await failure(pod, 'RENEW_UNREACHABLE')).nextAttempt).to.be.a('number');
      expect(await moving.isReady(pod)).to.equal(true);
    }
    await moving.startCa();
    const back = performance.now();
    await renewed(before);
    expect(performance.now() - back).to.be.below(RECOVERY_MS);
    const { sent, answered, failed, problems } = await moving.stopLoad();
    expect(problems).to.deep.equal([]);
    expect(failed).to.equal(0);
    expect(answered).to.equal(sent).and.to.be.greaterThan(100);
    for (const pod of PODS) await alarm(pod, 0);
  });

  it('A-074 serves nothing once its certificates have ended, keeps trying, and recovers with new evidence', async () => {
    const before = await generations();
    await moving.killCa();
    forward(1200);
    await readiness(false);
    expect(await moving.call()).to.equal(503);
    for (const pod of PODS) {
      await alarm(pod, 100);
      await failure(pod, 'RENEW_UNREACHABLE');
    }
    await moving.startCa();
    await failure('agent', 'ATTEST_JOIN_TOKEN');
    expect(await moving.isReady('agent'), 'spent evidence is no way back').to.equal(false);
    for (const pod of PODS) await moving.writeJoinToken(pod);
    const written = performance.now();
    await readiness(true);
    await renewed(before);
    expect(performance.now() - written).to.be.below(RECOVERY_MS + 500);
    await until('calls are served again', async () => ((await moving.call()) === 200 ? true : undefined));
    const { body } = await ask({ port: moving.layout.ports.agentAdmin }, 'GET /metrics');
    expect(body).to.match(/cleat_certificate_renewals_total\{result="RENEW_UNREACHABLE"\} [1-9]/);
  });
});
