import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { readSecretFile } from '../../../runtime/secret-file.ts';

describe('readSecretFile()', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cleat-secret-'));
  const path = join(folder, 'secret');
  after(() => rmSync(folder, { recursive: true }));

  async function read(content: string | Buffer, mode = 0o600): Promise<string> {
    writeFileSync(path, content);
    chmodSync(path, mode);
    const found = await readSecretFile(path);
    return found.ok ? `secret ${found.value}` : found.refusal.code;
  }

  it('refuses a file that others may read or the group may write: CONFIG_PERMISSION', async () => {
    for (const mode of [0o644, 0o604, 0o660, 0o602, 0o610, 0o601])
      expect(await read('s', mode)).to.equal('CONFIG_PERMISSION');
  });

  it('refuses what is no line of text, and says nothing of it: CONFIG_FILE', async () => {
    for (const content of ['', '\n', 'a\nb', 'a\n\n', 'é', 'a\0', 'a\tb', 'x'.repeat(16 * 1024 + 1)])
      expect(await read(content)).to.equal('CONFIG_FILE');
    const found = await readSecretFile(join(folder, 'absent'));
    expect(found).to.have.nested.property('refusal.code', 'CONFIG_FILE');
  });

  it('gives the line without its end', async () => {
    for (const end of ['', '\n', '\r\n']) expect(await read(`top secret${end}`, 0o440)).to.equal('secret top secret');
  });
});
