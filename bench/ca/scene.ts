/** All that takes part in one run: the CA in its builds, step-ca, the load generator, the floor, the probe. Started together, ended together. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { startHelper, type Helper } from '../child.ts';
import { startMeasuredCa, type CaPlan, type MeasuredCa } from './ca-process.ts';
import type { Order } from './load.ts';
import { installSmallstep, startSmallstep, type MeasuredSmallstep } from './smallstep-process.ts';

export interface Scene extends AsyncDisposable {
  readonly load: (order: Order) => Promise<unknown>;
  readonly floor: Helper<'measure'>;
  readonly probe: Helper<number | 'stop'>;
  /** The bundle as it ships. */
  readonly durable: MeasuredCa;
  /** The build without a journal. */
  readonly off: MeasuredCa;
  readonly smallstep: MeasuredSmallstep | undefined;
  /** Starts one more, of the bundle as it ships. */
  start(plan: Pick<CaPlan, 'name' | 'under'>): Promise<MeasuredCa>;
  /** Where files of the run go. */
  readonly folder: string;
}

/** The CA and its peer have one core, the load generator the other. */
const CA_CORE = 0;
const LOAD_CORE = 1;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = join(ROOT, 'node_modules', '.cache', 'cleat-bench');

/** Builds, installs and starts everything. `nodeFlags` go to the CA as it ships, for a profile. */
export async function setScene(nodeFlags: readonly string[]): Promise<Scene> {
  const dist = { durable: join(CACHE, 'dist'), off: join(CACHE, 'dist-journal-off') };
  build(dist.durable, []);
  build(dist.off, ['--replace', 'ca/journal/writer.ts=bench/ca/journal-off.ts']);
  const folder = mkdtempSync(join(CACHE, 'run-'));
  const ends: (() => Promise<void>)[] = [];
  const kept = <T extends { end(): Promise<void> }>(started: T): T => {
    ends.unshift(() => started.end());
    return started;
  };
  const dispose = async (): Promise<void> => {
    for (const end of ends) await end().catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const shared = { folder, core: CA_CORE };
    const load = kept(startHelper<Order>(new URL('./load.ts', import.meta.url), LOAD_CORE));
    const program = installSmallstep(join(CACHE, 'bin'));
    return {
      load: (order) => ask(load, order),
      floor: kept(startHelper<'measure'>(new URL('./floor.ts', import.meta.url), CA_CORE)),
      probe: kept(startHelper<number | 'stop'>(new URL('./probe.ts', import.meta.url), LOAD_CORE)),
      durable: kept(await startMeasuredCa({ ...shared, name: 'durable', dist: dist.durable, nodeFlags })),
      off: kept(await startMeasuredCa({ ...shared, name: 'off', dist: dist.off })),
      smallstep: program === undefined ? undefined : kept(await startSmallstep(program, folder, CA_CORE)),
      start: async (plan) => kept(await startMeasuredCa({ ...shared, dist: dist.durable, ...plan })),
      folder,
      [Symbol.asyncDispose]: dispose,
    };
  } catch (cause) {
    await dispose();
    throw cause;
  }
}

function build(out: string, more: readonly string[]): void {
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'build.ts'), '--quiet', '--out', out, ...more], {
    stdio: 'inherit',
  });
}

async function ask(load: Helper<Order>, order: Order): Promise<unknown> {
  const answer = (await load.ask(order)) as {
    readonly ok: boolean;
    readonly answer?: unknown;
    readonly reason?: string;
  };
  if (answer.ok) return answer.answer;
  throw new Error(`${order.kind}: ${answer.reason}`);
}
