/** CPU time, memory and steal of other processes, from procfs (Linux). Reads only. */
import { readdirSync, readFileSync } from 'node:fs';

/** CPU time of all threads that live, user and system together, in milliseconds: from schedstat, to the nanosecond. */
export function cpuOf(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`))
    nanoseconds += runTimeOf(`/proc/${pid}/task/${thread}/schedstat`);
  return nanoseconds / 1e6;
}

/** A thread may end between the list and the look; what it used is too little to matter in a window of a second. */
function runTimeOf(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8').split(' ')[0]);
  } catch {
    return 0;
  }
}

/** Memory of the process that no file backs and no other process shares, in KiB: what a pod adds. */
export function anonymousKiB(pid: number): number {
  const found = /^Anonymous:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  return Number(found?.[1] ?? Number.NaN);
}

/** Ticks of all CPUs so far: all of them, the stolen ones, and the busy ones. */
interface Ticks {
  readonly all: number;
  readonly stolen: number;
}

/** Starts to look; the function gives the share of time that the host took away since, 0 to 1. */
export function watchSteal(): () => number {
  const before = ticks();
  return () => {
    const after = ticks();
    return after.all === before.all ? 0 : (after.stolen - before.stolen) / (after.all - before.all);
  };
}

function ticks(): Ticks {
  const line = readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '';
  const fields = line.split(/\s+/).slice(1, 9).map(Number);
  return { all: fields.reduce((sum, value) => sum + value, 0), stolen: fields[7] ?? 0 };
}
