/**
 * `npm run -s vectors [-- --json]`: the data files of the folder that CLEAT_VECTORS names (default ../shared/vectors)
 * and the binding vectors beside this file, through our own entry points. Exit 0 if nothing was accepted or refused against
 * the data, 1 if something was, 2 if the folder cannot be read or the command is wrong.
 */
import { DEFAULT_FOLDER, type FileScore, lineOf, runBinding, runFolder, unusedRules } from './run.ts';

const wishes = process.argv.slice(2);
if (wishes.some((wish) => wish !== '--json')) {
  console.error('usage: npm run -s vectors -- [--json]');
  process.exitCode = 2;
} else {
  await main(wishes.includes('--json'));
}

async function main(asJson: boolean): Promise<void> {
  const folder = process.env['CLEAT_VECTORS'] ?? DEFAULT_FOLDER;
  let scores: readonly FileScore[];
  try {
    scores = [...(await runFolder(folder)), ...(await runBinding())];
  } catch (cause) {
    console.error(`vectors: ${cause instanceof Error ? cause.message : String(cause)}`);
    process.exitCode = 2;
    return;
  }
  if (asJson) console.log(JSON.stringify(Object.fromEntries(scores.map(({ name, tally }) => [name, tally]))));
  else for (const one of scores) console.log(lineOf(one));
  for (const { name, problems } of scores) for (const problem of problems) console.error(`${name} ${problem}`);
  if (!asJson) for (const rule of unusedRules(scores)) console.error(`exception without a case: ${rule}`);
  if (scores.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
}
