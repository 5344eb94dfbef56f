import type { KeyObject } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import type { Outcome } from '../../../../core/fault/refusal.ts';
import { formatJoinToken } from '../../../../core/identity/join-token.ts';
import { parseTrustDomain } from '../../../../core/identity/trust-domain.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { encodePem } from '../../../../core/x509/pem.ts';
import { isPossessed } from '../../../../core/x509/possession.ts';
import { evidenceFiles, readEvidence, type Evidence, type Showing } from '../../../../sidecar/credentials/evidence.ts';
import { issueTestChain, spkiOf, testKey } from '../../../kit/x509.ts';

const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'admitted' : outcome.refusal.code);
const token = formatJoinToken({ rootDigest: Buffer.alloc(32, 1), secret: Buffer.alloc(32, 2) });

const SHOWING: Showing = {
  trustDomain: demand(parseTrustDomain('mesh.example')),
  csr: Buffer.from('a request'),
  now: epochSeconds(1_800_000_000),
};

describe('readEvidence()', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-evidence-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function read(joinToken: string, bundle?: string): Promise<Outcome<Evidence>> {
    await writeFile(join(folder, 'token'), joinToken);
    if (bundle === undefined) return readEvidence({ kind: 'joinToken', file: join(folder, 'token') });
    await writeFile(join(folder, 'bundle.pem'), bundle);
    return readEvidence({ kind: 'joinToken', file: join(folder, 'token'), bundle: join(folder, 'bundle.pem') });
  }

  it('A-529 refuses with CONFIG_FILE a file that is not there, or is a folder', async () => {
    for (const file of [join(folder, 'nothing'), folder])
      expect(codeOf(await readEvidence({ kind: 'joinToken', file }))).to.equal('CONFIG_FILE');
    await writeFile(join(folder, 'token'), token);
    const bundle = join(folder, 'nothing');
    const missing = await readEvidence({ kind: 'joinToken', file: join(folder, 'token'), bundle });
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
      const { show, trust } = demand(await read(text));
      expect(show(SHOWING)).to.deep.equal({ kind: 'join-token', text: token });
      expect(trust).to.deep.equal({ kind: 'fingerprint', rootDigest: Buffer.alloc(32, 1) });
    }
    const roots = [Buffer.from('one'), Buffer.from('two')];
    const bundle = roots.map((der) => encodePem('CERTIFICATE', der)).join('\n');
    const { trust, digest } = demand(await read(token, bundle));
    expect(trust).to.deep.equal({ kind: 'roots', roots });
    expect(digest).to.equal(demand(await read(token)).digest);
  });

  describe('of a workload token', () => {
    const jwt = 'aaaa.bbbb.cccc';
    const root = encodePem('CERTIFICATE', Buffer.from('a root'));

    async function readToken(text: string, bundle = root): Promise<Outcome<Evidence>> {
      await Promise.all([writeFile(join(folder, 'jwt'), text), writeFile(join(folder, 'roots.pem'), bundle)]);
      return readEvidence({ kind: 'oidc', file: join(folder, 'jwt'), bundle: join(folder, 'roots.pem') });
    }

    it('A-525 refuses with ATTEST_EVIDENCE what is empty, half written, doubled or too long, and repeats none of it', async () => {
      for (const text of [
        '',
        'aaaa.bbbb',
        'aaaa.bbbb.',
        `${jwt} ${jwt}`,
        'Bearer aaaa.bbbb.cccc',
        `a.b.${'c'.repeat(8192)}`,
      ]) {
        const outcome = await readToken(text);
        expect(codeOf(outcome), text.slice(0, 20)).to.equal('ATTEST_EVIDENCE');
        expect(JSON.stringify(outcome)).to.not.include('bbbb');
      }
    });

    it('refuses with CONFIG_FILE a bundle that cannot be read', async () => {
      expect(codeOf(await readToken(jwt, 'junk'))).to.equal('CONFIG_FILE');
    });

    it('reads the file again at each attempt: projected tokens are renewed in place', async () => {
      const first = demand(await readToken(`${jwt}\n`));
      expect(first.show(SHOWING)).to.deep.equal({ kind: 'oidc', token: jwt });
      expect(first.trust).to.deep.equal({ kind: 'roots', roots: [Buffer.from('a root')] });
      const second = demand(await readToken('aaaa.dddd.cccc'));
      expect(second.show(SHOWING)).to.deep.equal({ kind: 'oidc', token: 'aaaa.dddd.cccc' });
      expect(second.digest).to.not.equal(first.digest);
    });
  });

  describe('of a certificate of another CA', () => {
    const { authority, leaf } = issueTestChain({ trustDomain: 'corp.example' });

    async function readPair(key: KeyObject, mode = 0o600): Promise<Outcome<Evidence>> {
      const files = {
        certificate: join(folder, 'corp.pem'),
        key: join(folder, `corp-${mode}.key`),
        bundle: join(folder, 'mesh-roots.pem'),
      };
      await writeFile(files.certificate, encodePem('CERTIFICATE', leaf.der));
      await writeFile(files.bundle, encodePem('CERTIFICATE', authority.der));
      await writeFile(files.key, key.export({ type: 'pkcs8', format: 'pem' }));
      await chmod(files.key, mode);
      return readEvidence({ kind: 'x509', ...files });
    }

    it('refuses with CONFIG_PERMISSION a key that others may read', async () => {
      for (const mode of [0o644, 0o660, 0o604])
        expect(codeOf(await readPair(leaf.key, mode))).to.equal('CONFIG_PERMISSION');
    });

    it('refuses with RENEW_FILES a certificate beside the key of another', async () => {
      expect(codeOf(await readPair(testKey()))).to.equal('RENEW_FILES');
    });

    it('signs for this request, this CA and this moment, and is the same evidence each time', async () => {
      const evidence = demand(await readPair(leaf.key));
      const { trustDomain, csr, now: signedAt } = SHOWING;
      const shown = evidence.show(SHOWING);
      if (shown.kind !== 'x509') throw new Error(shown.kind);
      expect(shown).to.deep.include({ chain: [leaf.der], signedAt });
      const spki = spkiOf(leaf.key);
      const proves = (request: Buffer): boolean =>
        isPossessed({ trustDomain, csr: request, signedAt, leaf: leaf.der }, shown.signature, { spki, type: 'p256' });
      expect([proves(csr), proves(Buffer.from('another'))]).to.deep.equal([true, false]);
      expect(evidence.trust).to.deep.equal({ kind: 'roots', roots: [authority.der] });
      expect(demand(await readPair(leaf.key)).digest).to.equal(evidence.digest);
    });
  });
});

describe('evidenceFiles()', () => {
  it('takes a bundle for every kind but a join token: whoever calls it has checked that', () => {
    expect(() => evidenceFiles({ kind: 'oidc', file: '/a' }, undefined)).to.throw('BUG_UNEXPECTED');
    expect(evidenceFiles({ kind: 'joinToken', file: '/a' }, undefined)).to.deep.equal({
      kind: 'joinToken',
      file: '/a',
      bundle: undefined,
    });
    expect(evidenceFiles({ kind: 'x509', certificate: '/a', key: '/b' }, '/c')).to.deep.equal({
      kind: 'x509',
      certificate: '/a',
      key: '/b',
      bundle: '/c',
    });
  });
});
