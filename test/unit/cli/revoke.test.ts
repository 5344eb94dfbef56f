/** `cleat revoke` and `cleat revocations`, against the real control server with made-up answers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { dispatch } from '../../../cli/dispatch.ts';
import { VERBS } from '../../../cli/verbs.ts';
import { admit, refuse, type Outcome } from '../../../core/fault/refusal.ts';
import { createControlServer } from '../../../runtime/control.ts';
import type { Service } from '../../../runtime/lifecycle.ts';
import { captureIo } from '../../kit/captured-io.ts';
import { collectLog } from '../../kit/log-lines.ts';
import { testRevocation } from '../../kit/revocations.ts';

const ENTRY = testRevocation({ kind: 'jti', issuer: 'https://ca', value: 'a\u001b[31mb' }, 3);

describe('cleat revoke and revocations', () => {
  let folder: string;
  let server: Service;
  const asked: unknown[] = [];
  let answer: Outcome<unknown>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-revoke-'));
    asked.length = 0;
    answer = admit(ENTRY);
    const route = (body: unknown): Outcome<unknown> => {
      asked.push(body);
      return answer;
    };
    const routes = { revoke: route, revocations: route };
    server = createControlServer({ path: join(folder, 'c.sock'), routes, log: collectLog().log });
    await server.start(new AbortController().signal);
  });
  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  async function run(...args: readonly string[]) {
    const io = captureIo();
    const code = await dispatch([...args, '--control', join(folder, 'c.sock')], VERBS, io);
    return { code, ...io.written };
  }

  it('refuse a command line without a target or with two, and ask nobody', async () => {
    for (const args of [
      [],
      ['--reason', 'superseded'],
      ['--serial', 'ab', '--lineage', 'cd'],
      ['--issuer', 'https://ca'],
      ['ab'],
    ])
      expect((await run('revoke', ...args)).code, args.join(' ')).to.equal(2);
    expect(asked).to.deep.equal([]);
  });

  it('pass on the code of the CA', async () => {
    answer = refuse('GRANT_UNKNOWN', 'certificate ab is unknown here');
    expect(await run('revoke', '--serial', 'ab')).to.deep.equal({
      code: 1,
      out: '',
      err: 'cleat revoke: GRANT_UNKNOWN: certificate ab is unknown here\n',
    });
  });

  it('refuse an answer that is no revocation: LIFE_SOCKET', async () => {
    answer = admit('yes');
    expect((await run('revoke', '--serial', 'ab')).err).to.include('LIFE_SOCKET');
    expect((await run('revocations')).err).to.include('LIFE_SOCKET');
  });

  it('ask for what was given, and for nothing else', async () => {
    await run('revoke', '--serial', 'ab');
    await run('revoke', '--lineage', 'cd', '--until', '24h', '--reason', 'keyCompromise');
    await run('revoke', '--spiffe-id', 'spiffe://a/b');
    await run('revoke', '--issuer', 'https://ca', '--sub', 's');
    expect(asked).to.deep.equal([
      { serial: 'ab' },
      { lineage: 'cd', until: '24h', reason: 'keyCompromise' },
      { spiffeId: 'spiffe://a/b' },
      { sub: 's', issuer: 'https://ca' },
    ]);
  });

  it('say in one line what was revoked and until when, escaped; or all of it as JSON', async () => {
    const { code, out } = await run('revoke', '--issuer', 'https://ca', '--jti', 'x');
    expect(code).to.equal(0);
    expect(out).to.match(/^revoked: jti a\\\S+\[31mb of https:\/\/ca, until 2125-\d\d-\d\dT[\d:]+Z, unspecified\n$/);
    const json = (await run('revoke', '--issuer', 'https://ca', '--jti', 'x', '--json')).out;
    expect(JSON.parse(json)).to.deep.equal({ ...ENTRY });
  });

  it('list one a line', async () => {
    answer = admit({ generation: 3, entries: [testRevocation({ kind: 'lineage', lineageId: 'ab' }), ENTRY] });
    const { out } = await run('revocations');
    expect(out.split('\n')).to.have.length(3);
    expect(out).to.match(/^lineage ab, until /);
    expect(JSON.parse((await run('revocations', '--json')).out)).to.have.property('generation', 3);
    answer = admit({ generation: 0, entries: [] });
    expect((await run('revocations')).out).to.equal('none\n');
  });
});
