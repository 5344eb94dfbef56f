/** A FIFO: whoever opens it for reading waits for a writer that never comes. */
import { execFileSync } from 'node:child_process';

/** For its owner alone. */
export function makeFifo(path: string): void {
  execFileSync('mkfifo', ['-m', '600', path]);
}
