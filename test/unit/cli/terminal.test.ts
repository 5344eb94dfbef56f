import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

const CLEAT = fileURLToPath(new URL('../../../cli/cleat.ts', import.meta.url));

describe('runInProcess()', function () {
  this.timeout(20_000);

  it('ends without a word where nobody reads what it writes: `cleat ... | head`', async () => {
    const child = spawn(process.execPath, [CLEAT, '--help'], { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    const [[code], err] = await Promise.all([once(child, 'close'), text(child.stderr)]);
    expect([code, err]).to.deep.equal([1, '']);
  });
});
