/**
 * What the CA issues, judged by four verifiers that others wrote. Each sees every certificate; one refusal fails.
 */
import 'reflect-metadata';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { X509Certificate } from '@peculiar/x509';
import { expect } from 'chai';

import { parseCertificate } from '../../core/x509/certificate.ts';
import { demand } from '../../core/fault/fault.ts';
import { encodePem } from '../../core/x509/pem.ts';
import { startSmallCa, testClock, type SmallCa } from '../unit/ca/small-ca.ts';
import { issueAll, KEY_TYPES, type Certified } from './issued-certificates.ts';
import { skipUnless } from '../kit/skip.ts';

const COUNT = 1000;
const run = promisify(execFile);
const isThere = (program: string, ...args: readonly string[]): boolean => spawnSync(program, args).status === 0;

describe('a thousand issued certificates', function () {
  this.timeout(120_000);
  let ca: SmallCa;
  let folder: string;
  let issued: readonly Certified[] = [];
  const file = (name: string): string => join(folder, name);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cleat-interop-'));
    // Ahead by less than the backdate, so that those of one minute are valid until the last verifier has seen them.
    const clock = testClock(Math.floor(Date.now() / 1000) + 50);
    ca = await startSmallCa({ clock, change: (rooms) => ({ ...rooms, keyTypes: KEY_TYPES }) });
    issued = await issueAll(ca, COUNT);
    writeFileSync(file('root.pem'), encodePem('CERTIFICATE', ca.authority.certificate.der));
    writeFileSync(file('all.pem'), issued.map(({ der }) => encodePem('CERTIFICATE', der)).join(''));
    for (const [place, { der }] of issued.entries()) writeFileSync(file(`${place}.pem`), encodePem('CERTIFICATE', der));
  });

  after(async () => {
    await ca[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  it('cover the space: all key types, lifetimes from a minute to a day, up to 16 names, up to three predecessors', () => {
    expect(issued).to.have.length(COUNT);
    const read = issued.map(({ der }) => demand(parseCertificate(der)));
    const seen = (of: (certificate: (typeof read)[number]) => unknown): readonly unknown[] => [
      ...new Set(read.map(of)),
    ];
    expect(new Set(issued.map(({ keyType }) => keyType))).to.deep.equal(new Set(KEY_TYPES));
    expect(seen(({ notBefore, notAfter }) => notAfter - notBefore - 60)).to.include.members([60, 61, 3600, 86_400]);
    expect(seen(({ dnsNames }) => dnsNames.length)).to.include.members([0, 1, 2, 16]);
    expect(seen(({ lineage }) => lineage?.predecessors.length)).to.include.members([0, 1, 2, 3]);
    expect(Math.max(...read.map(({ uriNames: [uri = ''] }) => uri.length))).to.equal(2048);
    expect(new Set(read.map(({ serial }) => serial)).size).to.equal(COUNT);
  });

  it('are accepted by OpenSSL, strictly, for both purposes', async function () {
    skipUnless(this, isThere('openssl', 'version'), 'openssl is not installed');
    const leaves = issued.map((_, place) => file(`${place}.pem`));
    for (const purpose of ['sslserver', 'sslclient']) {
      const args = ['verify', '-x509_strict', '-purpose', purpose, '-CAfile', file('root.pem'), ...leaves];
      const { stdout } = await run('openssl', args);
      expect(stdout.match(/: OK$/gm)).to.have.length(COUNT);
    }
  });

  it('are accepted by GnuTLS', async function () {
    skipUnless(this, isThere('certtool', '--version'), 'certtool is not installed');
    const waiting = [...issued.keys()];
    const verifyNext = async (): Promise<void> => {
      for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
        const args = ['--verify', '--load-ca-certificate', file('root.pem'), '--infile', file(`${place}.pem`)];
        const { stdout } = await run('certtool', args);
        expect(stdout, `${place}.pem`).to.match(/Chain verification output: Verified\. The certificate is trusted\./);
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, verifyNext));
  });

  it('are accepted by Go', async function () {
    skipUnless(this, isThere('go', 'version'), 'go is not installed');
    const program = join(import.meta.dirname, '../kit/go/verify.go');
    const { stdout } = await run('go', ['run', program, file('root.pem'), file('all.pem')], {
      env: { ...process.env, GOFLAGS: '-mod=mod', GO111MODULE: 'off' },
    });
    expect(stdout).to.equal(`verified ${COUNT}\n`);
  });

  it('are accepted by @peculiar/x509', async () => {
    const root = new X509Certificate(ca.authority.certificate.der);
    for (const { der } of issued) {
      const leaf = new X509Certificate(der);
      expect(await leaf.verify({ publicKey: root.publicKey }), leaf.serialNumber).to.equal(true);
      expect(leaf.extensions).to.have.length(7);
    }
  });
});
