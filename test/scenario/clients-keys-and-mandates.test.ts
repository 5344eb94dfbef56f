/** A client, an API key and a mandate, from the command that makes each to the one that ends it; no secret stays behind. */
import { globSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { IDENTITY, TRUST_DOMAIN } from '../../cli/up/configs.ts';
import { feedBundle, runBundle, type Ended } from '../kit/bundle.ts';
import { type ScenarioMesh, startScenario } from '../kit/scenario-mesh.ts';

type Row = Readonly<Record<string, unknown>>;

const OPERATOR = '/cleat/admin/operator';
const AGENT = ['--from', IDENTITY.agent];
const RIGHTS = ['--audience', 'payments', '--scope', 'payments.read', '--scope', 'payments.write'];

describe('clients, keys and mandates', function () {
  this.timeout(60_000);
  let scenario: ScenarioMesh;
  let folder: string;
  let operator: readonly string[];
  const secrets: string[] = [];

  const layout = () => scenario.mesh.layout;
  const cleat = (...args: readonly string[]): Promise<Ended> => runBundle('cleat.cjs', args);
  const local = (...args: readonly string[]): Promise<Ended> => cleat(...args, '--control', layout().caControl);
  const done = async (run: Promise<Ended>): Promise<Ended> => {
    const ended = await run;
    expect(ended.code, ended.err).to.equal(0);
    return ended;
  };
  const json = async (...args: readonly string[]): Promise<Row> =>
    JSON.parse((await done(local(...args, '--json'))).out) as Row;
  const rowsOf = (answer: Row, name: string): readonly Row[] => answer[name] as readonly Row[];
  /** What is listed over the mesh is what is listed beside the CA. */
  const alike = async (...verb: readonly string[]): Promise<void> => {
    const { out } = await done(cleat(...verb, '--json', ...operator));
    expect(JSON.parse(out)).to.deep.equal(await json(...verb));
  };
  const revoked = async (): Promise<readonly unknown[]> =>
    rowsOf(await json('revocations'), 'entries').map(({ kind, value }) => `${String(kind)} ${String(value)}`);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-clients-'));
    scenario = await startScenario('clients-keys-and-mandates', (configs) => ({
      ...configs,
      ca: { ...configs.ca, admins: [{ exact: OPERATOR }] },
    }));
    const { bootstrap, mesh } = layout().ports;
    const [dir, token] = [join(folder, 'operator'), join(folder, 'join-token')];
    await done(local('join-token', '--path', OPERATOR, '--out', token));
    const ca = ['--ca', `localhost:${bootstrap}`, '--mesh', `localhost:${mesh}`, '--trust-domain', TRUST_DOMAIN];
    await done(cleat('credential', ...ca, '--evidence', token, '--dir', dir, '--once'));
    operator = ['--mesh', `localhost:${mesh}`, '--dir', dir];
  });
  after(async () => {
    await scenario[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('registers a client over the mesh and shows its secret once, alone on standard output', async () => {
    const methods = ['--method', 'secret', '--method', 'api_key'];
    const { out, err } = await done(cleat('client', 'create', 'billing', ...methods, ...AGENT, ...RIGHTS, ...operator));
    expect(out).to.match(/^cls_[\w-]{43}\n$/);
    expect(err).to.include('billing').and.not.to.include(out.trim());
    secrets.push(out.trim());
    const again = await local('client', 'create', 'billing', ...methods, ...AGENT, ...RIGHTS);
    expect([again.code, again.err.includes('CONFIG_INVALID')], again.err).to.deep.equal([2, true]);
  });

  it('rotates the secret into a file that only its owner reads, and shows how long the old one is good', async () => {
    const file = join(folder, 'secret');
    const { out } = await done(local('client', 'rotate', 'billing', '--overlap', '1h', '--out', file));
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    const secret = readFileSync(file, 'utf8').trim();
    expect(secret)
      .to.match(/^cls_[\w-]{43}$/)
      .and.not.to.equal(secrets[0]);
    expect(out).not.to.include(secret);
    secrets.push(secret);
    const shown = (await done(local('client', 'show', 'billing'))).out;
    expect(shown.match(/^secret, (?:until|no end)/gm)).to.deep.equal(['secret, until', 'secret, no end']);
    await alike('client', 'list');
  });

  it('A-623 makes an API key, and revokes it from standard input once it has leaked', async () => {
    const { out } = await done(local('key', 'create', '--client', 'billing', '--owner', 'team billing', '--ttl', '1d'));
    expect(out).to.match(/^clt_prod_[\w-]{49}\n$/);
    const key = out.trim();
    secrets.push(key);
    const listed = (await done(local('key', 'list', '--client', 'billing'))).out;
    expect(listed).to.include('team billing').and.to.include('never used');
    const typed = await local('key', 'revoke', key);
    expect([typed.code, typed.err.includes(key)], typed.err).to.deep.equal([2, false]);
    const control = ['--control', layout().caControl];
    const stranger = await feedBundle('cleat.cjs', ['key', 'revoke', ...control], `${key.slice(0, -1)}!\n`);
    expect([stranger.code, stranger.err.includes('GRANT_UNKNOWN')], stranger.err).to.deep.equal([1, true]);
    const { out: over } = await done(feedBundle('cleat.cjs', ['key', 'revoke', ...control], `${key}\n`));
    expect(over).to.include('REVOKED').and.not.to.include(key);
    const [row] = rowsOf(await json('key', 'list'), 'apiKeys');
    await alike('key', 'list');
    expect(await revoked()).to.deep.equal([`origin key:${String(row?.['id'])}`]);
  });

  it('A-623 lets no workload administer keys, whatever key it holds: GRANT_ADMIN', async () => {
    const workload = ['--mesh', `localhost:${layout().ports.mesh}`, '--dir', layout().credentials('agent-client')];
    const order = ['--client', 'billing', '--owner', 'team'];
    for (const verb of [
      ['key', 'create', ...order],
      ['key', 'list'],
      ['client', 'list'],
      ['mandate', 'list'],
    ]) {
      const { code, out, err } = await cleat(...verb, ...workload);
      expect([code, out, err.includes('GRANT_ADMIN')], err).to.deep.equal([1, '', true]);
    }
  });

  it('gives a mandate and ends it', async () => {
    const order = ['--for', '30m', '--to', IDENTITY.agent, '--audience', 'payments', '--scope', 'refunds.write'];
    const made = await cleat('mandate', 'create', ...order, '--purpose', 'ticket 4711', '--json', ...operator);
    const { id } = (
      JSON.parse((await done(Promise.resolve(made))).out) as { readonly mandate: { readonly id: string } }
    ).mandate;
    expect((await done(local('mandate', 'list'))).out)
      .to.include(id)
      .and.to.include('ticket 4711');
    await alike('mandate', 'list');
    await done(local('mandate', 'end', id));
    expect((await done(local('mandate', 'list'))).out).to.equal('none\n');
    expect(await revoked()).to.include(`origin mandate:${id}`);
  });

  it('disables a client: every sidecar hears that its tokens are over', async () => {
    await done(local('client', 'disable', 'billing'));
    const refused = await local('key', 'create', '--client', 'billing', '--owner', 'team');
    expect([refused.code, refused.err.includes('GRANT_UNKNOWN')], refused.err).to.deep.equal([1, true]);
    expect(await revoked()).to.include('origin client:billing');
    for (;;) {
      const { revocations } = await json('status');
      const { generation, sidecars } = revocations as { readonly generation: number; readonly sidecars: Row };
      if (Number(sidecars[String(generation)] ?? 0) >= 2) break;
    }
  });

  it('leaves no secret in any file of the CA, of a sidecar or of a log', () => {
    expect(secrets).to.have.length(3);
    const files = [layout().folder, layout().logs].flatMap((cwd) =>
      globSync('**/*', { cwd, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name)),
    );
    expect(files.some((file) => file.endsWith('journal.sqlite'))).to.equal(true);
    for (const file of files) {
      const bytes = readFileSync(file);
      for (const secret of secrets) expect(bytes.includes(secret.slice(-40)), file).to.equal(false);
    }
    const audit = readFileSync(join(layout().caData, 'audit.jsonl'), 'utf8');
    for (const kind of ['client-created', 'client-rotated', 'api-key-revoked', 'mandate-ended', 'client-disabled'])
      expect(audit).to.include(`"${kind}"`);
  });
});
