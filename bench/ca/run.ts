/**
 * `npm run bench -- ca`: every case of the CA in interleaved rounds, against its bars (reference: performance, B-17). Prints
 * as it goes; gives the rows. A figure is a median of rounds; a ratio is taken within each round.
 */
import type { Row } from '../report.ts';
import { spreadOf } from '../statistics.ts';
import { enrol, fanOut, memoryPerStream, renew, smallstep, startTraced, storm, type Crew } from './cases.ts';
import { createBench, type Bench, type Figures } from './measure.ts';
import { setScene, type Scene } from './scene.ts';

export interface Run {
  readonly rows: readonly Row[];
  readonly dropped: number;
  readonly peer: string;
}

export interface RunOptions {
  readonly rounds: number;
  readonly say: (line: string) => void;
  readonly nodeFlags: readonly string[];
}

const FLEET = 1000;
const SMALL = 400;
const STORM_MS = 10_000;
const DELAY_US = 2000;

/** The whole run, in under six minutes with five rounds. */
export async function benchCa({ rounds, say, nodeFlags }: RunOptions): Promise<Run> {
  await using scene = await setScene(nodeFlags);
  const bench = createBench();
  const crews: Record<'durable' | 'off', Crew> = {
    durable: { ca: scene.durable, name: 'durable', size: FLEET },
    off: { ca: scene.off, name: 'off', size: SMALL },
  };
  say('warming up');
  for (const crew of Object.values(crews)) {
    await enrol(scene, bench, crew);
    await renew(scene, bench, crew);
  }
  await scene.floor.ask('measure');
  if (scene.smallstep !== undefined) {
    await scene.load({ kind: 'smallstep', target: scene.smallstep.target });
    await smallstep(scene, bench, { verb: 'sign', count: SMALL });
    await smallstep(scene, bench, { verb: 'renew', count: SMALL });
  }
  const rows = [
    ...(await issueRows(scene, bench, { crews, rounds, say })),
    ...(await fsyncRows(scene, bench, { rounds, say })),
    ...(await stormRows(scene, bench, { crew: crews.durable, rounds, say })),
    ...(await streamRows(scene, { rounds, say })),
  ];
  return { rows, dropped: bench.dropped(), peer: scene.smallstep?.version ?? 'not installed' };
}

interface IssueRound {
  readonly renew: Figures;
  readonly off: Figures;
  readonly issue: Figures;
  readonly floor: number;
  readonly sign: Figures | undefined;
  readonly peerRenew: Figures | undefined;
}

async function issueRows(
  scene: Scene,
  bench: Bench,
  { crews, rounds, say }: { readonly crews: Record<'durable' | 'off', Crew> } & Pick<RunOptions, 'rounds' | 'say'>,
): Promise<readonly Row[]> {
  const all: IssueRound[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    say(`issue, round ${round}`);
    const hasPeer = scene.smallstep !== undefined;
    all.push({
      renew: await renew(scene, bench, crews.durable),
      sign: hasPeer ? await smallstep(scene, bench, { verb: 'sign', count: FLEET }) : undefined,
      off: await renew(scene, bench, crews.off),
      floor: Number(await scene.floor.ask('measure')),
      issue: await enrol(scene, bench, { ...crews.durable, name: 'passers-by', size: SMALL }),
      peerRenew: hasPeer ? await smallstep(scene, bench, { verb: 'renew', count: FLEET }) : undefined,
    });
  }
  const row = (name: string, unit: string, pick: (round: IssueRound) => number, bar?: Row['bar']): Row => ({
    name,
    unit,
    spread: spreadOf(all.map(pick)),
    ...(bar === undefined ? {} : { bar }),
  });
  return [
    row('Renew', 'CPU ms', ({ renew: { cpu } }) => cpu),
    row('Renew', '1/s', ({ renew: { rate } }) => rate),
    row('Issue with a join token', 'CPU ms', ({ issue }) => issue.cpu),
    row('Issue with a join token', '1/s', ({ issue }) => issue.rate),
    row('Renew, journal off', 'CPU ms', ({ off }) => off.cpu),
    row('crypto floor', 'CPU ms', ({ floor }) => floor),
    row('step-ca sign', 'CPU ms', ({ sign }) => sign?.cpu ?? Number.NaN),
    row('step-ca sign', '1/s', ({ sign }) => sign?.rate ?? Number.NaN),
    row('step-ca renew', 'CPU ms', ({ peerRenew }) => peerRenew?.cpu ?? Number.NaN),
    row('step-ca renew', '1/s', ({ peerRenew }) => peerRenew?.rate ?? Number.NaN),
    row(
      'Renew / step-ca sign, CPU',
      'ratio',
      ({ renew: own, sign }) => own.cpu / (sign?.cpu ?? Number.NaN),
      most(0.65),
    ),
    row(
      'Renew / step-ca sign, rate',
      'ratio',
      ({ renew: own, sign }) => own.rate / (sign?.rate ?? Number.NaN),
      least(2),
    ),
    row('Renew / crypto floor, CPU', 'ratio', ({ renew: own, floor }) => own.cpu / floor, most(5.5)),
    row('durable / journal off, CPU', 'ratio', ({ renew: own, off }) => own.cpu / off.cpu, most(1.5)),
  ];
}

