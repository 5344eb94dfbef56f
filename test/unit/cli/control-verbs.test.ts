/** The verbs that ask a running process, against the real control server with made-up answers. */
import { mkdtemp, readFile, rm, stat, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { dispatch } from '../../../cli/dispatch.ts';
import { VERBS } from '../../../cli/verbs.ts';
import { admit, refuse } from '../../../core/fault/refusal.ts';
import { type ControlVerb, createControlServer } from '../../../runtime/control.ts';
import type { Service } from '../../../runtime/lifecycle.ts';
import { captureIo } from '../../kit/captured-io.ts';
import { collectLog } from '../../kit/log-lines.ts';

const REQUEST_ID = 'a'.repeat(32);
const ENTRY = {
  time: '2026-01-01T00:00:00.000Z',
  code: 'BINDING_MISMATCH',
  status: 401,
  detail: 'bound to another certificate',
  path: '/payments\u001b[31m',
  requestId: REQUEST_ID,
};
const SECRET = `cleat-join.${'0'.repeat(64)}.${'x'.repeat(43)}`;

describe('verbs of the control socket', () => {
  let folder: string;
  let control: string;
  let server: Service;
  const asked: unknown[] = [];
  const answers: Record<string, ControlVerb> = {};

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-control-'));
    control = join(folder, 'c.sock');
    const routes = Object.fromEntries(
      ['why', 'renew', 'join-token', 'bundle', 'status'].map((verb): [string, ControlVerb] => [
        verb,
        (body) => {
          asked.push(body);
          return answers[verb]?.(body) ?? admit([]);
        },
      ]),
    );
    server = createControlServer({ path: control, routes, log: collectLog().log });
    await server.start(new AbortController().signal);
  });
  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
    asked.length = 0;
    for (const verb of Object.keys(answers)) delete answers[verb];
  });

  async function run(...args: readonly string[]) {
    const io = captureIo();
    return { code: await dispatch(args, VERBS, io), ...io.written };
  }
  const ask = (...args: readonly string[]) => run(...args, '--control', control);

  it('LIFE_SOCKET: say in one line that nobody answers', async () => {
    for (const verb of [['why'], ['renew'], ['bundle'], ['status'], ['join-token', '--path', '/a']]) {
      const { code, out, err } = await run(...verb, '--control', join(folder, 'none.sock'));
      expect([code, out]).to.deep.equal([1, '']);
      expect(err)
        .to.match(/LIFE_SOCKET: .*none\.sock.*\n$/)
        .and.have.length.below(200);
    }
  });

  it('pass on the code of a refusal', async () => {
    answers['renew'] = () => refuse('RENEW_UNREACHABLE', 'nobody answers on localhost:8444');
    answers['join-token'] = () => refuse('GRANT_IDENTITY', '/cleat/ca is reserved');
    expect(await ask('renew')).to.include({
      code: 1,
      err: 'cleat renew: RENEW_UNREACHABLE: nobody answers on localhost:8444\n',
    });
    expect((await ask('join-token', '--path', '/cleat/ca')).err).to.include('GRANT_IDENTITY');
  });

  it('bundle prints the PEM, or writes it to a file, and refuses an answer without one: LIFE_SOCKET', async () => {
    answers['bundle'] = () => admit({ generation: 3 });
    expect((await ask('bundle')).err).to.include('LIFE_SOCKET');
    answers['bundle'] = () => admit({ generation: 3, pem: 'roots\n' });
    expect(await ask('bundle')).to.deep.equal({ code: 0, out: 'roots\n', err: '' });
    const file = join(folder, 'roots.pem');
    expect((await ask('bundle', '--out', join(folder, 'none', 'roots.pem'))).err).to.include('CONFIG_FILE');
    expect(JSON.parse((await ask('bundle', '--out', file, '--json')).out)).to.deep.equal({ generation: 3, file });
    expect(await readFile(file, 'utf8')).to.equal('roots\n');
  });

  it('status prints a line for each fact, and no escape sequence of others', async () => {
    const facts = {
      credentials: { serial: 'ab' },
      renewal: { lastError: null },
      sidecars: {},
      pending: ['a', 'b\u001b[31m'],
    };
    answers['status'] = () => admit(facts);
    const { out } = await ask('status');
    expect(out.split('\n').slice(0, 3)).to.deep.equal([
      'credentials.serial: ab',
      'renewal.lastError: -',
      'sidecars: -',
    ]);
    expect(out).to.include('pending: a, b').and.not.include('\u001b');
    expect(JSON.parse((await ask('status', '--json')).out)).to.deep.equal(facts);
  });

  it('why refuses a count or an id of another form, and asks nobody', async () => {
    for (const args of [['--last', '0'], ['--last', 'x'], ['--last', '1001'], ['nope'], [REQUEST_ID, REQUEST_ID]])
      expect((await ask('why', ...args)).code, args.join(' ')).to.equal(2);
    expect(asked).to.deep.equal([]);
  });

  it('why gives 1 for a request that the sidecar does not know', async () => {
    expect(await ask('why', REQUEST_ID)).to.deep.equal({ code: 1, out: '', err: '' });
    expect(asked).to.deep.equal([{ requestId: REQUEST_ID }]);
  });

  it('A-561 why shows reasons with control characters escaped', async () => {
    answers['why'] = () => admit([ENTRY]);
    const { code, out } = await ask('why', '--last', '3');
    expect(code).to.equal(0);
    expect(asked).to.deep.equal([{ last: 3 }]);
    expect(out).to.include('BINDING_MISMATCH 401').and.include('reason: bound to another certificate');
    expect(out).to.include('/payments\\u001b[31m').and.not.include('\u001b');
    expect(JSON.parse((await ask('why', '--json')).out)).to.deep.equal([ENTRY]);
  });

  it('renew shows the new certificate', async () => {
    answers['renew'] = () => admit({ generation: 2, serial: 'ab' });
    expect((await ask('renew')).out).to.equal('generation: 2\nserial: ab\n');
    expect((await ask('renew', '--json')).out).to.equal('{"generation":2,"serial":"ab"}\n');
  });

  it('join-token refuses an answer without a token', async () => {
    answers['join-token'] = () => admit({ expiresAt: 1 });
    expect((await ask('join-token', '--path', '/a')).err).to.include('LIFE_SOCKET');
  });

  it('join-token prints the token, or writes it for its owner alone over a file that was open to all', async () => {
    answers['join-token'] = () => admit({ token: SECRET, expiresAt: 1 });
    expect((await ask('join-token', '--path', '/a', '--dns', 'b', '--dns', 'c', '--ttl', '5m')).out).to.equal(
      `${SECRET}\n`,
    );
    expect(asked).to.deep.equal([{ path: '/a', dnsNames: ['b', 'c'], ttl: '5m' }]);
    const file = join(folder, 'token');
    await writeFile(file, 'old');
    await chmod(file, 0o644);
    const { out } = await ask('join-token', '--path', '/a', '--out', file, '--json');
    expect(JSON.parse(out)).to.deep.equal({ file, expiresAt: 1 });
    expect(await readFile(file, 'utf8')).to.equal(`${SECRET}\n`);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
  });

  it('join-token refuses a place that cannot be written: CONFIG_FILE', async () => {
    answers['join-token'] = () => admit({ token: SECRET, expiresAt: 1 });
    const { code, out, err } = await ask('join-token', '--path', '/a', '--out', join(folder, 'none', 'token'));
    expect([code, out]).to.deep.equal([2, '']);
    expect(err).to.include('CONFIG_FILE').and.not.include(SECRET);
  });
});
