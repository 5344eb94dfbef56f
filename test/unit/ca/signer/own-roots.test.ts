import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { randomBytes, X509Certificate } from 'node:crypto';

import { expect } from 'chai';

import type { TrustRecord } from '../../../../ca/journal/record.ts';
import { makeNextRoot, openOwnRoots, type OwnRootsDeps } from '../../../../ca/signer/own-roots.ts';
import { moved, type Seat } from '../../../../ca/trust/seats.ts';
import { parseTrustDomain } from '../../../../core/identity/trust-domain.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { seconds } from '../../../../core/time/units.ts';
import { encodePem } from '../../../../core/x509/pem.ts';
import { checkAuthority } from '../../../../core/x509/svid.ts';
import { collectLog } from '../../../kit/log-lines.ts';
import { createTestAuthority, issueTestLeaf } from '../../../kit/x509.ts';
import { MESH, tempFolder, testClock, thrownBy } from '../small-ca.ts';

function depsIn(dataDir: string) {
  const log = collectLog();
  const deps: OwnRootsDeps = {
    dataDir,
    trustDomain: MESH,
    ttl: seconds(86_400),
    clock: testClock(),
    random: randomBytes,
    log: log.log,
  };
  return { deps, log };
}

const NOTHING: TrustRecord = { authorities: [], bundle: undefined };
const knowing = (...seats: readonly Seat[]): TrustRecord => ({
  authorities: seats.map(({ record }) => record),
  bundle: undefined,
});

/** The journal knows the first root of this folder. */
function firstOf(deps: OwnRootsDeps): TrustRecord {
  return knowing(...openOwnRoots(NOTHING, deps));
}

describe('openOwnRoots(): what stops the start', () => {
  it('A-135 never makes a second root where the journal knows one: JOURNAL_MISMATCH', async () => {
    using folder = tempFolder();
    const { deps } = depsIn(folder.path);
    const known = firstOf(deps);
    rmSync(`${folder.path}/authority`, { recursive: true });
    expect(await thrownBy(() => openOwnRoots(known, deps))).to.equal('JOURNAL_MISMATCH');
    expect(readdirSync(folder.path)).to.deep.equal([]);
  });

  it('A-135 refuses another root than the journal knows: JOURNAL_MISMATCH', async () => {
    using mine = tempFolder();
    using other = tempFolder();
    const { deps } = depsIn(mine.path);
    const known = firstOf(deps);
    firstOf(depsIn(other.path).deps);
    rmSync(`${mine.path}/authority`, { recursive: true });
    cpSync(`${other.path}/authority`, `${mine.path}/authority`, { recursive: true });
    expect(await thrownBy(() => openOwnRoots(known, deps))).to.equal('JOURNAL_MISMATCH');
  });

  it('A-135 refuses a certificate without key: SIGNER_KEY, and a key without certificate: SIGNER_ROOT', async () => {
    using folder = tempFolder();
    const { deps } = depsIn(folder.path);
    const known = firstOf(deps);
    renameSync(`${folder.path}/authority/root.key`, `${folder.path}/aside`);
    expect(await thrownBy(() => openOwnRoots(known, deps))).to.equal('SIGNER_KEY');
    renameSync(`${folder.path}/aside`, `${folder.path}/authority/root.key`);
    rmSync(`${folder.path}/authority/root.pem`);
    expect(await thrownBy(() => openOwnRoots(known, deps))).to.equal('SIGNER_ROOT');
  });

  it('A-135 refuses an empty folder of that name: SIGNER_ROOT', async () => {
    using folder = tempFolder();
    mkdirSync(`${folder.path}/authority`);
    expect(await thrownBy(() => openOwnRoots(NOTHING, depsIn(folder.path).deps))).to.equal('SIGNER_ROOT');
  });

  it('A-134 refuses a swapped pair: SIGNER_ROOT', async () => {
    using mine = tempFolder();
    using other = tempFolder();
    const { deps } = depsIn(mine.path);
    const known = firstOf(deps);
    firstOf(depsIn(other.path).deps);
    cpSync(`${other.path}/authority/root.key`, `${mine.path}/authority/root.key`);
    expect(await thrownBy(() => openOwnRoots(known, deps))).to.equal('SIGNER_ROOT');
  });

  it('refuses a root that is none: SIGNER_ROOT', async () => {
    using folder = tempFolder();
    const { deps } = depsIn(folder.path);
    const known = firstOf(deps);
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
      expect(await thrownBy(() => openOwnRoots(known, deps)), text.slice(0, 60)).to.equal('SIGNER_ROOT');
    }
  });

  it('refuses another trust domain than the configured one: SIGNER_ROOT', async () => {
    using folder = tempFolder();
    const { deps } = depsIn(folder.path);
    const known = firstOf(deps);
    const trustDomain = demand(parseTrustDomain('other.example'));
    expect(await thrownBy(() => openOwnRoots(known, { ...deps, trustDomain }))).to.equal('SIGNER_ROOT');
  });

  it('A-135 refuses a journal without roots beside the folder of a rotation: JOURNAL_MISMATCH', async () => {
    using folder = tempFolder();
    const { deps } = depsIn(folder.path);
    firstOf(deps);
    makeNextRoot('operator', deps);
    const before = readdirSync(folder.path).toSorted();
    expect(await thrownBy(() => openOwnRoots(NOTHING, deps))).to.equal('JOURNAL_MISMATCH');
    rmSync(`${folder.path}/authority`, { recursive: true });
    expect(await thrownBy(() => openOwnRoots(NOTHING, deps))).to.equal('JOURNAL_MISMATCH');
    expect(readdirSync(folder.path)).to.deep.equal(before.filter((name) => name !== 'authority'));
  });

  it('A-135 refuses to start without the folder of a prepared root: JOURNAL_MISMATCH', async () => {
    using folder = tempFolder();
    const { deps } = depsIn(folder.path);
    const [first] = openOwnRoots(NOTHING, deps);
    const next = makeNextRoot('operator', deps);
    if (first === undefined) throw new Error('no root');
    rmSync(`${folder.path}/${next.record.folder ?? ''}`, { recursive: true });
    expect(await thrownBy(() => openOwnRoots(knowing(first, next), deps))).to.equal('JOURNAL_MISMATCH');
  });

  it('A-135 refuses a journal that knows an issuer from files as the active one: JOURNAL_MISMATCH', async () => {
    using folder = tempFolder();
    const { deps } = depsIn(folder.path);
    const [first] = openOwnRoots(NOTHING, deps);
    if (first === undefined) throw new Error('no root');
    const known = knowing(moved(first, 'active', { folder: undefined }));
    expect(await thrownBy(() => openOwnRoots(known, deps))).to.equal('JOURNAL_MISMATCH');
    expect(await thrownBy(() => openOwnRoots(knowing(moved(first, 'retired')), deps))).to.equal('JOURNAL_MISMATCH');
  });
});

