/** A stolen token at a real sidecar: refused, an alarm that names whose it was and who showed it, a line in an audit stream that can be
 *  checked; and what an admitted request leaves there. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import type { ClientIdentity } from '../../cli/client-identity.ts';
import type { MeshConfigs } from '../../cli/up/configs.ts';
import { until } from '../../cli/up/until.ts';
import { runBundle } from '../kit/bundle.ts';
import { type ScenarioMesh, startScenario } from '../kit/scenario-mesh.ts';

type Line = Readonly<Record<string, unknown>>;

describe('a token in other hands', function () {
  this.timeout(60_000);
  let folder: string;
  let scenario: ScenarioMesh;
  let agent: ClientIdentity;
  let reports: ClientIdentity;
  let token: string;
  const said: Line[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-audit-'));
    scenario = await startScenario('a-token-in-other-hands', (configs) => withAudit(configs, folder));
    scenario.mesh.sidecars.payments.onLine((line) => said.push(JSON.parse(line) as Line));
    agent = await scenario.stage.client('agent-client');
    reports = await scenario.stage.client('reports');
    token = await scenario.stage.token(agent, { audience: 'payments', scopes: ['payments.read'] });
  });
  after(async () => {
    await scenario[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const audited = async (): Promise<readonly Line[]> =>
    (await readFile(join(folder, 'audit.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);

  it('A-424 is refused, and the alarm names the token of the one and the certificate of the other', async () => {
    expect((await scenario.stage.visit({ identity: reports, token })).kind).to.equal('answered');
    const isAlarm = (line: Line): boolean => line['msg'] === 'a token is shown by somebody else';
    const alarm = await until('the alarm', async () => said.find(isAlarm), scenario.mesh.ending);
    expect(alarm).to.include({
      code: 'BINDING_MISMATCH',
      token: jtiOf(token),
      subject: agent.id.uri,
      presenter: reports.id.uri,
      serial: reports.leaf.serial,
    });
    expect(JSON.stringify(said)).to.not.include(token.split('.')[2]);
  });

  it('is in the audit stream, beside what was admitted, and the chain holds', async () => {
    const reply = await scenario.stage.visit({ identity: agent, token });
    expect(reply.kind === 'answered' && reply.status).to.equal(200);
    const lines = await audited();
    const decisions = lines.filter(({ kind }) => kind === 'request');
    expect(decisions.at(-1)?.['facts']).to.include({
      decision: 'admitted',
      rule: 'shop-reads',
      proofs: 'x5t#S256',
      serial: agent.leaf.serial,
    });
    expect(lines.find(({ kind }) => kind === 'stolen-token')?.['facts']).to.include({
      token: jtiOf(token),
      presenter: reports.id.uri,
    });
    const checked = await runBundle('cleat.cjs', ['audit', 'verify', join(folder, 'audit.jsonl')]);
    expect(checked.code, checked.err).to.equal(0);
  });

  it('is found where a line was changed', async () => {
    const text = await readFile(join(folder, 'audit.jsonl'), 'utf8');
    const forged = join(folder, 'forged.jsonl');
    await writeFile(forged, text.replace('"BINDING_MISMATCH"', '"BINDING_ACTOR"'));
    expect((await runBundle('cleat.cjs', ['audit', 'verify', forged])).code).to.equal(1);
  });
});

function withAudit(configs: MeshConfigs, folder: string): MeshConfigs {
  return { ...configs, payments: { ...configs.payments, audit: { file: join(folder, 'audit.jsonl') } } };
}

function jtiOf(token: string): unknown {
  return (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Line)['jti'];
}
