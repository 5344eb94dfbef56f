/** What the CA answers to renewals over the wire, and what a fork does to the tokens of a lineage. */
import { expect } from 'chai';

import { IDENTITY } from '../../cli/up/configs.ts';
import { ask } from '../../cli/up/loopback.ts';
import { until } from '../../cli/up/until.ts';
import { visitPayments } from '../../cli/up/visit.ts';
import { demand } from '../../core/fault/fault.ts';
import type { Outcome } from '../../core/fault/refusal.ts';
import type { IssuedCertificate } from '../../runtime/grpc/messages.ts';
import { type RawGeneration, type RawInstance, startRawInstance } from '../kit/raw-instance.ts';
import { type ScenarioMesh, startScenario } from '../kit/scenario-mesh.ts';
import { testKey } from '../kit/x509.ts';

const REQUEST = { audience: 'payments', scopes: ['payments.read'], ttl: undefined };

describe('the lineage of one instance', function () {
  this.timeout(60_000);
  let scenario: ScenarioMesh;
  before(async () => {
    scenario = await startScenario('lineage-of-one-instance');
  });
  after(async () => {
    await scenario[Symbol.asyncDispose]();
  });

  const start = (path: string = IDENTITY.agent): Promise<RawInstance> =>
    startRawInstance(scenario.mesh.layout, path, REQUEST);
  const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'ok' : outcome.refusal.code);
  const leafOf = (outcome: Outcome<IssuedCertificate>): string => demand(outcome).chain[0]?.toString('hex') ?? '';
  const forks = async (): Promise<number> => {
    const { body } = await ask({ port: scenario.mesh.layout.ports.caAdmin }, 'GET /metrics');
    return Number(/^cleat_ca_lineage_forks_total (\d+)$/m.exec(body)?.[1]);
  };
  /** The token of `generation` on a new connection that shows `shown`. */
  async function call(shown: RawGeneration, { token }: RawGeneration): Promise<number> {
    const reply = await visitPayments(scenario.mesh.layout, { identity: shown.identity, token });
    return reply.kind === 'answered' ? reply.status : 0;
  }

  it('A-110 refuses the old key, and A-109 the key of another instance: GRANT_KEY_REUSE, and no fork', async () => {
    using one = await start();
    using two = await start(IDENTITY.reports);
    expect(codeOf(await one.ask(one.current().identity.key))).to.equal('GRANT_KEY_REUSE');
    expect(codeOf(await one.ask(two.current().identity.key))).to.equal('GRANT_KEY_REUSE');
    expect((await one.renew()).identity.leaf.lineage?.sequence).to.equal(1);
    expect(await forks()).to.equal(0);
  });

  it('A-138 answers the same new key again with the same certificate: a lost reply is no fork', async () => {
    using one = await start();
    const key = testKey();
    const lost = leafOf(await one.ask(key));
    expect(leafOf(await one.ask(key))).to.equal(lost);
    const { identity } = await one.renew(key);
    expect(identity.leaf.der.toString('hex')).to.equal(lost);
    expect((await one.renew()).identity.leaf.lineage?.sequence).to.equal(2);
    expect(await forks()).to.equal(0);
  });

  it('A-113 gives ten equal renewals at once one certificate', async () => {
    using one = await start();
    const key = testKey();
    const answers = await Promise.all(Array.from({ length: 10 }, () => one.ask(key)));
    expect(new Set(answers.map(leafOf)).size).to.equal(1);
    expect(await forks()).to.equal(0);
  });

  it('A-118 gives a leaf its own identity again, whoever renews it', async () => {
    using one = await start(IDENTITY.reports);
    const { spiffeId, lineageSequence } = demand(await one.ask(testKey()));
    expect(spiffeId)
      .to.equal(one.current().identity.id.uri)
      .and.to.match(/\/ns\/shop\/sa\/reports$/);
    expect(lineageSequence).to.equal(1);
  });

  it('A-444 starts a new lineage at a new attestation: the old token is refused there', async () => {
    using one = await start();
    using again = await start();
    expect(again.current().identity.leaf.lineage).to.deep.include({ sequence: 0, predecessors: [] });
    expect(await call(again.current(), one.current())).to.equal(401);
    expect((await scenario.stage.why())[0]).to.have.property('code', 'BINDING_MISMATCH');
  });

  it('A-138 freezes a lineage that several keys renew: one alarm a fork, no renewal, and other lineages go on', async () => {
    using errors = linesOfCa();
    using forked = await start();
    using other = await start();
    const before = await forks();
    const answers = await Promise.all([testKey(), testKey(), testKey()].map((key) => forked.ask(key)));
    expect(answers.map(codeOf).toSorted()).to.deep.equal(['GRANT_FORK', 'GRANT_LINEAGE', 'ok']);
    expect(codeOf(await forked.ask(testKey()))).to.equal('GRANT_LINEAGE');
    expect(await forks()).to.equal(before + 1);
    expect(errors.all.filter((line) => line.includes('GRANT_FORK'))).to.have.lengthOf(1);
    const first = other.current();
    expect(await call(await other.renew(), first)).to.equal(200);
  });

  it('A-443 stops to accept the tokens of a frozen lineage by lineage, within seconds and on every sidecar', async () => {
    using one = await start();
    const first = one.current();
    const second = await one.renew();
    const third = await one.renew();
    expect(await call(third, second)).to.equal(200);
    expect(codeOf(await one.ask(testKey()))).to.equal('ok');
    expect(codeOf(await one.ask(testKey()))).to.equal('GRANT_FORK');
    await until('the sidecar heard of it', async () => ((await call(third, second)) === 401 ? true : undefined));
    expect((await scenario.stage.why())[0]).to.have.property('code', 'BINDING_MISMATCH');
    expect(await call(third, third), 'exact goes on').to.equal(200);
    expect(await call(first, first), 'exact goes on').to.equal(200);
  });

  function linesOfCa(): { readonly all: readonly string[] } & Disposable {
    const all: string[] = [];
    const listening = scenario.mesh.ca.onLine((line) => {
      if (line.includes('"level":"error"')) all.push(line);
    });
    return { all, [Symbol.dispose]: () => listening[Symbol.dispose]() };
  }
});
