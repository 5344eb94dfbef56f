import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { parseClientIdentity } from '../../../cli/client-identity.ts';
import { readCredentials } from '../../../cli/credential-folder.ts';
import { filesOf, keepFresh, type UpkeepDeps } from '../../../cli/credential-upkeep.ts';
import { demand } from '../../../core/fault/fault.ts';
import { admit, refuse, type Outcome } from '../../../core/fault/refusal.ts';
import { parseSpiffeId } from '../../../core/identity/spiffe-id.ts';
import { epochMilliseconds, epochSeconds, milliseconds } from '../../../core/time/units.ts';
import { parseCertificate } from '../../../core/x509/certificate.ts';
import type { MintedToken } from '../../../runtime/grpc/messages.ts';
import { createHolder } from '../../../sidecar/credentials/in-use.ts';
import type { Snapshot } from '../../../sidecar/credentials/snapshot.ts';
import { collectLog } from '../../kit/log-lines.ts';
import { createTestAuthority, issueTestLeaf } from '../../kit/x509.ts';

const NOON = 1_780_000_000;
const REQUEST = { audience: 'payments', scopes: [], ttl: undefined };
const authority = createTestAuthority();

function snapshot(generation: number): Snapshot {
  const { key, der } = issueTestLeaf(authority);
  const leaf = demand(parseCertificate(der));
  return {
    generation,
    id: demand(parseSpiffeId(leaf.uriNames[0] ?? '')),
    key,
    leaf,
    chain: [der],
    roots: [authority.der],
    bundleGeneration: 1,
    renewAt: epochSeconds(NOON + 1800),
  };
}

describe('keepFresh()', () => {
  let folder: string;
  let stop: AbortController;
  let running: Promise<void> | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-upkeep-'));
    stop = new AbortController();
  });
  afterEach(async () => {
    stop.abort();
    await running;
    await rm(folder, { recursive: true });
  });

  /** Runs over a source that mints what `answers` holds, the last answer for ever. */
  function begin(answers: readonly Outcome<MintedToken>[], changes: Pick<Partial<UpkeepDeps>, 'request'> = {}) {
    const log = collectLog();
    const holder = createHolder(log.log);
    holder.replace(snapshot(1));
    let minted = 0;
    const source = {
      current: () => holder.current(),
      subscribe: (tell: (next: Snapshot) => void) => holder.subscribe(tell),
      mint: () => {
        minted += 1;
        return Promise.resolve(answers[Math.min(minted, answers.length) - 1] ?? refuse('LIFE_DRAINING'));
      },
    };
    const clock = { now: () => epochMilliseconds(NOON * 1000), monotonic: () => milliseconds(0) };
    running = keepFresh(
      { source, folder, request: REQUEST, clock, jitter: () => 0, log: log.log, ...changes },
      stop.signal,
    );
    return { log, holder };
  }
  const token = (text: string): Outcome<MintedToken> =>
    admit({ token: text, expiresAt: epochSeconds(NOON + 300), scopes: [] });
  const written = (log: ReturnType<typeof collectLog>, generation: number) =>
    log.line((line) => line.message === 'credentials written' && line.fields['generation'] === generation);

  it('leaves the token out where the CA refuses one, says so, and tries again', async () => {
    const { log } = begin([refuse('GRANT_TOKEN_RULE', 'no rule'), token('second')]);
    await log.line(({ level, fields }) => level === 'warn' && fields['code'] === 'GRANT_TOKEN_RULE');
    await log.line(() => log.lines.filter((line) => line.message === 'credentials written').length === 2);
    expect((await readCredentials(folder)).authorization).to.equal('Authorization: Bearer second\n');
  });

  it('shows no token of the former certificate with the next one', async () => {
    const { log, holder } = begin([token('first'), refuse('RENEW_UNREACHABLE', 'gone')]);
    await written(log, 1);
    expect((await readCredentials(folder)).authorization).to.include('first');
    holder.replace(snapshot(2));
    await written(log, 2);
    expect((await readCredentials(folder)).authorization).to.equal(undefined);
  });

  it('says what it cannot write, and goes on', async () => {
    await writeFile(join(folder, 'key.pem'), 'of somebody else');
    const { log } = begin([token('first')]);
    const { fields } = await log.line(({ message }) => message === 'credentials not written');
    expect(fields).to.include({ code: 'CONFIG_FILE' });
    expect(JSON.stringify(log.lines)).to.not.include('Bearer');
  });

  it('writes key, chain, bundle and token of one certificate, and turns to the next with it', async () => {
    const { log, holder } = begin([token('first'), token('second')]);
    for (const generation of [1, 2]) {
      await written(log, generation);
      const files = await readCredentials(folder);
      expect(parseClientIdentity(files).leaf.serial).to.equal(holder.current()?.leaf.serial);
      expect(files.authorization).to.equal(`Authorization: Bearer ${generation === 1 ? 'first' : 'second'}\n`);
      if (generation === 1) holder.replace(snapshot(2));
    }
  });

  it('keeps no token where none was asked for', async () => {
    const { log } = begin([token('never')], { request: undefined });
    await written(log, 1);
    expect((await readCredentials(folder)).authorization).to.equal(undefined);
  });
});

describe('filesOf()', () => {
  it('gives the chain leaf first, and the roots apart', () => {
    const one = snapshot(1);
    const other = snapshot(2);
    const files = filesOf({ ...one, chain: [one.leaf.der, other.leaf.der] }, undefined);
    expect(files.chain.match(/BEGIN CERTIFICATE/g)).to.have.length(2);
    expect(files.bundle.match(/BEGIN CERTIFICATE/g)).to.have.length(1);
    expect(parseClientIdentity(files).leaf.serial).to.equal(one.leaf.serial);
  });
});
