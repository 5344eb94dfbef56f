import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { admit, refuse } from '../../../../core/fault/refusal.ts';
import { indexRevocations } from '../../../../core/identity/revocation.ts';
import { epochSeconds, wholeSeconds, type EpochSeconds } from '../../../../core/time/units.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import { createRotationDesk } from '../../../../ca/trust/rotation-desk.ts';
import type { IssuanceRecord } from '../../../../ca/journal/record.ts';
import { codeOf, MESH, startSmallCa, tempFolder, type SmallCa } from '../small-ca.ts';

/** A workload with its first certificate. */
async function enrol(ca: SmallCa): Promise<IssuanceRecord> {
  return demand(await ca.first(await ca.joinToken())).record;
}

/** It says that it runs on the bundle of now. */
function acknowledge(ca: SmallCa, { lineageId, notAfter, sequence }: IssuanceRecord): void {
  const { generation } = ca.bundle.current();
  const bounds = { first: 1, current: generation, now: wholeSeconds(ca.clock.now()) };
  demand(ca.acknowledgements.take({ lineageId, notAfter, sequence }, { bundle: generation, revocations: 0 }, bounds));
}

const slotsOf = (ca: SmallCa): readonly string[] =>
  ca.authorities
    .seats()
    .map(({ record }) => record.slot)
    .toSorted();
const detailOf = (outcome: { readonly ok: boolean }): string =>
  'refusal' in outcome ? (outcome as { refusal: { detail: string } }).refusal.detail : '';

