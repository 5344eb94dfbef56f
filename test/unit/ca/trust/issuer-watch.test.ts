import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { readIssuerFiles } from '../../../../ca/signer/issuer-files.ts';
import { formatKey, makeKey } from '../../../../ca/signer/key-file.ts';
import { ISSUER_FILES, openOfflineRoot, writeIssuer } from '../../../../ca/signer/offline-root.ts';
import { createAuthorityService } from '../../../../ca/signer/service.ts';
import { createAuthorities } from '../../../../ca/trust/authorities.ts';
import { createTrustBundle } from '../../../../ca/trust/bundle.ts';
import { watchIssuer } from '../../../../ca/trust/issuer-watch.ts';
import { createRotationDesk } from '../../../../ca/trust/rotation-desk.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { refuse } from '../../../../core/fault/refusal.ts';
import { milliseconds, seconds, wholeSeconds } from '../../../../core/time/units.ts';
import { createMetrics } from '../../../../runtime/metrics.ts';
import { MESH, startSmallCa, tempFolder, thrownBy, type SmallCa } from '../small-ca.ts';

const GO = new AbortController().signal;
const DAY = 86_400;

/** Files of an issuer, and authorities that follow them; the journal and the clock are those of a small CA. */
function follow(ca: SmallCa, folder: string) {
  const issuer = join(folder, 'issuer');
  const terms = {
    trustDomain: MESH,
    rootTtl: seconds(100 * DAY),
    now: wholeSeconds(ca.clock.now()),
    random: randomBytes,
  };
  const places = {
    certificate: join(issuer, ISSUER_FILES.certificate),
    key: join(issuer, ISSUER_FILES.key),
    roots: join(issuer, ISSUER_FILES.roots),
  };
  const write = (root = 'offline') =>
    writeIssuer(issuer, { ...terms, root: openOfflineRoot(join(folder, root), terms).root, ttl: seconds(10 * DAY) });
  const metrics = createMetrics();
  const start = async (audit = ca.rooms.audit) => {
    const bundle = createTrustBundle();
    const authorities = createAuthorities({ journal: ca.journal, bundle });
    const shared = { ...ca.rooms, dataDir: ca.dataDir, ttl: seconds(DAY), log: ca.log.log, authorities, places };
    const service = createAuthorityService({ ...shared, journal: ca.journal });
    await service.start(GO);
    const adopted: (() => void)[] = [];
    const desk = createRotationDesk({
      ...shared,
      source: 'files',
      journal: ca.journal,
      acknowledgements: ca.acknowledgements,
      revocations: ca.revocations,
      audit,
    });
    const watch = watchIssuer({
      ...shared,
      desk,
      metrics: createMetrics(),
      onAdopted: async () => adopted.splice(0).forEach((tell) => tell()),
      poll: milliseconds(20),
    });
    await watch.start(GO);
    return {
      bundle,
      authorities,
      slots: () =>
        authorities
          .seats()
          .map(({ record }) => record.slot)
          .toSorted(),
      adopted: () => new Promise<void>((resolve) => adopted.push(resolve)),
      [Symbol.asyncDispose]: () => watch[Symbol.asyncDispose](),
    };
  };
  const refused = () => ca.log.line(({ message }) => message === 'issuer files refused, last good kept');
  return { issuer, places, terms, write, start, metrics, refused };
}

/** A small CA whose journal knows no authority yet. */
const emptyCa = async () => startSmallCa();

describe('an issuer from files: the start', () => {
  it('A-135 refuses to start where a file is missing or does not agree, and makes nothing', async () => {
    await using ca = await emptyCa();
    using folder = tempFolder();
    const files = follow(ca, folder.path);
    expect(await thrownBy(() => files.start())).to.equal('CONFIG_FILE');
    files.write();
    writeFileSync(join(files.issuer, '..data', ISSUER_FILES.key), formatKey(makeKey()));
    expect(await thrownBy(() => files.start())).to.equal('SIGNER_KEY');
    expect(ca.authorities.seats()).to.have.length(1);
  });

  it('waits with an issuer from files while a root of our own still signs, then takes over', async () => {
    await using ca = await emptyCa();
    using folder = tempFolder();
    const files = follow(ca, folder.path);
    files.write();
    await using mesh = await files.start();
    expect(mesh.slots()).to.deep.equal(['active', 'prepared']);
    expect(mesh.authorities.current().certificate.der.equals(ca.authority.certificate.der)).to.equal(true);
    expect(mesh.bundle.current().roots).to.have.length(2);
  });
});

