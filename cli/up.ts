/** `cleat up`: a mesh on this machine, its story, and then yours. Owns the life of the demo: whatever ends it, all goes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';

import { interrupted, listenForInterrupt } from './interrupt.ts';
import { EXIT, type Io } from './io.ts';
import { layOut, namePorts, PORTS_NEEDED } from './up/layout.ts';
import { startMesh } from './up/mesh.ts';
import { findPorts } from './up/ports.ts';
import { createProcesses, distFolder } from './up/processes.ts';
import { storyJson } from './up/report.ts';
import { perform } from './up/story.ts';
import { DemoFailure } from './up/until.ts';
import type { Invocation, Verb } from './verb.ts';

export const up: Verb = {
  name: 'up',
  summary: 'run a mesh on this machine: a CA, two pods, and the story of what is admitted and what is not',
  about: [
    'Everything runs as processes of its own on loopback, in a temporary folder. After the story the mesh stays up and',
    'prints commands to try by hand; Ctrl-C ends it and leaves no process and no file.',
    'With --once the exit code is 0 only if every step came out as expected.',
  ].join('\n'),
  options: {
    once: { doc: 'End after the story.' },
    json: { doc: 'Print one JSON object on standard output and nothing else there.' },
    logs: { value: 'DIR', doc: 'Keep the logs of all processes, in a folder of this one.' },
  },
  example: 'cleat up --once',
  run: runDemo,
};

async function runDemo(invocation: Invocation, io: Io): Promise<number> {
  using interrupt = listenForInterrupt();
  const folder = await mkdtemp(join(tmpdir(), 'cleat-up-'));
  try {
    return await liveIn(folder, { invocation, io, interrupt: interrupt.signal });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Wishes {
  readonly invocation: Invocation;
  readonly io: Io;
  readonly interrupt: AbortSignal;
}

async function liveIn(folder: string, { invocation, io, interrupt }: Wishes): Promise<number> {
  const [isOnce, isJson] = [invocation.has('once'), invocation.has('json')];
  const kept = invocation.text('logs');
  const logs = kept === undefined ? join(folder, 'logs') : resolve(kept, basename(folder));
  const layout = layOut(folder, logs, namePorts(await findPorts(PORTS_NEEDED)));
  const processes = createProcesses({ dist: distFolder(), folder, logs });
  let isTold = false;

  async function demonstrate(): Promise<number> {
    io.err('starting a CA and two pods in their own processes ...\n');
    const mesh = await startMesh(layout, processes);
    const played = await perform(mesh, { io, isJson, isStaying: !isOnce });
    if (isJson) io.out(storyJson(played));
    isTold = true;
    if (!isOnce) await interrupted(interrupt);
    return played.every(({ ok }) => ok) || !isOnce ? EXIT.ok : EXIT.failed;
  }

  try {
    const told = interrupted(interrupt).then(() => (isOnce ? EXIT.failed : EXIT.ok));
    return await Promise.race([demonstrate(), told, processes.failure]);
  } catch (thrown) {
    if (isJson && !isTold) io.out(storyJson([]));
    if (!(thrown instanceof DemoFailure)) throw thrown;
    io.err(`cleat up: ${thrown.message}\n`);
    return EXIT.failed;
  } finally {
    await processes.stop();
  }
}
