/** Which processes run on this machine: from /proc where there is one, else as `ps` says. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export interface ListedProcess {
  readonly pid: number;
  readonly parent: number;
  /** The words of the command line; one text where only `ps` knows. */
  readonly words: readonly string[];
}

/** Every process that can be seen. */
export function listProcesses(): readonly ListedProcess[] {
  if (!existsSync('/proc/self/status')) return listByPs();
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readEntry(Number(name)));
}

/** Those with this text in their command line. */
export function processesWith(text: string): readonly ListedProcess[] {
  return listProcesses().filter(({ words }) => words.some((word) => word.includes(text)));
}

/** Nothing for a process that ended while we looked. */
function readEntry(pid: number): readonly ListedProcess[] {
  try {
    const parent = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return [{ pid, parent: Number(parent), words: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0') }];
  } catch {
    return [];
  }
}

function listByPs(): readonly ListedProcess[] {
  const { stdout } = spawnSync('ps', ['-axo', 'pid=,ppid=,args='], { encoding: 'utf8' });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, args] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return args === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), words: [args] }];
  });
}