describe('createRotationDesk(): what is refused', () => {
  it('A-131 activate before an instance with an unexpired leaf has acknowledged: SIGNER_HELD, and it is named', async () => {
    await using ca = await startSmallCa();
    const silent = await enrol(ca);
    const loud = await enrol(ca);
    acknowledge(ca, silent);
    demand(await ca.desk.prepare('operator'));
    acknowledge(ca, loud);
    const held = await ca.desk.activate('operator');
    expect(codeOf(held)).to.equal('SIGNER_HELD');
    for (const fact of [silent.spiffeId, silent.lineageId, silent.serial, 'on bundle 1', '--force'])
      expect(detailOf(held)).to.include(fact);
    expect(detailOf(held)).not.to.include(loud.lineageId);
    expect(slotsOf(ca)).to.deep.equal(['active', 'prepared']);
    const { unacknowledged } = demand(await ca.desk.status());
    expect(unacknowledged).to.deep.equal([
      {
        spiffeId: silent.spiffeId,
        lineageId: silent.lineageId,
        serial: silent.serial,
        runsOn: 1,
        notAfter: silent.notAfter,
      },
    ]);
  });

  it('A-131 activate after a restart of the CA, of which nobody has been heard since: SIGNER_HELD', async () => {
    using folder = tempFolder();
    const { clock, record } = await (async () => {
      await using ca = await startSmallCa({ dataDir: folder.path });
      const record = await enrol(ca);
      demand(await ca.desk.prepare('operator'));
      acknowledge(ca, record);
      return { clock: ca.clock, record };
    })();
    await using again = await startSmallCa({ dataDir: folder.path, clock });
    expect(codeOf(await again.desk.activate('operator'))).to.equal('SIGNER_HELD');
    expect(demand(await again.desk.status()).unacknowledged[0]).to.include({ runsOn: undefined });
    acknowledge(again, record);
    expect(await again.desk.activate('operator')).to.deep.equal(admit('overlap'));
  });

  it('A-131 activate is overridden by force, which says how many were passed over', async () => {
    await using ca = await startSmallCa();
    await enrol(ca);
    demand(await ca.desk.prepare('operator'));
    expect(await ca.desk.activate('operator', { force: true })).to.deep.equal(admit('overlap'));
    const [line] = ca.log.lines.filter(({ level }) => level === 'warn');
    expect(line).to.deep.include({ level: 'warn', message: 'rotation: activate' });
    expect(line?.fields).to.include({ overridden: 1, by: 'operator' });
  });

  it('A-131 waits for nobody whose certificate is revoked to its end, and for whom it is not', async () => {
    await using ca = await startSmallCa();
    const { lineageId, notAfter } = await enrol(ca);
    demand(await ca.desk.prepare('operator'));
    const now = wholeSeconds(ca.clock.now());
    const revoked = (endsAt: EpochSeconds) => ({
      current: () =>
        indexRevocations(1, [
          { kind: 'lineage', lineageId, generation: 1, reason: 'unspecified', revokedAt: now, endsAt },
        ]),
    });
    const short = deskOf(ca, { revocations: revoked(epochSeconds(notAfter - 1)) });
    expect(codeOf(await short.activate('operator'))).to.equal('SIGNER_HELD');
    const whole = deskOf(ca, { revocations: revoked(notAfter) });
    expect(await whole.activate('operator')).to.deep.equal(admit('overlap'));
    expect(await whole.retire('operator')).to.deep.equal(admit('idle'));
  });

  it('A-133 retire with a live certificate under the root: SIGNER_HELD, and it is named', async () => {
    await using ca = await startSmallCa();
    const first = await enrol(ca);
    demand(await ca.desk.prepare('operator'));
    acknowledge(ca, first);
    demand(await ca.desk.activate('operator'));
    const held = await ca.desk.retire('operator');
    expect(codeOf(held)).to.equal('SIGNER_HELD');
    expect(detailOf(held)).to.include(first.serial);
    expect(slotsOf(ca)).to.deep.equal(['active', 'retired']);
    expect(demand(await ca.desk.status()).stillUsed.map(({ serial }) => serial)).to.deep.equal([first.serial]);
  });

  it('A-133 retire while a renewed instance has not spoken with its successor: SIGNER_HELD', async () => {
    await using ca = await startSmallCa();
    const first = await enrol(ca);
    demand(await ca.desk.prepare('operator'));
    acknowledge(ca, first);
    demand(await ca.desk.activate('operator'));
    const second = demand(await ca.renew(first.der)).record;
    acknowledge(ca, first);
    expect(codeOf(await ca.desk.retire('operator'))).to.equal('SIGNER_HELD');
    acknowledge(ca, second);
    expect(await ca.desk.retire('operator')).to.deep.equal(admit('idle'));
  });

  it('each step out of its turn: SIGNER_PHASE', async () => {
    await using ca = await startSmallCa();
    expect(codeOf(await ca.desk.activate('operator'))).to.equal('SIGNER_PHASE');
    expect(codeOf(await ca.desk.activate('operator', { force: true }))).to.equal('SIGNER_PHASE');
    expect(codeOf(await ca.desk.retire('operator'))).to.equal('SIGNER_PHASE');
    expect(codeOf(await ca.desk.rollback('operator'))).to.equal('SIGNER_PHASE');
    demand(await ca.desk.prepare('operator'));
    expect(codeOf(await ca.desk.prepare('operator'))).to.equal('SIGNER_PHASE');
    expect(codeOf(await ca.desk.retire('operator'))).to.equal('SIGNER_PHASE');
    demand(await ca.desk.activate('operator'));
    expect(codeOf(await ca.desk.prepare('operator'))).to.equal('SIGNER_PHASE');
    expect(codeOf(await ca.desk.activate('operator'))).to.equal('SIGNER_PHASE');
  });

  it('a root whose time is over neither signs nor signs again: SIGNER_PHASE', async () => {
    await using ca = await startSmallCa({ rootTtl: 7200 });
    demand(await ca.desk.prepare('operator'));
    ca.clock.advance(7200);
    expect(codeOf(await ca.desk.activate('operator', { force: true }))).to.equal('SIGNER_PHASE');
    demand(await ca.desk.rollback('operator'));
    demand(await ca.desk.prepare('operator'));
    demand(await ca.desk.activate('operator'));
    expect(codeOf(await ca.desk.rollback('operator'))).to.equal('SIGNER_PHASE');
  });

  it('every step where the audit cannot be written: ISSUE_AUDIT, and nothing happens', async () => {
    await using ca = await startSmallCa();
    const audit = { record: () => refuse('ISSUE_AUDIT', 'disk full') };
    const desk = deskOf(ca, { audit });
    expect(codeOf(await desk.prepare('operator'))).to.equal('ISSUE_AUDIT');
    expect(slotsOf(ca)).to.deep.equal(['active']);
    expect(ca.bundle.current().generation).to.equal(1);
  });

  it('every step where the journal cannot be read: JOURNAL_FAILED', async () => {
    await using ca = await startSmallCa();
    const desk = deskOf(ca, { journal: { listLive: async () => refuse('JOURNAL_FAILED', 'disk gone') } });
    demand(await desk.prepare('operator'));
    expect(codeOf(await desk.activate('operator', { force: true }))).to.equal('JOURNAL_FAILED');
    expect(codeOf(await desk.status())).to.equal('JOURNAL_FAILED');
    expect(codeOf(await desk.retire('operator'))).to.equal('JOURNAL_FAILED');
  });

  it('steps where the issuer comes from files, with advice that works there: SIGNER_PHASE', async () => {
    await using ca = await startSmallCa();
    const desk = deskOf(ca, { source: 'files' });
    for (const refused of [await desk.activate('operator'), await desk.retire('operator')]) {
      expect(codeOf(refused)).to.equal('SIGNER_PHASE');
      expect(refused.ok ? '' : refused.refusal.detail)
        .to.match(/comes from files/)
        .and.not.match(/cleat rotate/);
    }
    expect(codeOf(await desk.prepare('operator'))).to.equal('SIGNER_PHASE');
    demand(await ca.desk.prepare('operator'));
    expect(codeOf(await desk.rollback('operator'))).to.equal('SIGNER_PHASE');
    demand(await desk.activate('operator'));
    expect(codeOf(await desk.rollback('operator'))).to.equal('SIGNER_PHASE');
  });
});

type Change = Partial<Parameters<typeof createRotationDesk>[0]>;

