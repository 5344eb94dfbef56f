import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createHash, randomBytes, X509Certificate } from 'node:crypto';

import { expect } from 'chai';

import type { AuthorityRecord } from '../../../../ca/journal/record.ts';
import { openAuthority, type AuthorityDeps } from '../../../../ca/signer/first-root.ts';
import { admit, refuse } from '../../../../core/fault/refusal.ts';
import { parseTrustDomain } from '../../../../core/identity/trust-domain.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { seconds } from '../../../../core/time/units.ts';
import { encodePem } from '../../../../core/x509/pem.ts';
import { checkAuthority } from '../../../../core/x509/svid.ts';
import { collectLog } from '../../../kit/log-lines.ts';
import { createTestAuthority, issueTestLeaf } from '../../../kit/x509.ts';
import { MESH, tempFolder, testClock, thrownBy } from '../small-ca.ts';

function depsIn(dataDir: string, known: AuthorityRecord[] = []) {
  const log = collectLog();
  const deps: AuthorityDeps = {
    dataDir,
    trustDomain: MESH,
    ttl: seconds(86_400),
    journal: {
      listAuthorities: async () => admit(known),
      addAuthority: async (authority) => {
        known.push(authority);
        return admit(undefined);
      },
    },
    clock: testClock(),
    random: randomBytes,
    log: log.log,
  };
  return { deps, known, log };
}

describe('openAuthority(): what stops the start', () => {
  it('A-135 never makes a second root where the journal knows one: JOURNAL_MISMATCH', async () => {
    using folder = tempFolder();
    const { deps } = depsIn(folder.path);
    await openAuthority(deps);
    rmSync(`${folder.path}/authority`, { recursive: true });
    expect(await thrownBy(() => openAuthority(deps))).to.equal('JOURNAL_MISMATCH');
    expect(readdirSync(folder.path)).to.deep.equal([]);
  });

  it('A-135 refuses another root than the journal knows: JOURNAL_MISMATCH', async () => {
    using mine = tempFolder();
    using other = tempFolder();
    const { deps } = depsIn(mine.path);
    await openAuthority(deps);
    await openAuthority(depsIn(other.path).deps);
    rmSync(`${mine.path}/authority`, { recursive: true });
    cpSync(`${other.path}/authority`, `${mine.path}/authority`, { recursive: true });
    expect(await thrownBy(() => openAuthority(deps))).to.equal('JOURNAL_MISMATCH');
  });

  it('A-135 refuses a certificate without key: SIGNER_KEY, and a key without certificate: SIGNER_ROOT', async () => {
    using folder = tempFolder();
    const { deps } = depsIn(folder.path);
    await openAuthority(deps);
    renameSync(`${folder.path}/authority/root.key`, `${folder.path}/aside`);
    expect(await thrownBy(() => openAuthority(deps))).to.equal('SIGNER_KEY');
    renameSync(`${folder.path}/aside`, `${folder.path}/authority/root.key`);
    rmSync(`${folder.path}/authority/root.pem`);
    expect(await thrownBy(() => openAuthority(deps))).to.equal('SIGNER_ROOT');
  });

  it('A-135 refuses an empty folder of that name: SIGNER_ROOT', async () => {
    using folder = tempFolder();
    mkdirSync(`${folder.path}/authority`);
    expect(await thrownBy(() => openAuthority(depsIn(folder.path).deps))).to.equal('SIGNER_ROOT');
  });

  it('A-134 refuses a swapped pair: SIGNER_ROOT', async () => {
    using mine = tempFolder();
    using other = tempFolder();
    const { deps } = depsIn(mine.path);
    await openAuthority(deps);
    await openAuthority(depsIn(other.path).deps);
    cpSync(`${other.path}/authority/root.key`, `${mine.path}/authority/root.key`);
    expect(await thrownBy(() => openAuthority(deps))).to.equal('SIGNER_ROOT');
  });

  it('refuses a root that is none: SIGNER_ROOT', async () => {
    using folder = tempFolder();
    const { deps } = depsIn(folder.path);
    await openAuthority(deps);
    const pem = `${folder.path}/authority/root.pem`;
    const sound = readFileSync(pem, 'utf8');
    const stranger = createTestAuthority('other.example');
    const notSelfSigned = issueTestLeaf(createTestAuthority(), { flaw: 'ca' }).der;
    const texts = [
      '',
      'x',
      sound + sound,
      sound.replaceAll('CERTIFICATE', 'PRIVATE KEY'),
      sound.slice(0, 200),
      encodePem('CERTIFICATE', Buffer.from('3000', 'hex')),
      encodePem('CERTIFICATE', stranger.der),
      encodePem('CERTIFICATE', notSelfSigned),
      encodePem('CERTIFICATE', issueTestLeaf(createTestAuthority()).der),
    ];
    for (const text of texts) {
      writeFileSync(pem, text);
      expect(await thrownBy(() => openAuthority(deps)), text.slice(0, 60)).to.equal('SIGNER_ROOT');
    }
  });

  it('refuses another trust domain than the configured one: SIGNER_ROOT', async () => {
    using folder = tempFolder();
    const { deps } = depsIn(folder.path);
    await openAuthority(deps);
    const trustDomain = demand(parseTrustDomain('other.example'));
    expect(await thrownBy(() => openAuthority({ ...deps, trustDomain }))).to.equal('SIGNER_ROOT');
  });

  it('stops where the journal cannot be asked or told: JOURNAL_FAILED', async () => {
    using folder = tempFolder();
    const { deps } = depsIn(folder.path);
    const mute = { ...deps.journal, listAuthorities: async () => refuse('JOURNAL_FAILED', 'disk gone') };
    expect(await thrownBy(() => openAuthority({ ...deps, journal: mute }))).to.equal('JOURNAL_FAILED');
    expect(readdirSync(folder.path)).to.deep.equal([]);
    const deaf = { ...deps.journal, addAuthority: async () => refuse('JOURNAL_FAILED', 'disk full') };
    expect(await thrownBy(() => openAuthority({ ...deps, journal: deaf }))).to.equal('JOURNAL_FAILED');
  });
});

