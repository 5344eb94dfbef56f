import { chmod, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { demand, Fault } from '../../../../core/fault/fault.ts';
import { parseTrustDomain } from '../../../../core/identity/trust-domain.ts';
import { milliseconds } from '../../../../core/time/units.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { createMetrics } from '../../../../runtime/metrics.ts';
import { createFileSource } from '../../../../sidecar/credentials/file-source.ts';
import type { Snapshot } from '../../../../sidecar/credentials/snapshot.ts';
import { collectLog } from '../../../kit/log-lines.ts';
import { createVolume, credentialContents, issueContents, pathsIn, type Volume } from '../../../kit/volume.ts';
import { createTestAuthority, issueTestLeaf } from '../../../kit/x509.ts';
import { verdict } from '../../../kit/verdict.ts';

const never = new AbortController().signal;
const authority = createTestAuthority();

/** A source over a volume, with ears for what it tells. */
function sourceOf(folder: string, poll = 60_000) {
  const clock = systemClock();
  const collected = collectLog();
  const metrics = createMetrics();
  const told: string[] = [];
  const waiting: (() => void)[] = [];
  const tell = (what: string): void => {
    told.push(what);
    for (const wake of waiting.splice(0)) wake();
  };
  const source = createFileSource({
    files: pathsIn(folder),
    trustDomain: demand(parseTrustDomain(authority.trustDomain)),
    clock,
    jitter: () => 0,
    log: collected.log,
    metrics,
    poll: milliseconds(poll),
    onValid: () => tell('valid'),
    onExpired: () => tell('expired'),
  });
  return {
    source,
    lines: collected.lines,
    told,
    refused: () => collected.line(({ message }) => message.startsWith('files refused')),
    validity: () => new Promise<void>((resolve) => waiting.push(resolve)),
    next: () =>
      new Promise<Snapshot>((resolve) => {
        const subscription = source.subscribe((snapshot) => {
          subscription[Symbol.dispose]();
          resolve(snapshot);
        });
      }),
    metric: (name: string) =>
      metrics
        .render()
        .split('\n')
        .find((one) => one.startsWith(name))
        ?.slice(name.length + 1),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

async function filled(): Promise<Volume> {
  const volume = await createVolume();
  await volume.swap(issueContents({}, authority));
  return volume;
}

describe('createFileSource()', () => {
  it('throws the reason when it is called off before the files are there, and stays off', async () => {
    await using volume = await createVolume();
    await using made = sourceOf(volume.folder);
    const abort = new AbortController();
    const started = made.source.start(abort.signal).then(
      () => expect.fail('it started'),
      (thrown: unknown) => Fault.from(thrown),
    );
    await made.refused();
    abort.abort();
    expect(await started).to.have.property('code', 'CONFIG_FILE');
    expect(verdict(await made.source.renew())).to.match(/^LIFE_DRAINING/);
    expect(made.source.current()).to.equal(undefined);
  });

  it('waits for the files, also for their folder, and starts when they are good', async () => {
    const folder = join(await mkdtemp(join(tmpdir(), 'cleat-late-')), 'certificates');
    await using made = sourceOf(folder);
    const started = made.source.start(never);
    await made.refused();
    await using volume = await filled();
    await rename(volume.folder, folder);
    await started;
    expect(made.source.current()?.id.uri).to.equal('spiffe://mesh.example/ns/shop/sa/agent');
    await rm(join(folder, '..'), { recursive: true });
  });

  it('mints nothing: RENEW_NO_CA', async () => {
    await using volume = await filled();
    await using made = sourceOf(volume.folder);
    await made.source.start(never);
    const snapshot = made.source.current() ?? expect.fail('no snapshot');
    const minted = await made.source.mint(snapshot, { audience: 'payments', scopes: [], ttl: undefined });
    expect(minted).to.have.nested.property('refusal.code', 'RENEW_NO_CA');
  });

  it('A-527 adopts each swap of ..data as one generation', async () => {
    await using volume = await filled();
    await using made = sourceOf(volume.folder);
    await made.source.start(never);
    for (let round = 2; round <= 5; round += 1) {
      const next = made.next();
      const contents = issueContents({}, authority);
      await volume.swap(contents);
      const snapshot = await next;
      expect(snapshot.generation).to.equal(round);
      expect(snapshot.key.export({ type: 'pkcs8', format: 'pem' })).to.equal(contents['tls.key']);
    }
    expect(made.metric('cleat_certificate_renewals_total{result="adopted"}')).to.equal('5');
    expect(made.metric('cleat_generation')).to.equal('5');
    expect(made.metric('cleat_stream_stale_seconds'), 'there is no stream').to.equal(undefined);
  });

  it('A-526 keeps the last good one while the state is torn, says so once, and adopts when it is whole', async () => {
    await using volume = await filled();
    await using made = sourceOf(volume.folder);
    await made.source.start(never);
    const good = made.source.current();
    const before = issueContents({}, authority);
    const after = issueContents({}, authority);
    await volume.swap({ ...before, 'tls.key': after['tls.key'] ?? '' });
    const { level, fields } = await made.refused();
    expect(level).to.equal('warn');
    expect(fields['detail']).to.include('is for the key in the key file');
    expect(fields['advice']).to.be.a('string');
    for (let look = 0; look < 5; look += 1) expect(verdict(await made.source.renew())).to.match(/^RENEW_FILES/);
    expect(made.source.current()).to.equal(good);
    expect(made.lines.filter(({ message }) => message.startsWith('files refused'))).to.have.length(1);
    expect(Number(made.metric('cleat_certificate_renewals_total{result="RENEW_FILES"}'))).to.be.at.least(6);
    expect(made.source.upkeep().lastRefusal).to.include({ code: 'RENEW_FILES' });
    const next = made.next();
    await volume.swap(after);
    expect((await next).generation).to.equal(2);
    expect(made.source.upkeep().lastRefusal).to.equal(undefined);
    expect(made.told).to.deep.equal(['valid']);
  });

  it('A-136 adopts by the digest poll what no event told of', async () => {
    await using volume = await createVolume();
    await using elsewhere = await filled();
    for (const name of ['tls.key', 'tls.crt', 'ca.crt']) await symlink(elsewhere.path(name), volume.path(name));
    await using made = sourceOf(volume.folder, 20);
    await made.source.start(never);
    const next = made.next();
    // The folder that is watched does not change: its links lead to another one.
    await elsewhere.swap(issueContents({}, authority));
    expect((await next).generation).to.equal(2);
  });

  it('A-132 keeps the last good bundle when an empty, a shrunken or a foreign one is written', async () => {
    const other = createTestAuthority();
    const leaf = issueTestLeaf(authority);
    const good = credentialContents(authority, leaf);
    await using volume = await createVolume();
    await volume.swap({
      ...good,
      'ca.crt': (good['ca.crt'] ?? '') + (credentialContents(other, leaf)['ca.crt'] ?? ''),
    });
    await using made = sourceOf(volume.folder);
    await made.source.start(never);
    const first = made.source.current();
    const foreign = createTestAuthority('other.example');
    for (const bundle of ['', credentialContents(other, leaf)['ca.crt'], credentialContents(foreign, leaf)['ca.crt']]) {
      await volume.swap({ ...good, 'ca.crt': bundle ?? '' });
      expect(verdict(await made.source.renew())).to.match(/^RENEW_FILES/);
      expect(made.source.current()).to.equal(first);
    }
  });

  it('A-507 never becomes another workload', async () => {
    await using volume = await filled();
    await using made = sourceOf(volume.folder);
    await made.source.start(never);
    const first = made.source.current();
    await volume.swap(issueContents({ path: '/ns/shop/sa/other' }, authority));
    expect(verdict(await made.source.renew())).to.include('we are spiffe://mesh.example/ns/shop/sa/agent');
    expect(made.source.current()).to.equal(first);
  });

  it('A-528 A-529 A-530 keeps it when files cannot be read, are gone, or are huge', async () => {
    await using volume = await filled();
    await using made = sourceOf(volume.folder);
    await made.source.start(never);
    const first = made.source.current();
    await chmod(volume.path('tls.key'), 0o644);
    expect(verdict(await made.source.renew())).to.match(/^CONFIG_PERMISSION/);
    await writeFile(volume.path('tls.crt'), Buffer.alloc(10 * 1024 * 1024));
    expect(verdict(await made.source.renew())).to.match(/^CONFIG_FILE/);
    await unlink(volume.path('tls.crt'));
    expect(verdict(await made.source.renew())).to.match(/^CONFIG_FILE/);
    expect(made.source.current()).to.equal(first);
  });

  it('A-074 tells of the end, keeps looking, and takes a successor without a restart', async () => {
    await using volume = await createVolume();
    await volume.swap(issueContents({ lifetime: 1 }, authority));
    await using made = sourceOf(volume.folder);
    const valid = made.validity();
    await made.source.start(never);
    await valid;
    await made.validity();
    expect(made.told).to.deep.equal(['valid', 'expired']);
    expect(made.metric('cleat_certificate_overdue_percent')).to.equal('100');
    expect(made.source.current(), 'the last good one stays').to.have.property('generation', 1);
    const again = made.validity();
    await volume.swap(issueContents({}, authority));
    await again;
    expect(made.told).to.deep.equal(['valid', 'expired', 'valid']);
    expect(made.metric('cleat_certificate_overdue_percent')).to.equal('0');
  });

  it('A-531 reads after the newest of a storm of changes', async () => {
    await using volume = await filled();
    await using made = sourceOf(volume.folder);
    await made.source.start(never);
    let last = '';
    for (let change = 0; change < 100; change += 1) {
      const contents = issueContents({}, authority);
      last = contents['tls.key'] ?? '';
      await volume.swap(contents);
      if (change % 10 === 0) void made.source.renew();
    }
    await made.source.renew();
    expect(made.source.current()?.key.export({ type: 'pkcs8', format: 'pem' })).to.equal(last);
  });

  it('A-561 writes no key into its log', async () => {
    await using volume = await filled();
    await using made = sourceOf(volume.folder);
    await made.source.start(never);
    await volume.swap({ ...issueContents({}, authority), 'tls.crt': issueContents({}, authority)['tls.crt'] ?? '' });
    await made.refused();
    const key = made.source.current()?.key.export({ type: 'pkcs8', format: 'der' }).toString('base64') ?? '';
    expect(JSON.stringify(made.lines)).to.not.include(key.slice(20, 60)).and.to.not.include('PRIVATE');
  });
});
