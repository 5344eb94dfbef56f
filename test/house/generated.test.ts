/** Generated documents and types are what their tables say: run `npm run generate` when this fails. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { generate } from '../../scripts/generate.ts';
import { ROOT } from './sources.ts';

describe('house: generated files', () => {
  it('are fresh', async () => {
    const stale: string[] = [];
    for (const [path, text] of await generate()) {
      const file = join(ROOT, path);
      if (!existsSync(file) || readFileSync(file, 'utf8') !== text) stale.push(path);
    }
    expect(stale).to.deep.equal([]);
  });
});
