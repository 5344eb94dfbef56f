/** What a target takes while it does nothing, and how long it takes to be there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { anonymousKiB, cpuOf } from '../cpu.ts';
import { spreadOf } from '../statistics.ts';
import { type DataRow, keep, type Measuring, withTargets } from './stage.ts';
import type { Scene } from './scene.ts';

const IDLE = 250;

/** Anonymous memory at rest and for each idle connection; or the time to the first completed handshake. */
export async function sizeRows(
  scene: Scene,
  { suite, names, rounds, say }: Measuring & { readonly suite: 'memory' | 'startup' },
): Promise<readonly DataRow[]> {
  const found: { readonly target: string; readonly values: Readonly<Record<string, number>> }[] = [];
  for (const name of names) {
    const runs: Record<string, number>[] = [];
    for (let round = 0; round < (suite === 'memory' ? 1 : Math.max(rounds, 7)); round += 1) {
      say(`${suite} ${name} ${round + 1}`);
      runs.push(suite === 'memory' ? await memoryOf(scene, name) : await startOf(scene, name));
    }
    const keys = Object.keys(runs[0] ?? {});
    const values = Object.fromEntries(
      keys.map((key) => [key, spreadOf(runs.map((run) => run[key] ?? Number.NaN)).median]),
    );
    found.push({ target: name, values });
  }
  const bars: Readonly<Record<string, { readonly to?: string; readonly most: number; readonly publicMost?: number }>> =
    {
      'anonymous memory at rest': { most: 30_720 },
      'memory of an idle connection': { most: 75, publicMost: 85 },
      'start to first completed handshake': { to: 'envoy', most: 1.5 },
    };
  return found.flatMap(({ target, values }) =>
    Object.entries(values).map(([name, value]) => {
      const ratioTo = Object.fromEntries(
        found
          .filter((other) => other.target !== target && !other.target.startsWith('cleat'))
          .map((other) => [other.target, value / (other.values[name] ?? Number.NaN)]),
      );
      const bar = target.startsWith('cleat') ? bars[name] : undefined;
      const most = target === 'cleat-public' ? (bar?.publicMost ?? bar?.most) : bar?.most;
      const measured = bar?.to === undefined ? value : ratioTo[bar.to];
      return {
        case: name,
        target,
        value,
        unit: name.includes('handshake') ? 'ms' : 'KiB',
        ratioTo,
        bars: most === undefined || measured === undefined ? [] : [{ to: bar?.to, most, found: measured }],
      };
    }),
  );
}

async function memoryOf(scene: Scene, name: string): Promise<Record<string, number>> {
  const values: Record<string, number> = {};
  await withTargets(
    scene,
    [name],
    () => undefined,
    async ([target]) => {
      if (target === undefined) return;
      await settled(target.pid);
      const before = anonymousKiB(target.pid);
      const load = await scene.load({
        ...keep(IDLE),
        mode: 'idle',
        port: target.port,
        requests: scene.requests('/s1k'),
      });
      await settled(target.pid);
      values['anonymous memory at rest'] = before;
      values['memory of an idle connection'] = (anonymousKiB(target.pid) - before) / IDLE;
      load.end();
    },
  );
  return values;
}

/** Until a second passes in which the process does next to nothing. */
async function settled(pid: number): Promise<void> {
  for (let before = cpuOf(pid); ; ) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const now = cpuOf(pid);
    if (now - before < 5) return;
    before = now;
  }
}

async function startOf(scene: Scene, name: string): Promise<Record<string, number>> {
  const begin = performance.now();
  let ms = Number.NaN;
  await withTargets(
    scene,
    [name],
    () => undefined,
    async ([target]) => {
      if (target === undefined) return;
      const { certificate, key } = scene.client;
      const order = ['s_client', '-connect', `127.0.0.1:${target.port}`, '-cert', certificate, '-key', key, '-tls1_3'];
      const child = spawn('openssl', order, { stdio: ['pipe', 'ignore', 'ignore'] });
      child.stdin.end('Q\n');
      await once(child, 'exit');
      ms = performance.now() - begin;
    },
  );
  return { 'start to first completed handshake': ms };
}
