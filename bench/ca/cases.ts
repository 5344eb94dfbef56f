/** The cases of `npm run bench -- ca`: what is offered, what is measured. Bars are in `bars.ts`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { anonymousKiB } from '../cpu.ts';
import type { Window } from '../pool.ts';
import { percentile } from '../statistics.ts';
import type { MeasuredCa } from './ca-process.ts';
import type { Bench, Figures } from './measure.ts';
import type { Scene } from './scene.ts';

const CALLERS = 16;

/** The workloads of one CA, as the load generator knows them. */
export interface Crew {
  readonly ca: MeasuredCa;
  readonly name: string;
  readonly size: number;
}

/** Enrols a crew; its `Issue` calls with a join token each are measured. */
export async function enrol(scene: Scene, bench: Bench, crew: Crew): Promise<Figures> {
  let tokens: readonly string[] = [];
  return bench.measure({
    pid: crew.ca.pid,
    prepare: async () => {
      tokens = await crew.ca.joinTokens(crew.size);
      await scene.load({ kind: 'fleet', name: crew.name, target: crew.ca.target });
    },
    run: () => windowOf(scene.load({ kind: 'enrol', name: crew.name, tokens, callers: CALLERS })),
  });
}

/** One `Renew` of each, over the connection that holds its `Watch`, 16 callers. */
export function renew(scene: Scene, bench: Bench, { ca, name, size }: Crew): Promise<Figures> {
  return bench.measure({
    pid: ca.pid,
    prepare: () => ready(scene, { name, size }),
    run: () => windowOf(scene.load({ kind: 'renew', name, count: size, callers: CALLERS })),
  });
}

export interface Storm {
  readonly p99: number;
  readonly seconds: number;
  /** Milliseconds. */
  readonly longestStall: number;
}

/** All renew within `overMs` (0: at once), while the probe looks on. */
export async function storm(
  scene: Scene,
  bench: Bench,
  { crew, overMs }: { readonly crew: Crew; readonly overMs: number },
): Promise<Storm> {
  const { ca, name, size } = crew;
  let longestStall = 0;
  const figures = await bench.measure({
    pid: ca.pid,
    prepare: async () => {
      await ready(scene, { name, size });
      await scene.probe.ask(ca.admin);
    },
    run: async () => {
      const window = await windowOf(scene.load({ kind: 'storm', name, count: size, overMs }));
      longestStall = Number(await scene.probe.ask('stop'));
      return window;
    },
  });
  return { p99: percentile(figures.latencies, 0.99), seconds: figures.seconds, longestStall };
}

async function ready(scene: Scene, { name, size }: { readonly name: string; readonly size: number }): Promise<void> {
  await scene.load({ kind: 'connect', name, watching: true });
  await scene.load({ kind: 'prepare', name, count: size });
}

/** step-ca's `sign` or `renew`, 16 callers. */
export function smallstep(
  scene: Scene,
  bench: Bench,
  { verb, count }: { readonly verb: 'sign' | 'renew'; readonly count: number },
): Promise<Figures> {
  return bench.measure({
    pid: scene.smallstep?.pid ?? 0,
    prepare: async () => {
      if (verb === 'sign') await scene.load({ kind: 'smallstep-prepare', count });
    },
    run: () => windowOf(scene.load({ kind: `smallstep-${verb}`, count, callers: CALLERS })),
  });
}

/** A CA whose every fsync and fdatasync is seen, and takes longer where asked for. Only these calls stop at the tracer. */
export async function startTraced(
  scene: Scene,
  name: string,
  delayMicroseconds: number,
): Promise<{ readonly ca: MeasuredCa; readonly syncs: () => number }> {
  const file = join(scene.folder, `${name}.strace`);
  const delay = delayMicroseconds === 0 ? [] : ['-e', `inject=fsync,fdatasync:delay_exit=${delayMicroseconds}`];
  const under = [
    'taskset',
    '-c',
    '1',
    'strace',
    '-f',
    '--seccomp-bpf',
    '-qq',
    '-e',
    'trace=fsync,fdatasync',
    ...delay,
    '-o',
    file,
  ];
  const ca = await scene.start({ name, under });
  // A call is one line, or one that says "resumed" after one that says "unfinished".
  return {
    ca,
    syncs: () =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => / = 0/.test(line)).length,
  };
}

export interface Fan {
  /** Milliseconds from the order to publish to the last receipt. */
  readonly lastReceipt: number;
}

/** A new bundle to all open streams. `publish` starts it and resolves when the CA has said that it is done. */
export async function fanOut(scene: Scene, crew: Crew, publish: () => Promise<unknown>): Promise<Fan> {
  const last = scene.load({ kind: 'next-bundle', name: crew.name });
  const begin = process.hrtime.bigint();
  await publish();
  return { lastReceipt: Number(((await last) as bigint) - begin) / 1e6 };
}

/** KiB of anonymous memory that each connection with an open stream adds, to a CA that had none. */
export async function memoryPerStream(scene: Scene, { ca, name, size }: Crew): Promise<number> {
  const before = anonymousKiB(ca.pid);
  await scene.load({ kind: 'connect', name, watching: true });
  return (anonymousKiB(ca.pid) - before) / size;
}

const windowOf = async (answer: Promise<unknown>): Promise<Window> => (await answer) as Window;