async function fsyncRows(
  scene: Scene,
  bench: Bench,
  { rounds, say }: Pick<RunOptions, 'rounds' | 'say'>,
): Promise<readonly Row[]> {
  const plain = await startTraced(scene, 'traced', 0);
  const slow = await startTraced(scene, 'slow', DELAY_US);
  const crews = {
    plain: { ca: plain.ca, name: 'plain', size: SMALL },
    slow: { ca: slow.ca, name: 'slow', size: SMALL },
  };
  for (const crew of Object.values(crews)) {
    await enrol(scene, bench, crew);
    await renew(scene, bench, crew);
  }
  const perIssue: number[] = [];
  const kept: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    say(`fsync, round ${round}`);
    const before = plain.syncs();
    const fast = await renew(scene, bench, crews.plain);
    perIssue.push((plain.syncs() - before) / SMALL);
    kept.push((await renew(scene, bench, crews.slow)).rate / fast.rate);
  }
  await Promise.all([plain.ca.end(), slow.ca.end()]);
  return [
    { name: 'fsyncs per issue, 16 callers', unit: 'count', spread: spreadOf(perIssue), bar: most(0.3) },
    { name: 'rate kept when each fsync takes 2 ms more', unit: 'ratio', spread: spreadOf(kept), bar: least(0.8) },
  ];
}

async function stormRows(
  scene: Scene,
  bench: Bench,
  { crew, rounds, say }: { readonly crew: Crew } & Pick<RunOptions, 'rounds' | 'say'>,
): Promise<readonly Row[]> {
  const spread: number[] = [];
  const finish: number[] = [];
  const stall: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    say(`storm, round ${round}`);
    spread.push((await storm(scene, bench, { crew, overMs: STORM_MS })).p99);
    const atOnce = await storm(scene, bench, { crew, overMs: 0 });
    finish.push(atOnce.seconds);
    stall.push(atOnce.longestStall);
  }
  return [
    { name: '1,000 renewals over 10 s, p99', unit: 'ms', spread: spreadOf(spread), bar: most(50) },
    { name: '1,000 renewals at once, time to finish', unit: 's', spread: spreadOf(finish), bar: most(2) },
    { name: '1,000 renewals at once, longest stall', unit: 'ms', spread: spreadOf(stall), bar: most(100) },
  ];
}

/** A process that had streams before has room for new ones: memory is measured in a fresh one each. */
const FRESH = 3;

async function streamRows(scene: Scene, { rounds, say }: Pick<RunOptions, 'rounds' | 'say'>): Promise<readonly Row[]> {
  const memory: number[] = [];
  const receipt: number[] = [];
  for (let round = 1; round <= Math.min(rounds, FRESH); round += 1) {
    say(`streams, round ${round}`);
    const crew = { ca: await scene.start({ name: `streams-${round}` }), name: `streams-${round}`, size: FLEET };
    await enrol(scene, createBench(), crew);
    memory.push(await memoryPerStream(scene, crew));
    // Each of the two steps publishes: a root is prepared, and taken back.
    for (const step of ['prepare', 'rollback', 'prepare', 'rollback'])
      receipt.push((await fanOut(scene, crew, () => crew.ca.control('rotate', { step }))).lastReceipt);
    await scene.load({ kind: 'disconnect', name: crew.name });
    await crew.ca.end();
  }
  return [
    { name: 'bundle to 1,000 streams, last receipt', unit: 'ms', spread: spreadOf(receipt), bar: most(100) },
    { name: 'memory per stream, its connection included', unit: 'KiB', spread: spreadOf(memory), bar: most(150) },
  ];
}

const most = (value: number) => ({ kind: 'most', value }) as const;
const least = (value: number) => ({ kind: 'least', value }) as const;
