/**
 * How a test is left out: with its reason in its title, so that it is counted and named. What a machine lacks is a failure
 * under `CLEAT_REQUIRE_ALL`; data that is handed in from beside the repository is not (DESIGN section 11).
 */
import { spawnSync } from 'node:child_process';

import type { Context } from 'mocha';

/** Leaves the test out where the machine lacks something. Throws there under `CLEAT_REQUIRE_ALL=1`. */
export function skipUnless(context: Context, isThere: boolean, reason: string): void {
  if (isThere) return;
  if (process.env['CLEAT_REQUIRE_ALL'] === '1') throw new Error(`cannot run: ${reason}`);
  leaveOut(context, reason);
}

/** The one test of a suite whose data in `../shared` is absent. Called in place of its tests. */
export function skipAbsentVectors(title: string): void {
  it(title, function () {
    leaveOut(this, '../shared/vectors is absent');
  });
}

/** Whether strace can trace a process here: the program may be missing, or tracing be forbidden. */
export function canTrace(): boolean {
  return spawnSync('strace', ['-f', '-o', '/dev/null', process.execPath, '--version']).status === 0;
}

/** Leaves the test out, whatever is demanded: there is nothing to look at. */
export function leaveOut(context: Context, reason: string): void {
  const runnable = context.test ?? context.currentTest;
  if (runnable !== undefined) runnable.title += ` (skipped: ${reason})`;
  context.skip();
}
