/** `cleat client`, `key` and `mandate`, against the real control server with made-up answers. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
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

const SECRET = `cls_${'x'.repeat(43)}`;
const CLIENT = {
  id: 'billing',
  methods: ['secret'],
  spiffe: [{ exact: '/ns/a' }, { under: '/ns/b' }, { any: true }],
  audiences: ['pay\u001b[31m'],
  scopes: ['r', 'w'],
  dpopBound: true,
  secrets: [{}],
  createdAt: 1_800_000_000,
  disabledAt: 1_800_000_060,
};
const KEY = {
  id: '0123456789abcdef',
  client: 'billing',
  owner: 'team',
  expiresAt: 1_800_000_000,
  networks: ['10.0.0.0/8'],
};
const MANDATE = {
  id: '0123456789abcdef',
  for: { client: 'billing' },
  audience: 'pay',
  scopes: ['r'],
  purpose: 'p',
  endsAt: 1,
};
const SOUND = ['--method', 'secret', '--from', '/ns/a', '--audience', 'pay'];
const ORDER = ['--for', '30m', '--audience', 'pay', '--purpose', 'ticket 4711'];

describe('cleat client, key and mandate', () => {
  let folder: string;
  let server: Service;
  const asked: (readonly [string, unknown])[] = [];
  let answer: Outcome<unknown>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-registration-'));
    asked.length = 0;
    const routeOf = (verb: string) => (body: unknown) => {
      asked.push([verb, body]);
      return answer;
    };
    const verbs = [
      'client-create',
      'clients',
      'client-rotate',
      'key-create',
      'keys',
      'key-revoke',
      'mandate-create',
      'mandates',
    ];
    const routes = Object.fromEntries(verbs.map((verb) => [verb, routeOf(verb)]));
    server = createControlServer({ path: join(folder, 'c.sock'), routes, log: collectLog().log });
    await server.start(new AbortController().signal);
  });
  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  async function run(args: readonly string[], input = '') {
    const io = captureIo(input);
    const code = await dispatch([...args, '--control', join(folder, 'c.sock')], VERBS, io);
    return { code, ...io.written };
  }

  it('refuse a wrong command line with exit code 2, and ask nobody', async () => {
    for (const args of [
      ['client', 'create', ...SOUND],
      ['client', 'create', 'billing', 'reports', ...SOUND],
      ['client', 'create', 'billing'],
      ['client', 'create', 'billing', ...SOUND, '--jwks', join(folder, 'nowhere')],
      ['client', 'rotate', 'billing', SECRET],
      ['client', 'disable'],
      ['key', 'create', '--client', 'billing'],
      ['key', 'create', '--client', 'billing', '--owner', 'team', '--per-day', '0'],
      ['key', 'revoke'],
      ['key', 'revoke', `clt_prod_${'x'.repeat(49)}`],
      ['mandate', 'create', ...ORDER],
      ['mandate', 'create', ...ORDER, '--to', '/ns/a', '--to-client', 'billing'],
      ['mandate', 'create', '--to', '/ns/a', '--audience', 'pay', '--purpose', 'p'],
      ['mandate', 'end'],
    ]) {
      const { code, out, err } = await run(args);
      expect([code, out], args.join(' ')).to.deep.equal([2, '']);
      expect(err).not.to.match(/cl[ts]_[\w-]{10}/);
    }
    expect(asked).to.deep.equal([]);
  });

  it('refuse an answer that is nothing of the kind: LIFE_SOCKET', async () => {
    answer = admit({ done: true });
    for (const args of [
      ['client', 'create', 'billing', ...SOUND],
      ['client', 'list'],
      ['client', 'show', 'billing'],
      ['key', 'list'],
      ['mandate', 'create', ...ORDER, '--to', '/ns/a'],
      ['mandate', 'list'],
    ]) {
      const { code, err } = await run(args);
      expect([code, err.includes('LIFE_SOCKET')], err).to.deep.equal([1, true]);
    }
  });

  it('pass on the code of the CA', async () => {
    answer = refuse('LIMIT_REGISTRATIONS', 'there are 10000 clients');
    const { code, err } = await run(['client', 'create', 'billing', ...SOUND]);
    expect([code, err]).to.deep.equal([1, 'cleat client create: LIMIT_REGISTRATIONS: there are 10000 clients\n']);
  });

  it('put a secret on standard output alone, or into a file of mode 0600 and nowhere else', async () => {
    answer = admit({ client: CLIENT, secret: SECRET });
    const shown = await run(['client', 'create', 'billing', ...SOUND]);
    expect(shown).to.include({ code: 0, out: `${SECRET}\n` });
    expect(shown.err).not.to.include(SECRET);
    const file = join(folder, 'secret');
    writeFileSync(file, 'old', { mode: 0o644 });
    const kept = await run(['client', 'rotate', 'billing', '--out', file]);
    expect(kept.out + kept.err).not.to.include(SECRET);
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).to.deep.equal([`${SECRET}\n`, 0o600]);
    const json = await run(['client', 'create', 'billing', ...SOUND, '--json']);
    expect(JSON.parse(json.out)).to.deep.equal({ client: CLIENT, secret: SECRET });
    const both = await run(['client', 'create', 'billing', ...SOUND, '--json', '--out', file]);
    expect(JSON.parse(both.out)).to.deep.equal({ client: CLIENT, file });
  });

  it('write no file where there is no secret', async () => {
    answer = admit({ client: CLIENT });
    const file = join(folder, 'secret');
    const { code, out } = await run(['client', 'create', 'billing', ...SOUND, '--out', file]);
    expect([code, out.startsWith('billing  secret  from=/ns/a,/ns/b/**,any'), existsSync(file)]).to.deep.equal([
      0,
      true,
      false,
    ]);
  });

  it('send the digest of a leaked key, whatever white space is around it, and never the key', async () => {
    answer = admit({ apiKey: { ...KEY, revokedAt: 1_800_000_000 } });
    const { code, out } = await run(['key', 'revoke'], '  abc\r\n');
    expect([code, out.includes('REVOKED')]).to.deep.equal([0, true]);
    const hash = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(asked).to.deep.equal([['key-revoke', { hash }]]);
  });

  it('send what was asked, in the words of the CA', async () => {
    answer = admit({ mandate: MANDATE });
    await run(['mandate', 'create', ...ORDER, '--to-under', '/ns/a', '--scope', 'r']);
    const order = { for: '30m', audience: 'pay', scopes: ['r'], purpose: 'ticket 4711' };
    expect(asked.pop()).to.deep.equal(['mandate-create', { ...order, spiffe: { under: '/ns/a' } }]);
    answer = admit({ apiKey: KEY, key: 'clt_' });
    const rights = ['--audience', 'pay', '--network', '10.0.0.0/8', '--from-under', '/ns/a', '--per-minute', '5'];
    await run(['key', 'create', '--client', 'billing', '--owner', 'team', ...rights]);
    const key = { client: 'billing', owner: 'team', spiffe: [{ under: '/ns/a' }], audiences: ['pay'], scopes: [] };
    expect(asked.pop()).to.deep.equal(['key-create', { ...key, networks: ['10.0.0.0/8'], perMinute: 5 }]);
    answer = admit({ client: CLIENT });
    const jwks = join(folder, 'jwks.json');
    writeFileSync(jwks, '{"keys":[]}');
    await run([
      'client',
      'create',
      'x1',
      '--method',
      'private_key_jwt',
      '--from-any',
      '--audience',
      'a',
      '--jwks',
      jwks,
      '--dpop',
    ]);
    const client = { id: 'x1', methods: ['private_key_jwt'], spiffe: [{ any: true }], audiences: ['a'], scopes: [] };
    expect(asked.pop()).to.deep.equal(['client-create', { ...client, dpopBound: true, jwks: '{"keys":[]}' }]);
  });

  it('list in lines that no text of others can break', async () => {
    answer = admit({ clients: [CLIENT] });
    const { out } = await run(['client', 'list']);
    expect(out).to.equal(
      'billing  secret  from=/ns/a,/ns/b/**,any  audiences=pay\\u001b[31m  scopes=r,w  dpop  DISABLED since 2027-01-15T08:01:00Z\n',
    );
    answer = admit({ apiKeys: [KEY] });
    expect((await run(['key', 'list', '--client', 'billing'])).out).to.equal(
      '0123456789abcdef  billing  team  until 2027-01-15T08:00:00Z  never used  networks=10.0.0.0/8\n',
    );
    answer = admit({ mandates: [] });
    expect((await run(['mandate', 'list'])).out).to.equal('none\n');
    answer = admit({ clients: [CLIENT] });
    expect((await run(['client', 'show', 'billing'])).out).to.include('secret, no end');
  });
});
