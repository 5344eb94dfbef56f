import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import type { Outcome } from '../../../../core/fault/refusal.ts';
import { formatJoinToken } from '../../../../core/identity/join-token.ts';
import { encodePem } from '../../../../core/x509/pem.ts';
import { readEvidence, type Evidence } from '../../../../sidecar/credentials/evidence.ts';

const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'admitted' : outcome.refusal.code);
const token = formatJoinToken({ rootDigest: Buffer.alloc(32, 1), secret: Buffer.alloc(32, 2) });

describe('readEvidence()', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-evidence-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function read(joinToken: string, bundle?: string): Promise<Outcome<Evidence>> {
    await writeFile(join(folder, 'token'), joinToken);
    if (bundle === undefined) return readEvidence({ joinToken: join(folder, 'token') });
    await writeFile(join(folder, 'bundle.pem'), bundle);
    return readEvidence({ joinToken: join(folder, 'token'), bundle: join(folder, 'bundle.pem') });
  }

  it('A-529 refuses with CONFIG_FILE a file that is not there, or is a folder', async () => {
    for (const joinToken of [join(folder, 'nothing'), folder])
      expect(codeOf(await readEvidence({ joinToken }))).to.equal('CONFIG_FILE');
    await writeFile(join(folder, 'token'), token);
    const missing = await readEvidence({ joinToken: join(folder, 'token'), bundle: join(folder, 'nothing') });
    expect(codeOf(missing)).to.equal('CONFIG_FILE');
  });

  it('A-525 refuses with ATTEST_EVIDENCE a token that is half written, empty or doubled, and repeats none of it', async () => {
    for (const text of ['', token.slice(0, 60), `${token}\n${token}`, ` ${token}`]) {
      const outcome = await read(text);
      expect(codeOf(outcome)).to.equal('ATTEST_EVIDENCE');
      expect(JSON.stringify(outcome)).to.not.include('AgICAgIC');
    }
  });

  it('A-530 refuses a file of 10 MB', async () => {
    expect(codeOf(await read('x'.repeat(10_000_000)))).to.equal('CONFIG_FILE');
  });

  it('refuses with CONFIG_FILE a bundle that is no PEM, or holds a key', async () => {
    const certificate = encodePem('CERTIFICATE', Buffer.from('a root'));
    for (const bundle of [
      '',
      'junk',
      certificate.slice(0, -10),
      certificate + encodePem('PRIVATE KEY', Buffer.from('x')),
    ])
      expect(codeOf(await read(token, bundle)), bundle).to.equal('CONFIG_FILE');
  });

  it('gives token and fingerprint, or token and roots, with or without a newline at the end', async () => {
    for (const text of [token, `${token}\n`, `${token}\r\n`]) {
      const { joinToken, trust } = demand(await read(text));
      expect(joinToken).to.equal(token);
      expect(trust).to.deep.equal({ kind: 'fingerprint', rootDigest: Buffer.alloc(32, 1) });
    }
    const roots = [Buffer.from('one'), Buffer.from('two')];
    const bundle = roots.map((der) => encodePem('CERTIFICATE', der)).join('\n');
    const { trust, digest } = demand(await read(token, bundle));
    expect(trust).to.deep.equal({ kind: 'roots', roots });
    expect(digest).to.equal(demand(await read(token)).digest);
  });
});
