import { expect } from 'chai';

import { createRotationSchedule } from '../../../../ca/trust/rotation-schedule.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { refuse } from '../../../../core/fault/refusal.ts';
import { seconds, wholeSeconds } from '../../../../core/time/units.ts';
import { createMetrics } from '../../../../runtime/metrics.ts';
import { codeOf, startSmallCa, type SmallCa } from '../small-ca.ts';

const DAY = 86_400;
const GO = new AbortController().signal;

function scheduleOf(ca: SmallCa, change: Partial<Parameters<typeof createRotationSchedule>[0]> = {}) {
  const health: boolean[] = [];
  const metrics = createMetrics();
  const schedule = createRotationSchedule({
    authorities: ca.authorities,
    desk: ca.desk,
    rotateAfter: 0.5,
    ttlMin: seconds(60),
    clock: ca.clock,
    log: ca.log.log,
    metrics,
    onHealth: (sound) => health.push(sound),
    ...change,
  });
  return { schedule, health, metrics };
}

const slotsOf = (ca: SmallCa): readonly string[] =>
  ca.authorities
    .seats()
    .map(({ record }) => record.slot)
    .toSorted();

describe('createRotationSchedule()', () => {
  it('prepares at half of the life and not before, activates when acknowledged, retires when nothing live is left', async () => {
    await using ca = await startSmallCa({ rootTtl: 10 * DAY });
    const { schedule, metrics } = scheduleOf(ca);
    ca.clock.advance(5 * DAY - 61);
    await schedule.look();
    expect(slotsOf(ca)).to.deep.equal(['active']);
    const { record } = demand(await ca.first(await ca.joinToken()));
    ca.clock.advance(60);
    await schedule.look();
    expect(slotsOf(ca)).to.deep.equal(['active', 'prepared']);
    expect(metrics.render()).to.include('cleat_ca_rotation_phase{phase="prepared"} 1');
    await schedule.look();
    expect(slotsOf(ca)).to.deep.equal(['active', 'prepared']);
    expect(ca.log.lines.filter(({ message }) => message === 'rotation waits for acknowledgements')).to.have.length(1);
    const bounds = { first: 1, current: 2, now: wholeSeconds(ca.clock.now()) };
    demand(ca.acknowledgements.take(record, { bundle: 2, revocations: 0 }, bounds));
    await schedule.look();
    expect(slotsOf(ca)).to.deep.equal(['active', 'retired']);
    ca.clock.advance(3600);
    await schedule.look();
    expect(slotsOf(ca)).to.deep.equal(['active']);
    expect(metrics.render()).to.match(/cleat_ca_authority_expiry_timestamp_seconds\{slot="retired"\} NaN/);
    expect(metrics.render()).to.include(
      `cleat_ca_authority_expiry_timestamp_seconds{slot="active"} ${ca.authorities.current().endsAt}`,
    );
  });

  it('goes on with nothing that an operator began, and begins nothing after a rollback', async () => {
    await using ca = await startSmallCa({ rootTtl: 10 * DAY });
    const { schedule } = scheduleOf(ca);
    demand(await ca.desk.prepare('operator'));
    await schedule.look();
    expect(slotsOf(ca)).to.deep.equal(['active', 'prepared']);
    demand(await ca.desk.activate('operator'));
    await schedule.look();
    expect(slotsOf(ca)).to.deep.equal(['active', 'retired']);
    demand(await ca.desk.retire('operator'));
    ca.clock.advance(6 * DAY);
    demand(await ca.desk.prepare('operator'));
    demand(await ca.desk.rollback('operator'));
    await schedule.look();
    expect(slotsOf(ca)).to.deep.equal(['active']);
  });

  it('begins nothing where it is told never to', async () => {
    await using ca = await startSmallCa({ rootTtl: 10 * DAY });
    const { schedule } = scheduleOf(ca, { rotateAfter: undefined });
    ca.clock.advance(9 * DAY);
    await schedule.look();
    expect(slotsOf(ca)).to.deep.equal(['active']);
  });

  it('A-112 says when the issuer ends too soon to sign, and when another can', async () => {
    await using ca = await startSmallCa({ rootTtl: 7200 });
    const { schedule, health, metrics } = scheduleOf(ca, { rotateAfter: undefined });
    await schedule.start(GO);
    ca.clock.advance(7200 - 59);
    await schedule.look();
    expect(health.at(-1)).to.equal(false);
    expect(metrics.render()).to.match(/cleat_ca_can_sign 0/);
    expect(codeOf(await ca.first(await ca.joinToken()))).to.equal('GRANT_ISSUER_EXPIRED');
    demand(await ca.desk.prepare('operator'));
    demand(await ca.desk.activate('operator'));
    expect(health.at(-1)).to.equal(true);
    expect(codeOf(await ca.first(await ca.joinToken()))).to.equal('ok');
    await schedule.drain(ca.rooms.clock.monotonic());
    await schedule[Symbol.asyncDispose]();
  });

  it('A-112 A-135 replaces an expired root by its own schedule, never in silence', async () => {
    await using ca = await startSmallCa({ rootTtl: 7200 });
    ca.clock.advance(8000);
    const { schedule, health } = scheduleOf(ca);
    await schedule.look();
    expect([health[0], health.at(-1)]).to.deep.equal([false, true]);
    expect(slotsOf(ca)).to.deep.equal(['active']);
    expect(codeOf(await ca.first(await ca.joinToken()))).to.equal('ok');
    const said = ca.log.lines.map(({ message }) => message);
    expect(said).to.include.members(['the CA cannot sign: its issuer ends too soon, or has not begun']);
    expect(said).to.include.members(['rotation: prepare', 'rotation: activate', 'rotation: retire']);
  });

  it('keeps looking where a step fails or breaks, and says so', async () => {
    await using ca = await startSmallCa({ rootTtl: 10 * DAY });
    ca.clock.advance(6 * DAY);
    const refusing = { ...ca.desk, prepare: async () => refuse('JOURNAL_FAILED', 'disk full') };
    await scheduleOf(ca, { desk: refusing }).schedule.look();
    const breaking = { ...ca.desk, prepare: () => Promise.reject(new Error('broken')) };
    await scheduleOf(ca, { desk: breaking }).schedule.look();
    expect(ca.log.lines.filter(({ level }) => level === 'warn' || level === 'error')).to.have.length(2);
    demand(await ca.desk.prepare('operator'));
    const blind = { ...ca.desk, look: async () => refuse('JOURNAL_FAILED', 'disk gone') };
    await scheduleOf(ca, { desk: blind }).schedule.look();
    expect(ca.log.lines.at(-1)?.message).to.equal('rotation not looked at');
    expect(slotsOf(ca)).to.deep.equal(['active', 'prepared']);
  });
});
