import { expect } from 'chai';

import { createJournal } from '../../../../ca/journal/journal.ts';
import { milliseconds } from '../../../../core/time/units.ts';
import { collectLog } from '../../../kit/log-lines.ts';
import { codeOf, tempFolder, testClock, thrownBy } from '../small-ca.ts';
import { issuance, joinToken } from './records.ts';

const GO = new AbortController().signal;

function scene(path: string) {
  const health: boolean[] = [];
  const waiters = new Set<() => void>();
  const log = collectLog();
  const journal = createJournal({
    file: `${path}/journal.sqlite`,
    clock: testClock(),
    log: log.log,
    onHealth(sound) {
      health.push(sound);
      for (const look of waiters) look();
    },
    auditHead: () => undefined,
  });
  const until = (length: number): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (health.length >= length) resolve();
      };
      waiters.add(look);
      look();
    });
  return { journal, health, until, log };
}

describe('createJournal()', () => {
  it('refuses with JOURNAL_FAILED before it is started and after it was drained', async () => {
    using folder = tempFolder();
    const { journal } = scene(folder.path);
    expect(codeOf(await journal.readTrust())).to.equal('JOURNAL_FAILED');
    await journal.start(GO);
    await journal.drain(milliseconds(1000));
    expect(codeOf(await journal.addJoinToken(joinToken('f0')))).to.equal('JOURNAL_FAILED');
    await journal[Symbol.asyncDispose]();
  });

  it('A-128 will not start on a file that another journal holds: JOURNAL_LOCKED', async () => {
    using folder = tempFolder();
    const first = scene(folder.path);
    await first.journal.start(GO);
    const second = scene(folder.path);
    expect(await thrownBy(() => second.journal.start(GO))).to.equal('JOURNAL_LOCKED');
    expect(second.health).to.deep.equal([]);
    await first.journal[Symbol.asyncDispose]();
  });

  it('fails a whole batch at a broken write, says so, and opens the file anew', async () => {
    using folder = tempFolder();
    const { journal, health, until, log } = scene(folder.path);
    await journal.start(GO);
    await journal.addIssuance({ kind: 'self' }, issuance('1'));
    const outcomes = await Promise.all([
      journal.addIssuance({ kind: 'self' }, issuance('2', { serial: '5e1' })),
      journal.addIssuance({ kind: 'self' }, issuance('3')),
    ]);
    expect(outcomes.map(codeOf)).to.deep.equal(['JOURNAL_FAILED', 'JOURNAL_FAILED']);
    expect(log.lines.filter(({ level }) => level === 'error')).to.have.length(1);
    await until(3);
    expect(health).to.deep.equal([true, false, true]);
    expect(await journal.findIssuance('5e3')).to.have.property('value', undefined);
    expect(codeOf(await journal.addIssuance({ kind: 'self' }, issuance('3')))).to.equal('ok');
    await journal[Symbol.asyncDispose]();
  });

  it('answers what waits before it closes', async () => {
    using folder = tempFolder();
    const { journal } = scene(folder.path);
    await journal.start(GO);
    const waiting = Array.from({ length: 300 }, (_, place) =>
      journal.addIssuance({ kind: 'self' }, issuance(String(place))),
    );
    await journal.drain(milliseconds(5000));
    expect((await Promise.all(waiting)).every(({ ok }) => ok)).to.equal(true);
    const again = scene(folder.path);
    await again.journal.start(GO);
    expect(await again.journal.findIssuance('5e299')).to.have.nested.property('value.serial', '5e299');
    await again.journal[Symbol.asyncDispose]();
  });
});
