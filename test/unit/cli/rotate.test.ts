import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import type { RotationStatus } from '../../../ca/trust/rotation-status.ts';
import { dispatch } from '../../../cli/dispatch.ts';
import { describeRotation } from '../../../cli/rotation-lines.ts';
import { VERBS } from '../../../cli/verbs.ts';
import { admit, refuse, type Outcome } from '../../../core/fault/refusal.ts';
import { createControlServer } from '../../../runtime/control.ts';
import type { Service } from '../../../runtime/lifecycle.ts';
import { captureIo } from '../../kit/captured-io.ts';
import { collectLog } from '../../kit/log-lines.ts';

const HELD = { spiffeId: 'spiffe://a/b', lineageId: 'aa', serial: '5e', runsOn: 1, notAfter: 1_800_000_000 };
const STATUS: RotationStatus = {
  phase: 'prepared',
  source: 'own',
  bundleGeneration: 2,
  scheduleIsPaused: false,
  authorities: [
    {
      slot: 'active',
      thumbprint: 'ab'.repeat(32),
      rootThumbprint: 'ab'.repeat(32),
      notBefore: 1_700_000_000,
      endsAt: 1_800_000_000,
      publishedAt: 1,
      begunBy: 'operator',
    },
  ],
  unacknowledged: [HELD, { ...HELD, lineageId: 'bb', runsOn: undefined }],
  stillUsed: [],
};

async function run(...args: readonly string[]) {
  const io = captureIo();
  return { code: await dispatch(args, VERBS, io), ...io.written };
}

describe('cleat rotate', () => {
  let folder: string;
  let control: string;
  let server: Service;
  let answer: Outcome<unknown> = admit(STATUS);
  const asked: unknown[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-rotate-'));
    control = join(folder, 'ca.sock');
    const rotate = (body: unknown): Outcome<unknown> => {
      asked.push(body);
      return answer;
    };
    server = createControlServer({ path: control, routes: { rotate }, log: collectLog().log });
    await server.start(new AbortController().signal);
  });
  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
    asked.length = 0;
    answer = admit(STATUS);
  });

  it('says in one line who holds a step up, and ends with 1', async () => {
    answer = refuse('SIGNER_HELD', '1 have not acknowledged bundle 2: spiffe://a/b');
    expect(await run('rotate', 'activate', '--control', control)).to.deep.equal({
      code: 1,
      out: '',
      err: 'cleat rotate activate: SIGNER_HELD: 1 have not acknowledged bundle 2: spiffe://a/b\n',
    });
  });

  it('takes force for activate alone', async () => {
    for (const step of ['prepare', 'retire', 'rollback', 'status'])
      expect((await run('rotate', step, '--force', '--control', control)).code, step).to.equal(2);
    await run('rotate', 'activate', '--force', '--control', control);
    expect(asked).to.deep.equal([{ step: 'activate', force: true }]);
  });

  it('LIFE_SOCKET: refuses an answer that is no state of a rotation', async () => {
    for (const wrong of [null, 1, {}, { ...STATUS, stillUsed: 1 }, { ...STATUS, authorities: undefined }]) {
      answer = admit(wrong);
      expect((await run('rotate', 'status', '--control', control)).err).to.include('LIFE_SOCKET');
    }
  });

  it('names each instance that has not acknowledged, in lines or as JSON', async () => {
    const { code, out } = await run('rotate', 'status', '--control', control);
    expect(code).to.equal(0);
    expect(out).to.include(
      'spiffe://a/b lineage aa serial 5e runs on generation 1, certificate ends 2027-01-15T08:00:00.000Z',
    );
    expect(out).to.include('lineage bb serial 5e not heard of since the start of the CA');
    expect(out).to.include('next: mend or end those above, then `cleat rotate activate`');
    const json = await run('rotate', 'status', '--json', '--control', control);
    expect(JSON.parse(json.out)).to.deep.equal(JSON.parse(JSON.stringify(STATUS)));
  });

  it('says what comes next in each phase', () => {
    const last = (change: Partial<RotationStatus>): string => describeRotation({ ...STATUS, ...change }).at(-1) ?? '';
    expect(last({ phase: 'idle' })).to.include('rotate prepare');
    expect(last({ phase: 'idle', source: 'files' })).to.include('into its files');
    expect(last({ unacknowledged: [] })).to.equal('next: `cleat rotate activate`');
    expect(last({ phase: 'overlap' })).to.equal('next: `cleat rotate retire`');
    expect(last({ phase: 'overlap', stillUsed: [HELD] })).to.include('cleat renew');
    expect(describeRotation({ ...STATUS, scheduleIsPaused: true }).join('\n')).to.include('paused by a rollback');
  });
});

describe('cleat ca init', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-init-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const init = (...more: readonly string[]) =>
    run(
      'ca',
      'init',
      '--trust-domain',
      'mesh.example',
      '--offline-root',
      join(folder, 'root'),
      '--issuer',
      join(folder, 'issuer'),
      ...more,
    );

  it('refuses a wrong trust domain, a lifetime that is none, and a folder that is no root', async () => {
    const wrong = [
      'ca',
      'init',
      '--trust-domain',
      'Mesh',
      '--offline-root',
      folder,
      '--issuer',
      join(folder, 'issuer'),
    ];
    expect((await run(...wrong)).code).not.to.equal(0);
    expect((await init('--ttl', 'x')).code).to.equal(2);
    const noRoot = [
      'ca',
      'init',
      '--trust-domain',
      'mesh.example',
      '--offline-root',
      folder,
      '--issuer',
      join(folder, 'issuer'),
    ];
    expect((await run(...noRoot)).err).to.include('SIGNER_ROOT');
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it('refuses one folder for both, however it is written: the key of the root stays behind', async () => {
    const same = ['--offline-root', join(folder, 'both'), '--issuer', `${folder}/./both/`];
    const { code, err } = await run('ca', 'init', '--trust-domain', 'mesh.example', ...same);
    expect([code, err.includes('two folders')], err).to.deep.equal([2, true]);
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it('A-134 refuses to use a root whose key others may read', async () => {
    await init();
    await chmod(join(folder, 'root', 'root.key'), 0o644);
    const { code, err } = await init();
    expect(code).to.equal(1);
    expect(err).to.include('SIGNER_KEY').and.to.include('0644');
  });

  it('makes the root once and an issuer each time, and prints what ca.yaml needs', async () => {
    const first = JSON.parse((await init('--json')).out) as { readonly root: string; readonly isNew: boolean };
    const second = JSON.parse((await init('--json')).out) as { readonly root: string; readonly isNew: boolean };
    expect([first.isNew, second.isNew]).to.deep.equal([true, false]);
    expect(second.root).to.equal(first.root);
    expect((await stat(join(folder, 'issuer', 'issuer.key'))).mode & 0o777).to.equal(0o600);
    expect((await init()).out).to.match(/root used: [\s\S]*source: files[\s\S]*key: .*issuer\.key/);
  });
});
