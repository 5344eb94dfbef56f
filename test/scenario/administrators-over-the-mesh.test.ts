/** Whoever administers a CA does it from anywhere, with a certificate of that CA; nobody else can. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { IDENTITY, TRUST_DOMAIN } from '../../cli/up/configs.ts';
import { runBundle, type Ended } from '../kit/bundle.ts';
import { type ScenarioMesh, startScenario } from '../kit/scenario-mesh.ts';

const OPERATOR = '/cleat/admin/operator';

describe('administrators over the mesh listener', function () {
  this.timeout(60_000);
  let scenario: ScenarioMesh;
  let folder: string;
  let operator: readonly string[];

  const layout = () => scenario.mesh.layout;
  const ports = () => scenario.mesh.layout.ports;
  const cleat = (...args: readonly string[]): Promise<Ended> => runBundle('cleat.cjs', args);
  const ask = (...args: readonly string[]): Promise<Ended> => cleat(...args, ...operator);
  const enrol = (token: string, dir: string): Promise<Ended> => {
    const ca = ['--ca', `localhost:${ports().bootstrap}`, '--mesh', `localhost:${ports().mesh}`];
    const proof = ['--evidence', token, '--dir', dir, '--once'];
    return cleat('credential', '--trust-domain', TRUST_DOMAIN, ...ca, ...proof);
  };
  const json = async (...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> => {
    const { code, out, err } = await ask(...args, '--json');
    expect(code, err).to.equal(0);
    return JSON.parse(out) as Readonly<Record<string, unknown>>;
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-admin-'));
    scenario = await startScenario('administrators-over-the-mesh', (configs) => ({
      ...configs,
      ca: { ...configs.ca, admins: [{ exact: OPERATOR }] },
    }));
    const dir = join(folder, 'operator');
    const token = join(folder, 'join-token');
    const made = await cleat('join-token', '--path', OPERATOR, '--out', token, '--control', layout().caControl);
    expect(made.code, made.err).to.equal(0);
    const enrolled = await enrol(token, dir);
    expect(enrolled.code, enrolled.err).to.equal(0);
    operator = ['--mesh', `localhost:${ports().mesh}`, '--dir', dir];
  });
  after(async () => {
    await scenario[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('A-140 refuses a workload with GRANT_ADMIN', async () => {
    const workload = ['--mesh', `localhost:${ports().mesh}`, '--dir', layout().credentials('agent-client')];
    for (const verb of ['certificates', 'sidecars', 'join-tokens', 'revocations', 'rotate status']) {
      const { code, out, err } = await cleat(...verb.split(' '), ...workload);
      expect([code, out], verb).to.deep.equal([1, '']);
      expect(err, verb).to.include('GRANT_ADMIN');
    }
    const { err } = await cleat('join-token', '--path', IDENTITY.payments, ...workload);
    expect(err).to.include('GRANT_ADMIN');
  });

  it('A-140 sells no name of an administrator who is not configured', async () => {
    const { code, err } = await ask('join-token', '--path', '/cleat/admin/somebody');
    expect([code, err.includes('GRANT_IDENTITY')], err).to.deep.equal([1, true]);
  });

  it('shows certificates, instances and what each runs on, the same as at the control socket', async () => {
    const spiffeId = `spiffe://${TRUST_DOMAIN}${IDENTITY.payments}`;
    const { certificates } = await json('certificates', '--spiffe-id', spiffeId);
    expect(certificates).to.be.an('array').with.length.greaterThan(0);
    const { sidecars } = await json('sidecars');
    const runsOn = (sidecars as readonly Readonly<Record<string, unknown>>[]).find(
      (row) => row['spiffeId'] === spiffeId,
    );
    expect(runsOn).to.include({ runsOn: 1 });
    const local = await cleat('lineages', '--spiffe-id', spiffeId, '--json', '--control', layout().caControl);
    expect(await json('lineages', '--spiffe-id', spiffeId)).to.deep.equal(JSON.parse(local.out));
    expect((await ask('lineages')).out).to.include(spiffeId);
    // The CA's own certificates are no instances of workloads.
    for (const verb of ['lineages', 'sidecars'])
      expect((await ask(verb)).out, verb).not.to.include(`spiffe://${TRUST_DOMAIN}/cleat/ca `);
  });

  it('says which form a filter has, and that there is none of what is asked for', async () => {
    for (const [filter, form] of [
      [['--serial', 'zz'], 'hex digits'],
      [['--spiffe-id', 'nonsense'], 'spiffe://TRUST-DOMAIN/PATH'],
    ] as const) {
      const { code, err } = await ask('certificates', ...filter);
      expect([code, err.includes('CONFIG_INVALID'), err.includes(form)], err).to.deep.equal([2, true, true]);
    }
    expect(await ask('certificates', '--serial', 'ab')).to.include({ code: 0, out: 'none\n' });
    expect(await json('certificates', '--serial', 'ab')).to.deep.equal({ certificates: [] });
  });

  it('makes, shows and withdraws a join token; the withdrawn one buys nothing', async () => {
    const { token } = await json('join-token', '--path', '/ns/shop/sa/late');
    const { joinTokens } = await json('join-tokens');
    const [row] = joinTokens as readonly { readonly id: string; readonly path: string }[];
    expect(row?.path).to.equal('/ns/shop/sa/late');
    expect((await ask('withdraw-join-token', '--id', row?.id ?? '')).code).to.equal(0);
    expect(await json('join-tokens')).to.deep.equal({ joinTokens: [] });
    const file = join(folder, 'withdrawn');
    await writeFile(file, String(token), { mode: 0o600 });
    const { code, err } = await enrol(file, join(folder, 'late'));
    expect([code, err.includes('ATTEST_JOIN_TOKEN')], err).to.deep.equal([1, true]);
  });

  it('revokes and lists, and steps through a rotation', async () => {
    const entry = await json('revoke', '--issuer', 'https://partner.example', '--jti', 'stolen', '--until', '1h');
    expect(entry).to.include({ kind: 'jti', value: 'stolen' });
    expect((await ask('revocations')).out).to.include('stolen');
    expect(await json('rotate', 'prepare')).to.include({ phase: 'prepared', bundleGeneration: 2 });
    expect(await json('rotate', 'rollback')).to.include({ bundleGeneration: 3 });
    const { code, err } = await ask('rotate', 'retire');
    expect([code, err.includes('no root is on its way out')], err).to.deep.equal([1, true]);
  });

  it('says what to do where the way to the CA is half given', async () => {
    for (const args of [['--dir', folder], operator.slice(0, 2), [...operator, '--control', layout().caControl]]) {
      const { code, err } = await cleat('sidecars', ...args);
      expect(code, err).to.equal(2);
      expect(err).to.match(/--mesh and --dir/);
    }
  });
});
