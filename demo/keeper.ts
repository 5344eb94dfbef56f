/**
 * Stands by while `cleat up` runs. When `up` is gone, whatever ended it, the keeper ends the process groups that `up` had
 * started and removes its folder. It reads one command a line on standard input: `began PID`, `ended PID`.
 *
 * Usage: demo-keeper FOLDER
 */
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

keep(process.argv[2]);

function keep(folder: string | undefined): void {
  const groups = new Set<number>();
  // Only the end of its input ends it: a Ctrl-C is for `up`, which needs the keeper most while it cleans up.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined);
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const [word, pid] = line.split(' ');
    if (word === 'began') groups.add(Number(pid));
    if (word === 'ended') groups.delete(Number(pid));
  });
  lines.on('close', () => {
    for (const group of groups) kill(group);
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    process.exit();
  });
}

function kill(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // Already gone, which is all that is wanted.
  }
}
