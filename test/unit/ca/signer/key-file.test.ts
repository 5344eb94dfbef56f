import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

import { expect } from 'chai';

import { formatKey, makeKey, readKeyFile } from '../../../../ca/signer/key-file.ts';
import { makeFifo } from '../../../kit/fifo.ts';
import { tempFolder, thrownBy } from '../small-ca.ts';

const PEM = formatKey(makeKey());

async function reading(text: string, mode = 0o600): Promise<string> {
  using folder = tempFolder();
  const path = `${folder.path}/a.key`;
  writeFileSync(path, text);
  chmodSync(path, mode);
  return thrownBy(() => readKeyFile(path));
}

describe('readKeyFile()', () => {
  it('A-134 refuses every mode wider than 0600 with SIGNER_KEY', async () => {
    for (const mode of [0o601, 0o602, 0o604, 0o610, 0o620, 0o640, 0o644, 0o660, 0o666, 0o777])
      expect(await reading(PEM, mode), mode.toString(8)).to.equal('SIGNER_KEY');
  });

  it('A-134 refuses a truncated, an encrypted and a foreign file with SIGNER_KEY', async () => {
    const key = makeKey();
    const encrypted = key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString();
    const headed = key.export({ type: 'sec1', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString();
    for (const text of ['', 'x', PEM.slice(0, 100), PEM.slice(0, -40), encrypted, headed, PEM + PEM, 'x'.repeat(9000)])
      expect(await reading(text), text.slice(0, 30)).to.equal('SIGNER_KEY');
  });

  it('A-134 refuses other keys than P-256 with SIGNER_KEY', async () => {
    const others = [
      generateKeyPairSync('ec', { namedCurve: 'P-384' }),
      generateKeyPairSync('ed25519'),
      generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ];
    for (const { privateKey } of others)
      expect(await reading(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())).to.equal('SIGNER_KEY');
  });

  it('refuses what is missing or no file with SIGNER_KEY', async () => {
    using folder = tempFolder();
    mkdirSync(`${folder.path}/a.key`, { mode: 0o700 });
    expect(await thrownBy(() => readKeyFile(`${folder.path}/a.key`))).to.equal('SIGNER_KEY');
    expect(await thrownBy(() => readKeyFile(`${folder.path}/none`))).to.equal('SIGNER_KEY');
  });

  it('A-134 refuses a FIFO with SIGNER_KEY, without waiting for its writer', async () => {
    using folder = tempFolder();
    makeFifo(`${folder.path}/a.key`);
    expect(await thrownBy(() => readKeyFile(`${folder.path}/a.key`))).to.equal('SIGNER_KEY');
  });

  it('never quotes the file', async () => {
    using folder = tempFolder();
    const path = `${folder.path}/a.key`;
    writeFileSync(path, PEM.replace('M', '!'), { mode: 0o600 });
    try {
      readKeyFile(path);
      expect.fail('read it');
    } catch (thrown) {
      const body = readFileSync(path, 'utf8').split('\n')[1] ?? '';
      expect(String(thrown)).not.to.include(body.slice(0, 16));
    }
  });

  it('reads what formatKey writes, at 0600 and at 0400', async () => {
    expect(await reading(PEM)).to.equal('nothing');
    expect(await reading(PEM, 0o400)).to.equal('nothing');
  });
});
