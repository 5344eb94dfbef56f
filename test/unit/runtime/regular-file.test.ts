import { expect } from 'chai';

import { readRegularFile } from '../../../runtime/regular-file.ts';

describe('readRegularFile()', () => {
  it('A-530 refuses what has more bytes than its size says, at the bound: CONFIG_FILE', async () => {
    expect(await readRegularFile('/proc/self/status', 8)).to.deep.equal({
      ok: false,
      refusal: { code: 'CONFIG_FILE', detail: '/proc/self/status is larger than 8 bytes' },
    });
  });

  it('reads a file to its end', async () => {
    const read = await readRegularFile('/proc/self/status', 1024 * 1024);
    expect(read.ok && read.value.toString('latin1')).to.match(/^Name:/);
  });
});