function deskOf(ca: SmallCa, change: Change) {
  return createRotationDesk({
    dataDir: ca.dataDir,
    trustDomain: MESH,
    ttl: ca.rooms.lifetimes.ttlMax,
    source: 'own',
    authorities: ca.authorities,
    journal: ca.journal,
    acknowledgements: ca.acknowledgements,
    revocations: ca.revocations,
    audit: ca.rooms.audit,
    clock: ca.clock,
    random: ca.rooms.random,
    log: ca.log.log,
    ...change,
  });
}

describe('createRotationDesk(): a whole rotation', () => {
  it('publishes, signs, retires; one generation a change of the roots, and every leaf names its authority', async () => {
    await using ca = await startSmallCa();
    const told: number[] = [];
    using _watch = ca.bundle.subscribe(({ generation }) => told.push(generation));
    const first = await enrol(ca);
    demand(await ca.desk.prepare('operator'));
    expect(ca.bundle.current().roots).to.have.length(2);
    expect(demand(await ca.renew(first.der)).record.authority).to.equal(first.authority);
    const second = await enrol(ca);
    for (const each of [first, second]) acknowledge(ca, each);
    demand(await ca.desk.activate('operator'));
    const third = await enrol(ca);
    expect(third.authority).not.to.equal(first.authority);
    expect(third.authority).to.equal(ca.authorities.current().certificate.thumbprint.toString('hex'));
    ca.clock.advance(3601);
    demand(await ca.desk.retire('operator'));
    expect(
      ca.bundle.current().roots.map((der) => demand(parseCertificate(der)).thumbprint.toString('hex')),
    ).to.deep.equal([third.authority]);
    expect(told).to.deep.equal([2, 3]);
    expect(existsSync(join(ca.dataDir, 'authority'))).to.equal(false);
    expect(readdirSync(ca.dataDir).filter((name) => name.startsWith('authority'))).to.have.length(1);
  });

  it('A-125 goes on after a restart in each phase, with the generation of before', async () => {
    using folder = tempFolder();
    const phases: string[] = [];
    let clock: SmallCa['clock'] | undefined;
    for (const step of ['prepare', 'activate', 'retire'] as const) {
      await using ca = await startSmallCa({ dataDir: folder.path, ...(clock === undefined ? {} : { clock }) });
      clock = ca.clock;
      const before = ca.bundle.current().generation;
      phases.push(demand(await ca.desk[step]('operator')));
      phases.push(`${before}->${ca.bundle.current().generation}`);
    }
    expect(phases).to.deep.equal(['prepared', '1->2', 'overlap', '2->2', 'idle', '2->3']);
    await using last = await startSmallCa({ dataDir: folder.path, ...(clock === undefined ? {} : { clock }) });
    expect(last.bundle.current().generation).to.equal(3);
    expect(codeOf(await last.first(await last.joinToken()))).to.equal('ok');
  });

  it('gives a prepared root up: its key is gone, and the bundle grows on', async () => {
    await using ca = await startSmallCa();
    demand(await ca.desk.prepare('operator'));
    expect(await ca.desk.rollback('operator')).to.deep.equal(admit('idle'));
    expect(ca.bundle.current()).to.include({ generation: 3 });
    expect(ca.bundle.current().roots).to.have.length(1);
    expect(readdirSync(ca.dataDir).filter((name) => name.startsWith('authority'))).to.deep.equal(['authority']);
    expect(demand(await ca.desk.status()).scheduleIsPaused).to.equal(true);
    demand(await ca.desk.prepare('operator'));
    expect(demand(await ca.desk.status()).scheduleIsPaused).to.equal(false);
  });

  it('lets the last root sign again, and the new one retires after its leaves', async () => {
    await using ca = await startSmallCa();
    const first = await enrol(ca);
    demand(await ca.desk.prepare('operator'));
    acknowledge(ca, first);
    demand(await ca.desk.activate('operator'));
    const under = await enrol(ca);
    expect(await ca.desk.rollback('operator')).to.deep.equal(admit('overlap'));
    expect((await enrol(ca)).authority).to.equal(first.authority);
    expect(codeOf(await ca.desk.retire('operator'))).to.equal('SIGNER_HELD');
    const renewed = demand(await ca.renew(under.der)).record;
    expect(renewed.authority).to.equal(first.authority);
    acknowledge(ca, renewed);
    expect(await ca.desk.retire('operator')).to.deep.equal(admit('idle'));
    expect(ca.bundle.current().generation).to.equal(3);
  });

  it('A-139 takes a join token of the last root while that is trusted, and refuses it afterwards', async () => {
    await using ca = await startSmallCa();
    const tokens = [await ca.joinToken(), await ca.joinToken()];
    demand(await ca.desk.prepare('operator'));
    demand(await ca.desk.activate('operator'));
    const used = demand(await ca.first(tokens[0] ?? '')).record;
    expect(used.authority).to.equal(ca.authorities.current().certificate.thumbprint.toString('hex'));
    expect(ca.authorities.vouchers()).to.have.length(2);
    demand(await ca.desk.retire('operator'));
    expect(ca.authorities.vouchers()).to.deep.equal([]);
    expect(codeOf(await ca.first(tokens[1] ?? ''))).to.equal('ATTEST_JOIN_TOKEN');
  });
});