describe('openOwnRoots(): the root', () => {
  it('makes it once, with a key for its owner alone, and finds it again', async () => {
    using folder = tempFolder();
    const { deps } = depsIn(folder.path);
    const known = firstOf(deps);
    expect(statSync(`${folder.path}/authority/root.key`).mode & 0o777).to.equal(0o600);
    const [again, ...more] = openOwnRoots(known, deps);
    expect(again?.record).to.deep.equal(known.authorities[0]);
    expect(again?.record).to.include({ slot: 'active', folder: 'authority' });
    expect(more).to.deep.equal([]);
    expect(readdirSync(folder.path)).to.deep.equal(['authority']);
  });

  it('A-125 takes up a whole root of which the journal does not know yet, and says so', async () => {
    using folder = tempFolder();
    const { deps } = depsIn(folder.path);
    const [made] = openOwnRoots(NOTHING, deps);
    const next = depsIn(folder.path);
    const [found] = openOwnRoots(NOTHING, next.deps);
    expect(found?.record.thumbprint).to.equal(made?.record.thumbprint);
    expect(next.log.lines.filter(({ level }) => level === 'warn')).to.have.length(1);
  });

  it('A-125 leaves a later root alone that the journal does not know, and says so', async () => {
    using folder = tempFolder();
    const { deps, log } = depsIn(folder.path);
    const known = firstOf(deps);
    const stranger = makeNextRoot('operator', deps);
    expect(openOwnRoots(known, deps)).to.have.length(1);
    expect(readdirSync(folder.path)).to.include(stranger.record.folder);
    expect(log.lines.filter(({ level }) => level === 'warn')).to.have.length(1);
  });

  it('A-125 destroys the key of a dropped root that a crash left behind', async () => {
    using folder = tempFolder();
    const { deps } = depsIn(folder.path);
    const [first] = openOwnRoots(NOTHING, deps);
    if (first === undefined) throw new Error('no root');
    const next = moved(makeNextRoot('operator', deps), 'active');
    const seats = openOwnRoots(knowing(moved(first, 'dropped'), next), deps);
    expect(seats.map(({ record }) => record.thumbprint)).to.deep.equal([next.record.thumbprint]);
    expect(readdirSync(folder.path)).to.deep.equal([next.record.folder]);
  });

  it('gives each root a subject, a key and a key identifier of its own', () => {
    using folder = tempFolder();
    const { deps } = depsIn(folder.path);
    const [first] = openOwnRoots(NOTHING, deps);
    const [one, other] = [first?.authority.certificate, makeNextRoot('operator', deps).authority.certificate];
    expect(one?.subject.equals(other.subject)).to.equal(false);
    expect(one?.subjectKeyId?.equals(other.subjectKeyId ?? Buffer.alloc(0))).to.equal(false);
    expect(one?.spki.equals(other.spki)).to.equal(false);
  });

  it('A-125 clears away a root that was half made, which nobody had seen', async () => {
    using folder = tempFolder();
    mkdirSync(`${folder.path}/authority.draft-abc`);
    writeFileSync(`${folder.path}/authority.draft-abc/root.key`, 'half');
    firstOf(depsIn(folder.path).deps);
    expect(readdirSync(folder.path)).to.deep.equal(['authority']);
  });

  it('is a CA of this trust domain that signs leaves only, for the configured time', async () => {
    using folder = tempFolder();
    const [seat] = openOwnRoots(NOTHING, depsIn(folder.path).deps);
    if (seat === undefined) throw new Error('no root');
    const { certificate } = seat.authority;
    expect(demand(checkAuthority(certificate, MESH))).to.equal(undefined);
    expect(certificate.pathLength).to.equal(0);
    expect(certificate.notAfter - certificate.notBefore).to.equal(86_460);
    const oracle = new X509Certificate(certificate.der);
    expect(oracle.ca).to.equal(true);
    expect(oracle.verify(oracle.publicKey)).to.equal(true);
    expect(oracle.subjectAltName).to.equal('URI:spiffe://mesh.example');
  });
});
