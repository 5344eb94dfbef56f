import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, lstat, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { admit } from '../../../core/fault/refusal.ts';
import { epochMilliseconds } from '../../../core/time/units.ts';
import { callControl } from '../../../runtime/control-call.ts';
import { createControlServer } from '../../../runtime/control.ts';
import { createLog } from '../../../runtime/log.ts';

const never = new AbortController().signal;
const log = createLog({ write: () => undefined, level: 'error', clock: { now: () => epochMilliseconds(0) } });
const routes = { echo: (body: unknown) => admit(body), none: () => admit(undefined) };

describe('createControlServer()', () => {
  let folder = '';
  let path = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-control-'));
    path = join(folder, 'run', 'x.sock');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const startAt = async (where: string): Promise<unknown> => {
    await using server = createControlServer({ path: where, routes, log });
    return server.start(never).then(
      () => 'started',
      (error: unknown) => error,
    );
  };

  it('refuses a folder that others may enter: CONFIG_PERMISSION', async () => {
    await mkdir(join(folder, 'run'));
    for (const mode of [0o701, 0o710, 0o770, 0o755, 0o777]) {
      await chmod(join(folder, 'run'), mode);
      const thrown = await startAt(path);
      expect(thrown).to.have.property('code', 'CONFIG_PERMISSION');
      expect(String(thrown)).to.include(`mode 0${mode.toString(8)}; 0700 is needed`);
    }
  });

  it('refuses a folder that is a link or a file: CONFIG_PERMISSION, LIFE_SOCKET', async () => {
    await mkdir(join(folder, 'real'), { mode: 0o700 });
    await symlink(join(folder, 'real'), join(folder, 'run'));
    expect(await startAt(path)).to.have.property('code', 'CONFIG_PERMISSION');
    await writeFile(join(folder, 'file'), '');
    expect(await startAt(join(folder, 'file', 'x.sock'))).to.have.property('code', 'LIFE_SOCKET');
  });

  it('refuses a folder of another user: CONFIG_PERMISSION', async () => {
    const isRoot = process.getuid?.() === 0;
    await mkdir(join(folder, 'run'), { mode: 0o700 });
    if (isRoot) await chown(join(folder, 'run'), 12_345, 12_345);
    expect(await startAt(isRoot ? path : '/x.sock')).to.have.property('code', 'CONFIG_PERMISSION');
  });

  it('refuses a path that a living process serves, and one that is no socket: LIFE_SOCKET', async () => {
    await using first = createControlServer({ path, routes, log });
    await first.start(never);
    expect(String(await startAt(path))).to.match(/LIFE_SOCKET: another process serves/);
    expect(await callControl({ path, verb: 'echo', body: 1 })).to.deep.equal({ ok: true, value: 1 });
    const file = join(folder, 'run', 'file');
    await writeFile(file, 'keep');
    expect(await startAt(file)).to.have.property('code', 'LIFE_SOCKET');
    expect((await lstat(file)).size).to.equal(4);
  });

  it('makes the folder 0700 and the socket 0600, and takes both away or leaves them tight', async () => {
    const server = createControlServer({ path, routes, log });
    await server.start(never);
    expect((await lstat(join(folder, 'run'))).mode & 0o777).to.equal(0o700);
    expect((await lstat(path)).mode & 0o777).to.equal(0o600);
    await server[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    expect(await lstat(path).catch(() => 'gone')).to.equal('gone');
  });

  it('replaces the socket of a process that was killed', async () => {
    await mkdir(join(folder, 'run'), { mode: 0o700 });
    const script = join(folder, 'hold.cjs');
    await writeFile(
      script,
      `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.send('up'));`,
    );
    const holder = fork(script, { execArgv: [] });
    await once(holder, 'message');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect((await lstat(path)).isSocket()).to.equal(true);
    await using server = createControlServer({ path, routes, log });
    await server.start(never);
    expect(await callControl({ path, verb: 'none' })).to.deep.equal({ ok: true, value: null });
  });
});
