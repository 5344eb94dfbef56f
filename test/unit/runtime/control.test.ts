import { chmod, chown, lstat, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fork } from 'node:child_process';
import { once } from 'node:events';

import { expect } from 'chai';

import { Fault } from '../../../core/fault/fault.ts';
import { admit, refuse } from '../../../core/fault/refusal.ts';
import { epochMilliseconds } from '../../../core/time/units.ts';
import { callControl } from '../../../runtime/control-call.ts';
import { createControlServer, type ControlVerb } from '../../../runtime/control.ts';
import { createLog } from '../../../runtime/log.ts';

const never = new AbortController().signal;
const lines: string[] = [];
const log = createLog({
  write: (line) => lines.push(line),
  level: 'error',
  clock: { now: () => epochMilliseconds(0) },
});
const routes: Readonly<Record<string, ControlVerb>> = {
  echo: (body) => admit(body),
  no: () => refuse('POLICY_NO_RULE', 'not this one'),
  none: () => admit(undefined),
  fault: () => Promise.reject(new Fault('RENEW_UNREACHABLE', 'the CA is away')),
  defect: () => {
    throw new TypeError('clt_0123456789abcdefgh');
  },
};

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

describe('callControl()', () => {
  let folder = '';
  let path = '';
  let server: ReturnType<typeof createControlServer>;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-control-'));
    path = join(folder, 'run', 'x.sock');
    server = createControlServer({ path, routes, log });
    await server.start(never);
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('says LIFE_SOCKET where nobody answers', async () => {
    const answer = await callControl({ path: join(folder, 'none.sock'), verb: 'echo' });
    expect(answer).to.have.nested.property('refusal.code', 'LIFE_SOCKET');
    expect(JSON.stringify(answer)).to.include('is the process running?');
  });

  it('ends the wait with the signal', async () => {
    const answer = await callControl({ path, verb: 'echo', signal: AbortSignal.abort() });
    expect(answer).to.have.nested.property('refusal.code', 'LIFE_SOCKET');
  });

  it('brings the refusal of a verb, and its fault, by code', async () => {
    expect(await callControl({ path, verb: 'no' })).to.deep.equal(refuse('POLICY_NO_RULE', 'not this one'));
    expect(await callControl({ path, verb: 'fault' })).to.deep.equal(refuse('RENEW_UNREACHABLE', 'the CA is away'));
  });

  it('tells a defect to the log only, without secrets', async () => {
    lines.length = 0;
    expect(await callControl({ path, verb: 'defect' })).to.deep.equal(refuse('BUG_UNEXPECTED', 'see the log'));
    expect(lines.join('')).to.include('BUG_UNEXPECTED').and.not.include('0123456789');
  });

  it('refuses verbs that are not there: REQUEST_TARGET', async () => {
    for (const verb of ['', 'echo/', '__proto__', 'toString', '../echo', 'echo?x'])
      expect(await callControl({ path, verb }), verb).to.have.nested.property('refusal.code', 'REQUEST_TARGET');
  });

  it('refuses a body that is too large or no JSON, and other methods', async () => {
    expect(await callControl({ path, verb: 'echo', body: 'x'.repeat(64 * 1024) })).to.have.nested.property(
      'refusal.code',
      'REQUEST_BODY',
    );
    const raw = (method: string, body: Buffer): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const call = request({ socketPath: path, path: '/echo', method, agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        call.once('error', reject);
        call.end(body);
      });
    expect(await raw('POST', Buffer.from('{"a":'))).to.equal(400);
    expect(await raw('POST', Buffer.from([0x22, 0xff, 0x22]))).to.equal(400);
    expect(await raw('PUT', Buffer.from('1'))).to.equal(400);
    expect(await raw('POST', Buffer.alloc(0))).to.equal(200);
  });

  it('does not believe an answer of another form', async () => {
    const answers = [
      '',
      'null',
      '[]',
      '{"ok":true}',
      '{"ok":false}',
      '{"ok":false,"refusal":{"code":"NO_SUCH","detail":""}}',
      'x'.repeat(100),
    ];
    for (const [at, body] of answers.entries()) {
      const socket = join(folder, `fake${at}.sock`);
      const fake = createServer((_request, response) => response.end(body));
      await new Promise<void>((resolve) => fake.listen(socket, resolve));
      expect(await callControl({ path: socket, verb: 'echo' }), body).to.have.nested.property(
        'refusal.code',
        'LIFE_SOCKET',
      );
      await new Promise((resolve) => fake.close(resolve));
    }
  });
});
