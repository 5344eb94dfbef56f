/**
 * The suites of the data plane. Each case is measured in interleaved windows, and its ratio to each other target is taken
 * within the round; the median counts.
 */
import { spreadOf } from '../statistics.ts';
import { type LoadOrder, type Scene, setScene } from './scene.ts';
import { sizeRows } from './sizes.ts';
import { type DataRow, keep, type Measuring, TARGETS, withTargets } from './stage.ts';
import { measureWindows, type Window } from './windows.ts';

export interface DataOptions {
  readonly suite: SuiteName;
  readonly rounds: number;
  readonly only: readonly string[] | undefined;
  readonly say: (line: string) => void;
}

interface Plan {
  readonly name: string;
  readonly order: Omit<LoadOrder, 'port' | 'requests'> & { readonly path: string };
  readonly measure: (window: Window) => number;
  readonly unit: string;
  /** By target of ours, the ratio to others that is the bar. */
  readonly bars: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const cpu = (window: Window): number => window.cpuUs;
const KEEP_BARS = {
  'cleat-raw': { nginx: 0.9, envoy: 0.35, 'envoy-jwt': 0.25, 'haproxy-jwt': 0.25 },
  'cleat-public': { nginx: 1.2, envoy: 0.5, 'envoy-jwt': 0.35, 'haproxy-jwt': 0.35 },
} as const;
const BULK_BARS = { 'cleat-raw': { nginx: 0.9 }, 'cleat-public': { nginx: 1.05 } } as const;

const SUITES = {
  http1: [
    { name: '1 KiB, 16 connections', order: keep(16), measure: cpu, unit: 'CPU us', bars: KEEP_BARS },
    { name: '1 KiB, 64 connections', order: keep(64), measure: cpu, unit: 'CPU us', bars: KEEP_BARS },
    {
      name: '1 KiB, 1,000 a second: CPU',
      order: { ...keep(64), mode: 'rate', rate: 1000, seconds: 3 },
      measure: cpu,
      unit: 'CPU us',
      bars: { 'cleat-raw': { nginx: 1.05 }, 'cleat-public': { nginx: 1.25 } },
    },
    {
      name: '1 KiB, 1,000 a second: p50',
      order: { ...keep(64), mode: 'rate', rate: 1000, seconds: 3 },
      measure: (window) => window.p50us,
      unit: 'us',
      bars: { 'cleat-raw': { nginx: 1.1 }, 'cleat-public': { nginx: 1.2 } },
    },
  ],
  bulk: [
    { name: '64 KiB, 32 connections', order: keep(32, '/s64k'), measure: cpu, unit: 'CPU us', bars: BULK_BARS },
    { name: '1 MiB, 8 connections', order: keep(8, '/s1m'), measure: cpu, unit: 'CPU us', bars: BULK_BARS },
  ],
  handshake: [
    {
      name: 'one connection a request, 16 at a time',
      order: { ...keep(16), mode: 'handshake' },
      measure: cpu,
      unit: 'CPU us',
      bars: { 'cleat-raw': { nginx: 1 }, 'cleat-public': { nginx: 1.05 } },
    },
  ],
} as const satisfies Readonly<Record<string, readonly Plan[]>>;

export const SUITE_NAMES = [
  ...(Object.keys(SUITES) as (keyof typeof SUITES)[]),
  'token-check',
  'memory',
  'startup',
] as const;
export type SuiteName = (typeof SUITE_NAMES)[number];

/** Runs one suite. */
export async function benchDataPlane({ suite, rounds, only, say }: DataOptions): Promise<readonly DataRow[]> {
  using scene = await setScene();
  const names = (only ?? Object.keys(TARGETS)).filter((name) => Object.hasOwn(TARGETS, name));
  if (suite === 'memory' || suite === 'startup') return await sizeRows(scene, { suite, names, rounds, say });
  if (suite === 'token-check')
    return await tokenRows(scene, { names: names.filter((name) => name.startsWith('cleat')), rounds, say });
  const rows: DataRow[] = [];
  await withTargets(scene, names, say, async (targets) => {
    for (const plan of SUITES[suite] as readonly Plan[]) {
      say(plan.name);
      const order = { ...plan.order, requests: scene.requests(plan.order.path) };
      const cases = new Map(targets.map((target) => [target.name, { target, order }]));
      rows.push(...rowsOf(plan, await measureWindows(scene, cases, { rounds, say })));
    }
  });
  return rows;
}

function rowsOf(plan: Plan, windows: ReadonlyMap<string, readonly Window[]>): readonly DataRow[] {
  return [...windows].map(([target, own]) => {
    const values = own.map(plan.measure);
    const ratioTo = Object.fromEntries(
      [...windows]
        .filter(([other]) => other !== target && !other.startsWith('cleat'))
        .map(([other, theirs]) => [other, medianRatio(values, theirs.map(plan.measure))]),
    );
    const bars = Object.entries(plan.bars[target] ?? {}).flatMap(([to, most]) => {
      const found = ratioTo[to];
      return found === undefined ? [] : [{ to, most, found }];
    });
    return { case: plan.name, target, value: spreadOf(values).median, unit: plan.unit, ratioTo, bars };
  });
}

/** The median of the ratios within each round. */
export function medianRatio(ours: readonly number[], theirs: readonly number[]): number {
  return spreadOf(ours.map((value, round) => value / (theirs[round] ?? Number.NaN))).median;
}

/** The same client with a token that is checked, and on a route that asks for none. */
async function tokenRows(scene: Scene, { names, rounds, say }: Measuring): Promise<readonly DataRow[]> {
  const rows: DataRow[] = [];
  await withTargets(scene, names, say, async (targets) => {
    for (const target of targets) {
      const order = (path: string) => ({ ...keep(64), requests: scene.requests(path) });
      const cases = new Map([
        ['checked', { target, order: order('/s1k') }],
        ['free', { target, order: order('/free') }],
      ]);
      const windows = await measureWindows(scene, cases, { rounds, say });
      const [checked = [], free = []] = ['checked', 'free'].map((name) => windows.get(name)?.map(cpu));
      const found = medianRatio(checked, free);
      rows.push({
        case: '1 KiB, 64 connections, bound token checked',
        target: target.name,
        value: spreadOf(checked).median,
        unit: 'CPU us',
        ratioTo: { 'no token asked': found },
        bars: [{ to: 'no token asked', most: 1.05, found }],
      });
    }
  });
  return rows;
}
