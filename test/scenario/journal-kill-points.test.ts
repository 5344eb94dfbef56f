/**
 * A CA is killed before each of its writes in turn: strace delivers SIGKILL as the N-th call of a kind begins, so that
 * everything before it has happened and the call has not. Between two such points nothing changes that the next process,
 * or a caller, could see. What is killed next is the restart of what was killed before.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { openOffline } from '../../ca/journal/offline-file.ts';
import { judgeSoundness } from '../../ca/journal/soundness.ts';
import { wholeSeconds } from '../../core/time/units.ts';
import { writeCsr } from '../../core/x509/csr-write.ts';
import { systemClock } from '../../runtime/clock.ts';
import { parseLine } from '../../runtime/audit/line.ts';
import { createVerification } from '../../runtime/audit/verify.ts';
import { testKey } from '../kit/x509.ts';
import { canTrace, skipUnless } from '../kit/skip.ts';
import { makePlace, serialOf, startUnlessKilled, type CaPlace, type RunningCa } from './journal-ca.ts';

const NAME = 'journal-kill-points';
const KILLS = 200;
/** Restarts that may be slower than a second: other work on the machine. */
const SLOW_MOST = KILLS / 20;

/** What is counted, in each thread for itself, and how often: from the start of the process into its issuances. The
 *  journal's thread writes and flushes its file; the main thread writes the audit line, the log and each reply. */
const POINTS = [
  { call: 'pwrite64', of: 122 },
  { call: 'fsync', of: 18 },
  { call: 'write', of: 60 },
] as const;

interface Point {
  readonly call: string;
  readonly nth: number;
}

const points: readonly Point[] = POINTS.flatMap(({ call, of }) =>
  Array.from({ length: of }, (_, place) => ({ call, nth: place + 1 })),
);

/** What callers were given so far, and how long each restart took (milliseconds). */
interface Tally {
  readonly delivered: Set<string>;
  readonly restarts: number[];
  kills: number;
}

describe('scenario: journal kill points', function () {
  this.timeout(170_000);

  it(`A-122 A-125 knows every delivered certificate after SIGKILL at each write and fsync, ${KILLS} times`, async function () {
    skipUnless(this, canTrace(), 'strace is missing, or may not trace here');
    // Two at a time, each with data of its own: one waits for the disk while the other computes.
    const tallies = await Promise.all([0, 1].map((lane) => runLane(points.filter((_, place) => place % 2 === lane))));
    const restarts = tallies.flatMap((tally) => tally.restarts).toSorted((one, other) => one - other);
    const kills = tallies.reduce((sum, tally) => sum + tally.kills, 0);
    const delivered = tallies.reduce((sum, tally) => sum + tally.delivered.size, 0);
    const title = `${kills} kills, ${delivered} delivered, restart ${restarts.at(restarts.length >> 1)} ms (most ${restarts.at(-1)})`;
    if (this.test !== undefined) this.test.title += `: ${title}`;
    expect(kills).to.equal(KILLS);
    expect(delivered).to.be.at.least(KILLS / 4);
    expect(restarts.filter((ms) => ms >= 1000).length, title).to.be.at.most(SLOW_MOST);
  });
});

async function runLane(lane: readonly Point[]): Promise<Tally> {
  using place = makePlace();
  const tally: Tally = { delivered: new Set(), restarts: [], kills: 0 };
  for (const point of lane) {
    if (await killAt(point, place, tally)) tally.kills += 1;
    check(place, tally, `${point.call} ${point.nth}`);
  }
  const last = await startUnlessKilled(place, NAME, []);
  expect(last, 'starts after all of it').not.to.equal(undefined);
  await last?.ca[Symbol.asyncDispose]();
  return tally;
}

/** Starts, and issues until the point is reached; says whether it was. */
async function killAt({ call, nth }: Point, place: CaPlace, tally: Tally): Promise<boolean> {
  const options = `-D -f -o /dev/null -e trace=${call} -e inject=${call}:signal=SIGKILL:when=${nth}`;
  const started = await startUnlessKilled(place, NAME, ['strace', ...options.split(' ')]);
  if (started === undefined) return true;
  await using ca = started.ca;
  tally.restarts.push(started.tookMs);
  const isReached = await issueUntilTheEnd(ca, tally.delivered);
  await ca.end('SIGKILL');
  return isReached;
}

/** A first certificate, then renewals; says whether the CA ended meanwhile. */
async function issueUntilTheEnd(ca: RunningCa, delivered: Set<string>): Promise<boolean> {
  const first = await ca.issue().catch(() => undefined);
  if (first?.outcome.ok !== true) return true;
  let holder = { key: first.key, issued: first.outcome.value };
  note(serialOf(holder.issued), delivered);
  for (let renewals = 0; renewals < RENEWALS_MOST; renewals += 1) {
    const key = testKey();
    const mesh = ca.openMesh(holder.issued, holder.key);
    const renewed = await mesh.renew({ csr: writeCsr(key), ttl: undefined });
    mesh.close();
    if (!renewed.ok) return true;
    holder = { key, issued: renewed.value };
    note(serialOf(renewed.value), delivered);
  }
  return false;
}

/** Enough to come to every point. */
const RENEWALS_MOST = 12;

function note(serial: string, delivered: Set<string>): void {
  expect(delivered.has(serial), `serial ${serial} twice`).to.equal(false);
  delivered.add(serial);
}

function check({ dataDir }: CaPlace, { delivered }: Tally, point: string): void {
  // Killed in its first start: there may be no journal yet, and nobody holds anything of it.
  if (delivered.size === 0) return;
  const file = join(dataDir, 'journal.sqlite');
  const database = openOffline(file);
  try {
    const { fault } = judgeSoundness(database, wholeSeconds(systemClock().now()));
    expect(fault, point).to.equal(undefined);
    const known = new Set(
      database
        .prepare('SELECT serial FROM certificate')
        .all()
        .map((row) => row['serial']),
    );
    for (const serial of delivered) expect(known.has(serial), `${serial} is in the journal, ${point}`).to.equal(true);
  } finally {
    database.close();
  }
  checkAudit(join(dataDir, 'audit.jsonl'), delivered, point);
}

/** The chain holds but for what this kill may have torn at its end, and has each delivered certificate. */
function checkAudit(file: string, delivered: ReadonlySet<string>, point: string): void {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  const verification = createVerification(undefined);
  for (const line of lines) verification.take(line);
  expect(verification.end().broken, point).to.equal(undefined);
  const told = new Set(lines.map((line) => parseLine(line)?.facts['serial']));
  for (const serial of delivered) expect(told.has(serial), `${serial} is in the audit, ${point}`).to.equal(true);
}
