/**
 * strace, used in two ways: what it wrote (`strace -f -yy -s 65536`) is read as calls on files and sockets in the order in
 * which they began and returned; and it makes the calls of a running process fail.
 */
import { spawn, type ChildProcess } from 'node:child_process';

export interface TracedCall {
  /** Thread. */
  readonly tid: number;
  /** `fdatasync`, `pwrite64`, `write` ... */
  readonly name: string;
  /** What strace says behind the descriptor: a path, or `TCP:[local->remote]`. */
  readonly target: string;
  /** The arguments as printed, the written text among them. */
  readonly text: string;
  /** Place in the trace where the call began and where it returned. */
  readonly began: number;
  readonly returned: number;
  /** 0 or more, or -1. */
  readonly result: number;
}

const WHOLE = /^(\d+) +(\w+)\((\d+)<(.*?)>(?=[,)])(.*)\) += (-?\d+)/s;
const BEGUN = /^(\d+) +(\w+)\((\d+)<(.*?)>(?=[,)]|\s|$)(.*) <unfinished \.\.\.>$/s;
const RESUMED = /^(\d+) +<\.\.\. (\w+) resumed>.*\) += (-?\d+)/s;

/** The calls that have a descriptor as their first argument, by the place where they began. */
export function readTrace(text: string): readonly TracedCall[] {
  const calls: TracedCall[] = [];
  const open = new Map<string, Omit<TracedCall, 'returned' | 'result'>>();
  for (const [place, line] of text.split('\n').entries()) {
    const begun = BEGUN.exec(line);
    const resumed = RESUMED.exec(line);
    const whole = begun === null && resumed === null ? WHOLE.exec(line) : null;
    if (whole !== null) {
      const [, tid = '', name = '', , target = '', rest = '', result = ''] = whole;
      calls.push({ tid: Number(tid), name, target, text: rest, began: place, returned: place, result: Number(result) });
    } else if (begun !== null) {
      const [, tid = '', name = '', , target = '', rest = ''] = begun;
      open.set(tid, { tid: Number(tid), name, target, text: rest, began: place });
    } else if (resumed !== null) {
      const [, tid = '', name = '', result = ''] = resumed;
      const start = open.get(tid);
      open.delete(tid);
      if (start?.name === name) calls.push({ ...start, returned: place, result: Number(result) });
    }
  }
  return calls.toSorted((one, other) => one.began - other.began);
}

/** Makes these calls (`fsync,fdatasync`) of a running process fail with this error from now on, in all of its threads and
 *  those to come, until `detach`. Rejects where strace may not attach. */
export async function failCalls(pid: number, calls: string, error: string): Promise<ChildProcess> {
  const args = ['-f', '-p', String(pid), '-o', '/dev/null', '-e', `trace=${calls}`];
  const strace = spawn('strace', [...args, '-e', `inject=${calls}:error=${error}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await new Promise<void>((resolve, reject) => {
    let said = '';
    strace.stderr.on('data', (chunk) => {
      said += String(chunk);
      if (/attached/.test(said)) resolve();
    });
    strace.once('exit', () => reject(new Error(`strace ended: ${said}`)));
  });
  return strace;
}

/** Lets the process go on untouched. */
export function detach(strace: ChildProcess): Promise<void> {
  const gone = new Promise<void>((resolve) => strace.once('exit', () => resolve()));
  strace.kill('SIGINT');
  return gone;
}
