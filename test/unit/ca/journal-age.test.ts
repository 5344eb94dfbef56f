import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { createJournalAge } from '../../../ca/journal-age.ts';
import { admit } from '../../../core/fault/refusal.ts';
import { epochSeconds, milliseconds, wholeSeconds } from '../../../core/time/units.ts';
import type { AuditHead, Facts } from '../../../runtime/audit/line.ts';
import { createAuditFile } from '../../../runtime/audit/file.ts';
import { collectLog } from '../../kit/log-lines.ts';
import { first, scene } from './journal/backup-scene.ts';
import { startSmallCa, tempFolder, testClock, thrownBy, type SmallCa } from './small-ca.ts';

const never = new AbortController().signal;
type Said = readonly (readonly [kind: string, facts: Facts])[];

/** The stream of a CA, in its data folder. */
async function audited(dataDir: string, said: Said): Promise<void> {
  await using stream = createAuditFile({
    path: join(dataDir, 'audit.jsonl'),
    onFailure: 'stop',
    remembered: async () => undefined,
    clock: testClock(),
    log: collectLog().log,
    onHealth: () => undefined,
  });
  await stream.start(never);
  for (const [kind, facts] of said) expect(stream.record(kind, facts).ok).to.equal(true);
  await stream.drain(milliseconds(100));
}

/** A start that remembers the stream up to `seq`. */
async function starting(ca: SmallCa, dataDir: string, seq: number | undefined, isNew = false) {
  const head: AuditHead | undefined = seq === undefined ? undefined : { seq, digest: '0'.repeat(64) };
  const said = collectLog();
  const { journal, clock } = ca;
  const age = createJournalAge({
    config: { dataDir, audit: { file: { kind: 'dataDir' }, onFailure: 'stop' } },
    journal: {
      findAuditHead: async () => admit(head),
      findIssuance: (serial) => journal.findIssuance(serial),
      listLive: () => journal.listLive(),
      listRevocations: () => journal.listRevocations(),
      readTrust: async () => (isNew ? admit({ authorities: [], bundle: undefined }) : journal.readTrust()),
    },
    clock,
    log: said.log,
  });
  const code = await thrownBy(async () => age.start(never));
  return { code, lines: said.lines };
}

describe('createJournalAge()', () => {
  it('A-127 A-139 refuses a journal that lacks a certificate or a revocation of the stream: JOURNAL_MISMATCH', async () => {
    await using ca = await startSmallCa();
    for (const lost of [
      ['issuance', { serial: 'ab' }],
      ['revocation', { generation: 1 }],
    ] as const) {
      using folder = tempFolder();
      await audited(folder.path, [lost, ['refusal', { code: 'CSR_KEY' }]]);
      expect((await starting(ca, folder.path, 0)).code, lost[0]).to.equal('JOURNAL_MISMATCH');
      expect((await starting(ca, folder.path, 1)).code, 'before what it remembers').to.equal('nothing');
      expect((await starting(ca, folder.path, undefined)).code, 'it remembers nothing').to.equal('nothing');
    }
  });

  it('A-127 A-135 refuses a new journal where the stream says that a CA has issued: JOURNAL_MISMATCH', async () => {
    await using ca = await startSmallCa();
    using folder = tempFolder();
    await audited(folder.path, []);
    expect((await starting(ca, folder.path, undefined, true)).code, 'an unfinished first start').to.equal('nothing');
    await audited(folder.path, [['issuance', { serial: 'ab' }]]);
    expect((await starting(ca, folder.path, undefined, true)).code).to.equal('JOURNAL_MISMATCH');
    const stream = join(folder.path, 'audit.jsonl');
    renameSync(stream, `${stream}.1`);
    const [last = ''] = readFileSync(`${stream}.1`, 'utf8').trimEnd().split('\n').slice(1);
    writeFileSync(stream, `${last}\n`);
    expect((await starting(ca, folder.path, undefined, true)).code, 'the stream goes on').to.equal('JOURNAL_MISMATCH');
  });

  it('A-127 takes a journal that has all, or that was restored since', async () => {
    await using ca = await startSmallCa();
    using folder = tempFolder();
    const { serial } = await first(ca);
    await audited(folder.path, [
      ['issuance', { serial: 'ab' }],
      ['journal-restored', {}],
      ['issuance', { serial }],
    ]);
    expect((await starting(ca, folder.path, 0)).code).to.equal('nothing');
    using empty = tempFolder();
    expect((await starting(ca, empty.path, 7)).code, 'no stream at all').to.equal('nothing');
  });

  it('A-127 finds what is lost behind many lines', async () => {
    await using ca = await startSmallCa();
    using folder = tempFolder();
    const filler = Array.from({ length: 2000 }, () => ['refusal', { detail: 'x'.repeat(900) }] as const);
    await audited(folder.path, [['issuance', { serial: 'ab' }], ...filler]);
    expect((await starting(ca, folder.path, 0)).code).to.equal('JOURNAL_MISMATCH');
  });

  it('A-136 says that the clock is behind the newest certificate by more than a minute, and goes on', async () => {
    using place = scene();
    await using ca = await place.start();
    await first(ca);
    const newest = wholeSeconds(place.clock.now());
    const behind = async (seconds: number) => {
      place.clock.advance(-seconds);
      const { code, lines } = await starting(ca, place.dataDir, undefined);
      place.clock.advance(seconds);
      expect(code).to.equal('nothing');
      return lines.map(({ fields }) => [fields['code'], fields['behindSeconds'], fields['newest']]);
    };
    expect(await behind(60)).to.deep.equal([]);
    expect(await behind(3600)).to.deep.equal([['ISSUE_CLOCK', 3600, epochSeconds(newest)]]);
  });
});
