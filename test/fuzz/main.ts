/**
 * `npm run -s fuzz -- [--executions N] [--seed N]`: our engine against llhttp, ten million inputs unless told otherwise.
 * Prints the figure with its denominator and conditions. Exit 1 if the two ever disagreed on what we accepted.
 */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';

import { fuzz } from './differential.ts';

const { values } = parseArgs({
  options: { executions: { type: 'string', default: '10000000' }, seed: { type: 'string', default: '1' } },
});
const [executions, seed] = [Number(values.executions), Number(values.seed)];

if (!Number.isSafeInteger(executions) || executions < 1 || !Number.isSafeInteger(seed)) {
  console.error('usage: npm run -s fuzz -- [--executions N] [--seed N]');
  process.exitCode = 2;
} else {
  const begin = performance.now();
  const found = fuzz(executions, seed, (done) => console.error(`${done} inputs`));
  for (const { kind, text, what } of found.disagreements) console.log(`${kind} ${JSON.stringify(text)}: ${what}`);
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  console.log(
    `${found.disagreements.length} disagreements in ${found.executions} inputs, ${found.accepted} accepted by both; ` +
      `seed ${seed}, Node ${process.version}, ${seconds} s, commit ${commit}`,
  );
  if (found.disagreements.length > 0) process.exitCode = 1;
}
