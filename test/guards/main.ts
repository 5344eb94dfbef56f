/**
 * `npm run guards`: switches one guard off at a time and demands that the vectors, or else the unit tests of tokens and policy, go red.
 * Prints a line a guard; the last line is `guards N, caught M`. Exit 0 if all were caught, 1 if one was not, 2 if the suite is red by itself
 * or the text of a guard is not where it was.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';

import { ROOT, withoutGuard } from './guard.ts';
import { GUARDS } from './guards.ts';
import type { Red } from './suite.ts';

const AT_ONCE = 2;

async function main(): Promise<number> {
  if (process.argv.length > 2) {
    console.error('usage: npm run guards (it takes no arguments and some two minutes)');
    return 2;
  }
  for (const guard of GUARDS) withoutGuard(guard);
  const sound = await run(undefined);
  const isSound = sound.length === 2 && sound.every(({ failed, passed }) => failed.length === 0 && passed > 0);
  if (!isSound) {
    console.error(`with every guard on: ${sound.flatMap(({ failed }) => failed).join('; ') || 'the suite broke down'}`);
    return 2;
  }
  const waiting = [...GUARDS];
  let caught = 0;
  const work = async (): Promise<void> => {
    for (let guard = waiting.shift(); guard !== undefined; guard = waiting.shift()) {
      const red = (await run(guard.name)).find(({ failed }) => failed.length > 0);
      // A suite that broke down says nothing: most of it must still pass.
      const isCaught = red !== undefined && red.passed > red.failed.length;
      if (isCaught) caught += 1;
      console.log(isCaught ? `caught: ${guard.name}: ${describe(red)}` : `NOT CAUGHT: ${guard.name}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  console.log(`guards ${GUARDS.length}, caught ${caught}`);
  return caught === GUARDS.length ? 0 : 1;
}

const describe = ({ kind, failed }: Red): string => `${failed.length} ${kind}, such as "${failed[0] ?? ''}"`;

/** What the suite found without this guard; with every guard the whole suite. */
async function run(guard: string | undefined): Promise<readonly Red[]> {
  const child = fork(`${ROOT}test/guards/suite.ts`, [guard === undefined ? 'whole' : 'quick'], {
    cwd: ROOT,
    env: { ...process.env, CLEAT_GUARD: guard },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: guard === undefined ? [] : ['--import', `${ROOT}test/guards/switch-off.ts`],
  });
  const found: Red[] = [];
  child.on('message', (red) => {
    found.push(red as Red);
  });
  await once(child, 'exit');
  return found;
}

process.exitCode = await main();
