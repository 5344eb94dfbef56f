/** What an operator types while a mesh runs: the printed curl commands, and the verbs that ask its processes. */
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { expect } from 'chai';

import { TRUST_DOMAIN } from '../../cli/up/configs.ts';
import { tryText } from '../../cli/up/report.ts';
import { runBundle, type Ended } from '../kit/bundle.ts';
import { type ScenarioMesh, startScenario } from '../kit/scenario-mesh.ts';
import { skipUnless } from '../kit/skip.ts';

describe('commands on a running mesh', function () {
  this.timeout(60_000);
  let scenario: ScenarioMesh;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-commands-'));
    scenario = await startScenario('commands-on-a-running-mesh');
  });
  after(async () => {
    await scenario[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const layout = () => scenario.mesh.layout;
  const cleat = (...args: readonly string[]): Promise<Ended> => runBundle('cleat.cjs', args);
  const why = async (): Promise<unknown> => {
    const { out } = await cleat('why', '--last', '1', '--json', '--control', layout().sidecarControl('payments'));
    return (JSON.parse(out) as readonly { readonly code: string }[])[0]?.code;
  };
  /** A printed command line as a shell runs it; gives body and status. */
  const shell = (line: string): Promise<string> =>
    new Promise((resolve, reject) =>
      execFile('sh', ['-c', `${line} -w '%{http_code}'`], { env: { PATH: process.env['PATH'] } }, (failure, stdout) =>
        failure === null ? resolve(stdout) : reject(failure),
      ),
    );

  it('A-424 the three curl lines work as printed, and why tells the reason of each refusal', async function () {
    skipUnless(this, spawnSync('curl', ['--version']).status === 0, 'curl is not installed');
    const lines = tryText(layout())
      .split('\n')
      .filter((line) => line.startsWith('  curl '));
    const [admitted = '', stolen = '', bare = ''] = lines;
    expect(await shell(admitted)).to.match(/"binding":"x5t#S256".*200$/s);
    expect(await shell(stolen)).to.match(/invalid token.*401$/s);
    expect(await why()).to.equal('BINDING_MISMATCH');
    expect(await shell(bare)).to.match(/authentication required.*401$/s);
    expect(await why()).to.equal('TOKEN_ABSENT');
  });

  it('renew gives the next certificate of the same lineage', async () => {
    const renew = async () => {
      const { out } = await cleat('renew', '--json', '--control', layout().sidecarControl('payments'));
      return JSON.parse(out) as { readonly sequence: number; readonly serial: string; readonly lineage: string };
    };
    const [first, second] = [await renew(), await renew()];
    expect(second.sequence).to.equal(first.sequence + 1);
    expect(second.serial).to.not.equal(first.serial);
    expect(second.lineage).to.equal(first.lineage);
  });

  it('bundle, /bundle.pem and the folder of a client hold the same roots', async () => {
    const { code, out, err } = await cleat('bundle', '--control', layout().caControl);
    expect(code, err).to.equal(0);
    expect(await readFile(join(layout().credentials('reports'), 'bundle.pem'), 'utf8')).to.equal(out);
    const options = { host: 'localhost', port: layout().ports.https, path: '/bundle.pem', ca: out, agent: false };
    const [response] = (await once(get(options), 'response')) as [IncomingMessage];
    expect(response.headers['content-type']).to.equal('application/x-pem-file');
    expect(await text(response)).to.equal(out);
  });

  it('status tells what the CA and a sidecar run on', async () => {
    const ca = await cleat('status', '--control', layout().caControl);
    expect(ca.out).to.include(`trustDomain: ${TRUST_DOMAIN}\n`).and.include('bundle.roots: 1\n');
    const { out } = await cleat('status', '--json', '--control', layout().sidecarControl('payments'));
    expect(JSON.parse(out)).to.deep.include({ pending: [] });
  });

  it('token refuses what no rule grants, and gives what one does', async () => {
    const options = ['--dir', layout().credentials('reports'), '--mesh', `localhost:${layout().ports.mesh}`];
    const refused = await cleat('token', ...options, '--audience', 'catalog');
    expect(refused).to.include({ code: 1, out: '' });
    expect(refused.err).to.include('GRANT_TOKEN_RULE');
    const file = join(folder, 'token');
    const given = await cleat('token', ...options, '--audience', 'payments', '--out', file, '--json');
    expect(JSON.parse(given.out)).to.deep.include({ file, scopes: ['payments.read'] });
    const inspected = await cleat('inspect', file, '--json');
    expect(inspected.code).to.equal(0);
    expect(inspected.out).to.include('x5t#S256').and.include('payments.read');
    expect(inspected.out).to.not.match(/eyJ[\w-]+\.eyJ/);
  });

  it('A-139 credential refuses to use a join token again', async () => {
    const { code, err } = await cleat(
      'credential',
      '--once',
      `--trust-domain=${TRUST_DOMAIN}`,
      `--ca=localhost:${layout().ports.bootstrap}`,
      `--mesh=localhost:${layout().ports.mesh}`,
      `--evidence=${layout().joinToken('reports')}`,
      `--dir=${join(folder, 'again')}`,
    );
    expect(code).to.equal(1);
    expect(err).to.include('ATTEST_JOIN_TOKEN');
  });
});
