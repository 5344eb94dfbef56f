/** A client without a sidecar is started again: it goes on with the certificate in its folder, and comes back when that is revoked. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { expect } from 'chai';

import { parseClientIdentity } from '../../cli/client-identity.ts';
import { readCredentials } from '../../cli/credential-folder.ts';
import { TRUST_DOMAIN } from '../../cli/up/configs.ts';
import { runBundle, startBundle, type Ended } from '../kit/bundle.ts';
import { type ScenarioMesh, startScenario } from '../kit/scenario-mesh.ts';

describe('a client without a sidecar that is started again', function () {
  this.timeout(60_000);
  let scenario: ScenarioMesh;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-client-'));
    scenario = await startScenario('a-client-goes-on');
    await writeToken();
    expect((await credential('--once')).code).to.equal(0);
  });
  after(async () => {
    await scenario[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const cleat = (...args: readonly string[]): Promise<Ended> => runBundle('cleat.cjs', args);
  const token = (): string => join(folder, 'join-token');
  const dir = (): string => join(folder, 'client');
  async function writeToken(): Promise<void> {
    const { caControl } = scenario.mesh.layout;
    const made = await cleat('join-token', '--path', '/ns/shop/sa/late', '--out', token(), '--control', caControl);
    expect(made.code, made.err).to.equal(0);
  }
  function words(): readonly string[] {
    const { bootstrap, mesh } = scenario.mesh.layout.ports;
    const places = ['--ca', `localhost:${bootstrap}`, '--mesh', `localhost:${mesh}`, '--dir', dir()];
    return ['credential', '--trust-domain', TRUST_DOMAIN, '--evidence', token(), ...places];
  }
  const credential = (...more: readonly string[]): Promise<Ended> => cleat(...words(), ...more);
  const lineage = async () => {
    const { leaf } = parseClientIdentity(await readCredentials(dir()));
    return { id: leaf.lineage?.id.toString('hex') ?? '', sequence: leaf.lineage?.sequence };
  };

  it('renews with --once though its join token is spent: the same lineage', async () => {
    const first = await lineage();
    const { code, err } = await credential('--once');
    expect(code, err).to.equal(0);
    expect(err).to.include('goes on with the certificate in the folder');
    expect(await lineage()).to.deep.equal({ id: first.id, sequence: 1 });
  });

  it('A-119 says that it is revoked, and comes back by a new join token in the place of the spent one', async () => {
    const { id } = await lineage();
    const { child, ended } = startBundle('cleat.cjs', words());
    try {
      const lines = createInterface({ input: child.stderr ?? expect.fail('no stderr') });
      const line = (what: string): Promise<void> =>
        new Promise((resolve) => {
          const hear = (text: string): void => {
            if (!text.includes(what)) return;
            lines.off('line', hear);
            resolve();
          };
          lines.on('line', hear);
        });
      await line('credentials written');
      const revoked = line('RENEW_REVOKED');
      const spent = line('ATTEST_JOIN_TOKEN');
      await cleat('revoke', '--lineage', id, '--control', scenario.mesh.layout.caControl);
      await revoked;
      await spent;
      const written = line('credentials written');
      await writeToken();
      await written;
    } finally {
      child.kill();
    }
    expect((await ended).code).to.equal(0);
    const back = await lineage();
    expect(back.sequence).to.equal(0);
    expect(back.id).to.not.equal(id);
  });

  it('A-119 with --once shows its evidence where the CA does not renew, and says both', async () => {
    const { id } = await lineage();
    await cleat('revoke', '--lineage', id, '--control', scenario.mesh.layout.caControl);
    const refused = await credential('--once');
    expect(refused.code).to.equal(1);
    expect(refused.err).to.include('GRANT_REVOKED').and.include('ATTEST_JOIN_TOKEN');
    await writeToken();
    expect((await credential('--once')).code).to.equal(0);
    expect((await lineage()).id).to.not.equal(id);
  });
});
