/** Interleaved windows: round 1 of all targets, round 2 of all, and so on; a window with a failure or much steal is void. */
import { cpuOf, watchSteal } from '../cpu.ts';
import type { LoadOrder, LoadReport, Scene } from './scene.ts';
import type { Target } from './targets.ts';

export interface Window extends LoadReport {
  /** CPU time of the target for each request, all threads, in microseconds. */
  readonly cpuUs: number;
}

export interface WindowsOptions {
  readonly rounds: number;
  readonly say: (line: string) => void;
}

const STEAL_MOST = 0.1;
const TRIES = 3;

/** Windows of each target, by name, one a round. */
export async function measureWindows(
  scene: Scene,
  cases: ReadonlyMap<string, { readonly target: Target; readonly order: Omit<LoadOrder, 'port'> }>,
  { rounds, say }: WindowsOptions,
): Promise<ReadonlyMap<string, readonly Window[]>> {
  const windows = new Map<string, Window[]>([...cases.keys()].map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, { target, order }] of cases) {
      const window = await measure(scene, target, order);
      // The first round warms up.
      if (round > 0) windows.get(name)?.push(window);
      say(`round ${round} ${name}: ${window.cpuUs.toFixed(1)} us, ${Math.round(window.requests / window.seconds)}/s`);
    }
  }
  return windows;
}

async function measure(scene: Scene, target: Target, order: Omit<LoadOrder, 'port'>): Promise<Window> {
  for (let attempt = 1; ; attempt += 1) {
    const load = await scene.load({ ...order, port: target.port });
    const steal = watchSteal();
    const before = cpuOf(target.pid);
    const report = await load.run();
    const cpuUs = ((cpuOf(target.pid) - before) * 1000) / report.requests;
    load.end();
    if (report.failures === 0 && steal() <= STEAL_MOST) return { ...report, cpuUs };
    if (attempt === TRIES) throw new Error(`${target.name}: ${report.failures} failures in a window`);
  }
}
