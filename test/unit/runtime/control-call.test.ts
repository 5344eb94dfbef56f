import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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
