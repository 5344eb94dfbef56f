/** The data of others through our own entry points: one line a file, no case against the data but by a named rule. */
import { existsSync } from 'node:fs';

import { expect } from 'chai';

import { skipAbsentVectors } from '../kit/skip.ts';
import { DEFAULT_FOLDER, lineOf, runFolder, unusedRules } from './run.ts';

const folder = process.env['CLEAT_VECTORS'] ?? DEFAULT_FOLDER;
const isThere = existsSync(folder);

describe('vectors', () => {
  const title =
    'A-201 to A-260, A-010 to A-027, A-047 to A-051, A-401 to A-417 accepts and refuses what the data of others demands';
  if (!isThere) {
    skipAbsentVectors(title);
    return;
  }

  it(title, async () => {
    const scores = await runFolder(folder);
    expect(scores.some(({ isKnown }) => isKnown)).to.equal(true);
    for (const score of scores) console.log(`    ${lineOf(score)}`);
    for (const rule of unusedRules(scores)) console.log(`    exception without a case: ${rule}`);
    expect(scores.flatMap(({ name, problems }) => problems.map((problem) => `${name} ${problem}`))).to.deep.equal([]);
    for (const { name, tally } of scores) {
      expect(tally.accepted + tally.refused + tally.notApplicable, name).to.equal(tally.total);
      expect([tally.falseAccepts, tally.falseRejects], name).to.deep.equal([0, 0]);
    }
  });
});
