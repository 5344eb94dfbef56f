import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { admit, type Outcome, refuse } from '../../../../core/fault/refusal.ts';
import { encodePem } from '../../../../core/x509/pem.ts';
import { replaceFile } from '../../../../runtime/replace-file.ts';
import { createRefresher, type RefresherDeps } from '../../../../sidecar/egress/refresher.ts';
import type { Secret } from '../../../../sidecar/egress/watched-secret.ts';
import { createTestAuthority } from '../../../kit/x509.ts';
import { NOON } from '../callers.ts';
import { standingClock } from './minting.ts';
import { snapshotOf } from './snapshots.ts';
import { foreignToken, startTokenServer, type TokenServer } from './token-server.ts';

/** A file as its watcher has read it; `replaced` is what somebody else wrote. */
function heldSecret(text: string) {
  let current: Outcome<Secret> = admit({ text, digest: text });
  return {
    current: () => current,
    wrote(next: string): string {
      current = admit({ text: next, digest: next });
      return next;
    },
    reread: () => Promise.resolve(),
    replaced: (next: Outcome<Secret>) => void (current = next),
  };
}

/** Runs it as a process of its own, to its end. */
async function run(args: readonly string[]): Promise<{ signal: string | null; stdout: string }> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { signal, stdout };
}