describe('an issuer from files: the swap', () => {
  /** A journal in which the issuer of the files is the active one. */
  async function startedWithFiles(ca: SmallCa, files: ReturnType<typeof follow>) {
    files.write();
    const material = demand(await readIssuerFiles(files.places, files.terms));
    const mesh = await files.start();
    const [own, other] = [
      mesh.authorities.seats().find(({ record }) => record.folder !== undefined),
      mesh.authorities.seats().find(({ record }) => record.folder === undefined),
    ];
    if (own === undefined || other === undefined) throw new Error('no seats');
    demand(
      await mesh.authorities.change({
        seats: [
          { ...other, record: { ...other.record, slot: 'active' } },
          { ...own, record: { ...own.record, slot: 'dropped' } },
        ],
      }),
    );
    expect(mesh.authorities.current().certificate.der.equals(material.authority.certificate.der)).to.equal(true);
    expect(ca.log.lines.some(({ level }) => level === 'error')).to.equal(false);
    return mesh;
  }

  it('A-136 keeps the last good one where key and certificate do not agree, and says so', async () => {
    await using ca = await emptyCa();
    using folder = tempFolder();
    const files = follow(ca, folder.path);
    await using mesh = await startedWithFiles(ca, files);
    const before = mesh.authorities.current().certificate.serial;
    writeFileSync(join(files.issuer, '..data', ISSUER_FILES.key), formatKey(makeKey()));
    expect((await files.refused()).fields).to.include({ code: 'SIGNER_KEY' });
    expect(mesh.authorities.current().certificate.serial).to.equal(before);
  });

  it('A-136 keeps the last good one where files vanish, or the audit cannot be written', async () => {
    await using ca = await emptyCa();
    using folder = tempFolder();
    const files = follow(ca, folder.path);
    const mesh = await startedWithFiles(ca, files);
    await mesh[Symbol.asyncDispose]();
    files.write();
    await using deaf = await files.start({ record: () => refuse('ISSUE_AUDIT', 'disk full') } as never);
    const before = deaf.authorities.current().certificate.serial;
    files.write();
    expect((await files.refused()).fields).to.include({ code: 'ISSUE_AUDIT' });
    rmSync(join(files.issuer, '..data'));
    await ca.log.line(({ fields }) => fields['code'] === 'CONFIG_FILE');
    expect(deaf.authorities.current().certificate.serial).to.equal(before);
  });

  it('A-136 adopts a new issuer under the same root at once, in the same bundle', async () => {
    await using ca = await emptyCa();
    using folder = tempFolder();
    const files = follow(ca, folder.path);
    await using mesh = await startedWithFiles(ca, files);
    const [before, { generation }] = [mesh.authorities.current().certificate.serial, mesh.bundle.current()];
    const adopted = mesh.adopted();
    files.write();
    await adopted;
    expect(mesh.authorities.current().certificate.serial).not.to.equal(before);
    expect(mesh.slots()).to.deep.equal(['active']);
    expect(mesh.bundle.current().generation).to.equal(generation);
  });

  it('A-131 publishes a new root first, and signs under the old one until it is acknowledged', async () => {
    await using ca = await emptyCa();
    using folder = tempFolder();
    const files = follow(ca, folder.path);
    await using mesh = await startedWithFiles(ca, files);
    const before = mesh.authorities.current().certificate.serial;
    const adopted = mesh.adopted();
    files.write('next');
    await adopted;
    expect(mesh.slots()).to.deep.equal(['active', 'prepared']);
    expect(mesh.authorities.current().certificate.serial).to.equal(before);
    expect(mesh.bundle.current().roots).to.have.length(2);
    // The files go back: what was prepared is given up, its root stays announced.
    const again = mesh.adopted();
    files.write();
    await again;
    expect(mesh.slots()).to.deep.equal(['active']);
  });

  it('A-133 keeps a root in the bundle that the files no longer hold, while a seat stands on it', async () => {
    await using ca = await emptyCa();
    using folder = tempFolder();
    const files = follow(ca, folder.path);
    await using mesh = await startedWithFiles(ca, files);
    const adopted = mesh.adopted();
    rmSync(join(files.issuer, ISSUER_FILES.roots));
    rmSync(join(files.issuer, '..data', ISSUER_FILES.roots));
    files.write('next');
    await adopted;
    expect(mesh.bundle.current().roots).to.have.length(2);
    const said = ca.log.lines.filter(({ message }) => message.startsWith('roots that the files no longer hold'));
    expect(said).to.have.length(1);
  });

  it('goes on with what it finds after a restart: the key of the last issuer is gone', async () => {
    await using ca = await emptyCa();
    using folder = tempFolder();
    const files = follow(ca, folder.path);
    const mesh = await startedWithFiles(ca, files);
    await mesh[Symbol.asyncDispose]();
    await using same = await files.start();
    expect(same.slots()).to.deep.equal(['active']);
    await same[Symbol.asyncDispose]();
    files.write('next');
    await using next = await files.start();
    expect(next.slots()).to.deep.equal(['active', 'retired']);
    expect(ca.log.lines.some(({ message }) => message.startsWith('the issuer changed while the CA was down'))).to.equal(
      true,
    );
    expect(next.bundle.current().roots).to.have.length(2);
    const last = next.authorities.seats().find(({ record }) => record.slot === 'retired');
    expect(await thrownBy(() => last?.authority.sign(Buffer.alloc(1)))).to.equal('SIGNER_KEY');
  });
});
