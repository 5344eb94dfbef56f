/**
 * The processes of a demo: each in its own process group, its output in a log file, known to the keeper. Ends all of them,
 * waits, and says which one ended by itself.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { Fault } from '../../core/fault/fault.ts';
import { DemoFailure } from './until.ts';

export interface ProcessPlan {
  /** Name in messages; its log is `NAME.log`. */
  readonly name: string;
  /** File in `dist/`. */
  readonly file: string;
  readonly args: readonly string[];
  readonly nodeFlags?: readonly string[];
  /** All of its environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Running {
  readonly name: string;
  readonly pid: number;
  /** Monotonic milliseconds at the start of the process. */
  readonly startedAt: number;
  /** Hears every line that the process writes to standard output, until disposed of. */
  onLine(tell: (line: string) => void): Disposable;
}

export interface Processes {
  start(plan: ProcessPlan): Running;
  /** Rejects with a `DemoFailure` when a process ends by itself; never resolves. */
  readonly failure: Promise<never>;
  /** Aborts when the end begins, for whatever reason: nobody waits for these processes any more. */
  readonly ending: AbortSignal;
  /** Ends all: SIGTERM, then SIGKILL after five seconds. Waits until all are gone, the keeper and its folder too. */
  stop(): Promise<void>;
}

interface Places {
  /** Folder of the bundled files. */
  readonly dist: string;
  /** Folder that the keeper removes. */
  readonly folder: string;
  readonly logs: string;
}

interface Entry {
  readonly child: ChildProcess;
  readonly gone: Promise<void>;
}

const STOP_DEADLINE_MS = 5_000;
const LAST_LINES = 5;

/** Starts the keeper; everything else is started by the caller. */
export function createProcesses(places: Places): Processes {
  const entries: Entry[] = [];
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  const end = new AbortController();
  const keeper = spawn(process.execPath, [fileOf(places.dist, 'demo-keeper.cjs'), places.folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
  });
  keeper.stdin.on('error', () => undefined);
  const keeperGone = new Promise<void>((resolve) => keeper.once('exit', () => resolve()));

  function start(plan: ProcessPlan): Running {
    if (end.signal.aborted) throw new DemoFailure('the demo is ending');
    const startedAt = performance.now();
    const child = spawn(process.execPath, [...(plan.nodeFlags ?? []), fileOf(places.dist, plan.file), ...plan.args], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Nothing of our own environment: a variable must not change the TLS or the settings of a process of the demo.
      env: { ...plan.environment },
    });
    const { pid } = child;
    if (pid === undefined) throw new DemoFailure(`${plan.name} could not be started`);
    keeper.stdin.write(`began ${pid}\n`);
    const output = collect(child, join(places.logs, `${plan.name}.log`));
    const gone = new Promise<void>((resolve) => {
      child.once('close', (code, signal) => {
        keeper.stdin.write(`ended ${pid}\n`);
        if (!end.signal.aborted) failure.reject(new DemoFailure(ended(plan.name, signal ?? code, output.last())));
        end.abort();
        resolve();
      });
    });
    entries.push({ child, gone });
    return { name: plan.name, pid, startedAt, onLine: output.onLine };
  }

  async function stop(): Promise<void> {
    end.abort();
    await Promise.all(entries.map(endProcess));
    keeper.stdin.end();
    await keeperGone;
  }

  return { start, failure: failure.promise, ending: end.signal, stop };
}

/** Where the bundled files are: beside the bundle that runs; from the sources, what `npm run build` made. */
export function distFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return import.meta.url.endsWith('.ts') ? join(here, '..', '..', 'dist') : here;
}

function fileOf(dist: string, name: string): string {
  const file = join(dist, name);
  if (!existsSync(file)) throw new Fault('CONFIG_FILE', `${file} is missing: \`npm run build\` makes it`);
  return file;
}

function collect(child: ChildProcess, file: string) {
  const log = createWriteStream(file, { flags: 'a', mode: 0o600 });
  const listeners = new Set<(line: string) => void>();
  const last: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      last.push(line);
      if (last.length > LAST_LINES) last.shift();
      for (const tell of listeners) tell(line);
    });
  }
  child.once('close', () => log.end());
  return {
    last: (): readonly string[] => last,
    onLine: (tell: (line: string) => void): Disposable => {
      listeners.add(tell);
      return { [Symbol.dispose]: () => void listeners.delete(tell) };
    },
  };
}

function ended(name: string, how: string | number | null, lines: readonly string[]): string {
  return [`${name} ended by itself (${how}); its last lines:`, ...lines].join('\n  ');
}

async function endProcess({ child, gone }: Entry): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  signalGroup(pid, 'SIGTERM');
  const late = setTimeout(() => signalGroup(pid, 'SIGKILL'), STOP_DEADLINE_MS);
  await gone;
  clearTimeout(late);
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Already gone, which is all that is wanted.
  }
}