describe('createRefresher()', () => {
  const authority = createTestAuthority();
  // The name that the roots of a file are checked with is `localhost`.
  let idp: TokenServer;
  let folder = '';

  before(async () => {
    idp = await startTokenServer(snapshotOf(authority, { generation: 1, dns: ['localhost'] }), false);
  });
  after(() => idp[Symbol.asyncDispose]());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cleat-refresh-'));
    writeFileSync(join(folder, 'roots.pem'), encodePem('CERTIFICATE', authority.der));
    writeFileSync(join(folder, 'refresh'), 'r1\n', { mode: 0o600 });
    idp.asked.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function setUp(changes: Partial<RefresherDeps> = {}) {
    const clock = standingClock(NOON);
    const file = join(folder, 'refresh');
    const refreshToken = heldSecret('r1');
    const trust = { kind: 'file', path: join(folder, 'roots.pem') } as const;
    const refresher = createRefresher({
      issuer: { url: idp.url.replace('127.0.0.1', 'localhost'), clientId: 'agent', scopes: [], trust },
      type: 'access_token',
      refreshToken,
      clientSecret: undefined,
      persist: (text) => replaceFile(file, `${text}\n`),
      clock,
      jitter: () => 0,
      ...changes,
    });
    return { clock, file, refreshToken, refresher };
  }
  /** An issuer that rotates: `rN` gives `rN+1`, and each is good once. */
  function rotating(life = 300): void {
    let next = 1;
    idp.answer = ({ form }) => {
      if (form['refresh_token'] !== `r${next}`) return { status: 400, body: { error: 'invalid_grant' } };
      next += 1;
      const body = {
        access_token: `access-${next}`,
        token_type: 'Bearer',
        expires_in: life,
        refresh_token: `r${next}`,
      };
      return { body };
    };
  }
  const onDisk = (file: string): string => readFileSync(file, 'utf8').trim();

  it('has a rotated refresh token on the disk, readable by its owner alone, before anybody gets the access token', async () => {
    rotating();
    const order: string[] = [];
    const file = join(folder, 'refresh');
    const { refresher } = setUp({
      persist: async (text) => {
        await replaceFile(file, `${text}\n`);
        order.push(`on disk: ${onDisk(file)}`);
      },
    });
    const got = await refresher.token();
    order.push(got.ok ? got.value : got.refusal.code);
    expect(order).to.deep.equal(['on disk: r2', 'access-2']);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(existsSync(`${file}.new`)).to.equal(false);
  });

  it('A-516 gives nothing while the rotated one cannot be written, keeps it, and spends no second one', async () => {
    rotating();
    const { clock, file, refresher } = setUp();
    mkdirSync(`${file}.new`);
    writeFileSync(join(`${file}.new`, 'x'), '');
    expect(await refresher.token()).to.have.nested.property('refusal.code', 'CONFIG_FILE');
    clock.forward(60);
    expect(await refresher.token()).to.have.nested.property('refusal.code', 'CONFIG_FILE');
    expect(onDisk(file)).to.equal('r1');
    expect(idp.asked).to.have.length(1);
    rmSync(`${file}.new`, { recursive: true });
    clock.forward(60);
    expect(await refresher.token()).to.deep.equal(admit('access-3'));
    expect(onDisk(file)).to.equal('r3');
    expect(idp.asked.map(({ form }) => form['refresh_token'])).to.deep.equal(['r1', 'r2']);
  });

  it('goes on with what is on the disk after it was killed between writing and using it', async () => {
    rotating();
    const file = join(folder, 'refresh');
    const child = fileURLToPath(new URL('killed-after-writing.ts', import.meta.url));
    const url = idp.url.replace('127.0.0.1', 'localhost');
    const { signal, stdout } = await run([child, url, file, join(folder, 'roots.pem')]);
    expect({ signal, stdout }).to.deep.equal({ signal: 'SIGKILL', stdout: '' });
    expect(onDisk(file)).to.equal('r2');
    const { refresher } = setUp({ refreshToken: heldSecret(onDisk(file)) });
    expect(await refresher.token()).to.deep.equal(admit('access-3'));
    expect(onDisk(file)).to.equal('r3');
    expect(idp.asked.map(({ form }) => form['refresh_token'])).to.deep.equal(['r1', 'r2']);
  });

  it('refreshes once for all who want it at once, and not again while the token is good', async () => {
    rotating();
    const { clock, refresher } = setUp();
    const all = await Promise.all(Array.from({ length: 100 }, () => refresher.token()));
    expect(new Set(all.map((got) => (got.ok ? got.value : got.refusal.code)))).to.deep.equal(new Set(['access-2']));
    clock.forward(269);
    expect(await refresher.token()).to.deep.equal(admit('access-2'));
    expect(idp.asked).to.have.length(1);
    clock.forward(1);
    expect(await refresher.token()).to.deep.equal(admit('access-3'));
  });

  it('asks an issuer that ended the session no more than once in a while, until the file has another one', async () => {
    idp.answer = ({ form }) =>
      form['refresh_token'] === 'fresh'
        ? { body: { access_token: 'a', token_type: 'Bearer', expires_in: 300 } }
        : { status: 400, body: { error: 'invalid_grant' } };
    const { clock, refreshToken, refresher } = setUp();
    const before = refresher.session();
    for (let count = 0; count < 100; count += 1) {
      const got = await refresher.token();
      expect(got).to.have.nested.property('refusal.code', 'RENEW_REFUSED');
      expect(got.ok ? '' : got.refusal.detail).to.match(/^refresh at localhost:\d+: invalid_grant$/);
    }
    expect(idp.asked).to.have.length(1);
    clock.forward(1);
    await refresher.token();
    expect(idp.asked).to.have.length(2);
    refreshToken.replaced(admit({ text: 'fresh', digest: 'fresh' }));
    expect(refresher.session()).to.not.deep.equal(before);
    expect(await refresher.token()).to.deep.equal(admit('a'));
  });

  const tokensOf = (user: string) => ({
    body: { access_token: `access-${user}`, token_type: 'Bearer', expires_in: 300, refresh_token: `${user}-2` },
  });
  const bob = admit({ text: 'bob-1', digest: 'bob-1' });

  it('gives nobody what it asked for one user once the file holds another, and writes none of it', async () => {
    const written: string[] = [];
    const { refreshToken, refresher } = setUp({ persist: (text) => Promise.resolve(void written.push(text)) });
    const late: Promise<Outcome<string>>[] = [];
    idp.answer = ({ form }) => {
      if (form['refresh_token'] !== 'r1') return tokensOf('bob');
      refreshToken.replaced(bob);
      late.push(refresher.token());
      return tokensOf('alice');
    };
    expect(await refresher.token()).to.deep.equal(admit('access-bob'));
    expect(await Promise.all(late)).to.deep.equal([admit('access-bob')]);
    expect(await refresher.token()).to.deep.equal(admit('access-bob'));
    expect(written).to.deep.equal(['bob-2']);
    expect(idp.asked.map(({ form }) => form['refresh_token'])).to.deep.equal(['r1', 'bob-1']);
  });

  it('reads the file once more before it writes: a login that the watch has not seen yet is not written over', async () => {
    const written: string[] = [];
    const held = heldSecret('r1');
    let isSeen = false;
    const reread = (): Promise<void> => {
      if (!isSeen) held.replaced(bob);
      isSeen = true;
      return Promise.resolve();
    };
    const persist = (text: string) => Promise.resolve(void written.push(text));
    const { refresher } = setUp({ refreshToken: { ...held, reread }, persist });
    idp.answer = ({ form }) => tokensOf(form['refresh_token'] === 'r1' ? 'alice' : 'bob');
    expect(await refresher.token()).to.deep.equal(admit('access-bob'));
    expect(written).to.deep.equal(['bob-2']);
  });

  it('does not take its own writing for another session, and says what is wrong with the file', async () => {
    rotating();
    const { refreshToken, refresher } = setUp();
    const before = refresher.session();
    await refresher.token();
    expect(refresher.session()).to.deep.equal(before);
    refreshToken.replaced(refuse('CONFIG_PERMISSION', 'mode 0644'));
    expect(refresher.session()).to.have.nested.property('refusal.code', 'CONFIG_PERMISSION');
    expect(await refresher.token()).to.have.nested.property('refusal.code', 'CONFIG_PERMISSION');
  });

  it('keeps a refresh token that is not rotated, and asks for the scopes that are configured', async () => {
    idp.answer = () => ({ body: { access_token: 'a', token_type: 'Bearer', expires_in: 10 } });
    const { clock, file, refresher } = setUp();
    await refresher.token();
    clock.forward(10);
    await refresher.token();
    expect(idp.asked.map(({ form }) => form)).to.deep.equal([
      { grant_type: 'refresh_token', refresh_token: 'r1', client_id: 'agent' },
      { grant_type: 'refresh_token', refresh_token: 'r1', client_id: 'agent' },
    ]);
    expect(readFileSync(file, 'utf8')).to.equal('r1\n');
  });

  it('authenticates with a secret by HTTP Basic, both parts form-urlencoded (RFC 6749 section 2.3.1)', async () => {
    rotating();
    const issuer = {
      url: idp.url.replace('127.0.0.1', 'localhost'),
      clientId: 'a:b',
      scopes: ['x', 'y'],
      trust: { kind: 'file', path: join(folder, 'roots.pem') },
    } as const;
    const { refresher } = setUp({ issuer, clientSecret: heldSecret('p%:w d') });
    await refresher.token();
    const encoded = Buffer.from('a%3Ab:p%25%3Aw+d').toString('base64');
    expect(idp.asked.at(-1)).to.deep.include({ authorization: `Basic ${encoded}` });
    expect(idp.asked.at(-1)?.form).to.deep.equal({ grant_type: 'refresh_token', refresh_token: 'r1', scope: 'x y' });
  });

  it('gives the id_token where that is exchanged, and keeps it no longer than its own exp', async () => {
    const idToken = foreignToken({ exp: NOON + 100 });
    idp.answer = () => ({ body: { access_token: 'a', token_type: 'Bearer', expires_in: 3600, id_token: idToken } });
    const { clock, refresher } = setUp({ type: 'id_token' });
    expect(await refresher.token()).to.deep.equal(admit(idToken));
    clock.forward(79);
    await refresher.token();
    expect(idp.asked).to.have.length(1);
    clock.forward(1);
    await refresher.token();
    expect(idp.asked).to.have.length(2);
    idp.answer = () => ({ body: { access_token: 'a', token_type: 'Bearer' } });
    clock.forward(100);
    expect(await refresher.token()).to.have.nested.property('refusal.code', 'RENEW_ANSWER');
  });

  it('sends its refresh token to no server that the roots do not vouch for', async () => {
    writeFileSync(join(folder, 'roots.pem'), encodePem('CERTIFICATE', createTestAuthority().der));
    const { clock, refresher } = setUp();
    expect(await refresher.token()).to.have.nested.property('refusal.code', 'RENEW_UNTRUSTED');
    rmSync(join(folder, 'roots.pem'));
    clock.forward(60);
    expect(await refresher.token()).to.have.nested.property('refusal.code', 'CONFIG_FILE');
    expect(idp.asked).to.deep.equal([]);
  });
});