describe('openAuthority(): the root', () => {
  it('makes it once, with a key for its owner alone, and finds it again', async () => {
    using folder = tempFolder();
    const { deps, known } = depsIn(folder.path);
    const first = await openAuthority(deps);
    expect(statSync(`${folder.path}/authority/root.key`).mode & 0o777).to.equal(0o600);
    const again = await openAuthority(deps);
    expect(again.certificate.thumbprint.equals(first.certificate.thumbprint)).to.equal(true);
    expect(known).to.have.length(1);
    expect(readdirSync(folder.path)).to.deep.equal(['authority']);
  });

  it('A-125 takes up a whole root of which the journal does not know yet, and says so', async () => {
    using folder = tempFolder();
    const { deps } = depsIn(folder.path);
    const deaf = { ...deps.journal, addAuthority: async () => refuse('JOURNAL_FAILED', 'killed here') };
    await openAuthority({ ...deps, journal: deaf }).catch(() => undefined);
    const made = createHash('sha256')
      .update(readFileSync(`${folder.path}/authority/root.pem`))
      .digest('hex');
    const next = depsIn(folder.path);
    await openAuthority(next.deps);
    expect(
      createHash('sha256')
        .update(readFileSync(`${folder.path}/authority/root.pem`))
        .digest('hex'),
    ).to.equal(made);
    expect(next.known).to.have.length(1);
    expect(next.log.lines.filter(({ level }) => level === 'warn')).to.have.length(1);
  });

  it('A-125 clears away a root that was half made, which nobody had seen', async () => {
    using folder = tempFolder();
    mkdirSync(`${folder.path}/authority.draft-abc`);
    writeFileSync(`${folder.path}/authority.draft-abc/root.key`, 'half');
    await openAuthority(depsIn(folder.path).deps);
    expect(readdirSync(folder.path)).to.deep.equal(['authority']);
  });

  it('is a CA of this trust domain that signs leaves only, for the configured time', async () => {
    using folder = tempFolder();
    const { certificate } = await openAuthority(depsIn(folder.path).deps);
    expect(demand(checkAuthority(certificate, MESH))).to.equal(undefined);
    expect(certificate.pathLength).to.equal(0);
    expect(certificate.notAfter - certificate.notBefore).to.equal(86_460);
    const oracle = new X509Certificate(certificate.der);
    expect(oracle.ca).to.equal(true);
    expect(oracle.verify(oracle.publicKey)).to.equal(true);
    expect(oracle.subjectAltName).to.equal('URI:spiffe://mesh.example');
  });
});
