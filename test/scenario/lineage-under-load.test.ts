/** Tokens that outlive one to three renewals, under load: none is refused. With lineage off, all of them are. */
import { once } from 'node:events';
import { connect } from 'node:tls';

import { expect } from 'chai';

import { IDENTITY, type MeshConfigs } from '../../cli/up/configs.ts';
import { ask } from '../../cli/up/loopback.ts';
import { until } from '../../cli/up/until.ts';
import { visitPayments } from '../../cli/up/visit.ts';
import { clientContextOptions } from '../../runtime/tls-options.ts';
import { type RawGeneration, type RawInstance, startRawInstance } from '../kit/raw-instance.ts';
import { type ScenarioMesh, startScenario } from '../kit/scenario-mesh.ts';

const ROTATIONS = 100;
/** A certificate lists so many predecessors. */
const CARRIED = 3;
const REQUEST = { audience: 'payments', scopes: ['payments.read'], ttl: undefined };

interface Load {
  readonly sent: number;
  readonly answered: number;
}

/** What calls on new connections came to: with tokens of earlier generations, and with the connection's own. */
interface Tally {
  readonly old: string[];
  readonly own: string[];
}

describe('lineage under load', function () {
  this.timeout(60_000);

  /** The token of `generation` on a connection of its own that shows `shown`. */
  async function call({ mesh }: ScenarioMesh, shown: RawGeneration, { token }: RawGeneration): Promise<string> {
    const reply = await visitPayments(mesh.layout, { identity: shown.identity, token });
    return reply.kind === 'answered' ? String(reply.status) : reply.problem;
  }

  /** Renews the instance and the sidecar of agent again and again; after each renewal shows the new certificate with the
   *  token of every generation that it lists. */
  async function rotate(scenario: ScenarioMesh, instance: RawInstance, times: number): Promise<Tally> {
    const tally: Tally = { old: [], own: [] };
    const generations = [instance.current()];
    for (let count = 0; count < times; count += 1) {
      const [next] = await Promise.all([instance.renew(), scenario.stage.renew('agent')]);
      tally.old.push(...(await Promise.all(generations.map((earlier) => call(scenario, next, earlier)))));
      tally.own.push(await call(scenario, next, next));
      generations.unshift(next);
      generations.splice(CARRIED);
    }
    return tally;
  }

  const metricsOf = async ({ mesh }: ScenarioMesh): Promise<string> =>
    (await ask({ port: mesh.layout.ports.paymentsAdmin }, 'GET /metrics')).body;

  describe('as it is by default', () => {
    let scenario: ScenarioMesh;
    let instance: RawInstance;
    let oldest: RawGeneration;
    before(async () => {
      scenario = await startScenario('lineage-under-load');
      instance = await startRawInstance(scenario.mesh.layout, IDENTITY.agent, REQUEST);
      oldest = instance.current();
    });
    after(async () => {
      instance[Symbol.dispose]();
      await scenario[Symbol.asyncDispose]();
    });

    it(`A-445 refuses no call in ${ROTATIONS} rotations, neither with tokens of 1 to 3 renewals ago nor by egress`, async () => {
      const app = { port: scenario.mesh.layout.ports.agentApp };
      using records = scenario.stage.records('payments');
      await ask(app, 'POST /load/begin');
      const tally = await rotate(scenario, instance, ROTATIONS);
      const load = JSON.parse((await ask(app, 'POST /load/stop')).body) as Load;
      expect(tally.old.filter((result) => result !== '200')).to.deep.equal([]);
      expect(tally.own.filter((result) => result !== '200')).to.deep.equal([]);
      expect(tally.old).to.have.lengthOf(1 + 2 + CARRIED * (ROTATIONS - 2));
      expect(load.sent).to.be.above(ROTATIONS);
      expect(load).to.include({ answered: load.sent, failed: 0 });
      await until('the records of all calls', () =>
        Promise.resolve(records.all.length >= tally.old.length + tally.own.length + load.answered ? true : undefined),
      );
      const byLineage = records.all.filter(({ binding }) => binding === 'lineage');
      expect(byLineage).to.have.lengthOf(tally.old.length);
      const byEgress = records.all.filter(({ rule }) => rule === 'agent-pays');
      expect(byEgress).to.have.lengthOf(load.sent);
      expect(new Set(byEgress.map(({ sequence }) => sequence)).size, 'generations that carried calls').to.be.above(20);
      expect(records.all.filter(({ decision }) => decision !== 'admitted')).to.deep.equal([]);
      expect(await metricsOf(scenario))
        .to.include(`cleat_binding_total{method="lineage",result="admitted"} ${tally.old.length}\n`)
        .and.to.not.match(/cleat_binding_total\{.*BINDING_/);
    });

    it('A-445 tells a raw client that shows the newest token on its oldest connection to connect again', async () => {
      const { token } = instance.current();
      const options = { ...clientContextOptions(oldest.identity), checkServerIdentity: () => undefined };
      const socket = connect({ ...options, host: 'localhost', port: scenario.mesh.layout.ports.payments });
      await once(socket, 'secureConnect');
      socket.write(`GET /payments HTTP/1.1\r\nHost: payments\r\nAuthorization: Bearer ${token}\r\n\r\n`);
      let text = '';
      for await (const bytes of socket) text += String(bytes);
      expect(text).to.match(/^HTTP\/1\.1 401 /);
      expect(text).to.include('error="invalid_token", error_description="token newer than connection"');
      expect((await scenario.stage.why())[0]).to.have.property('code', 'BINDING_NEWER');
    });
  });

  describe('where the issuer is exact only', () => {
    it('refuses every token of an earlier generation, and only those: BINDING_MISMATCH', async () => {
      await using scenario = await startScenario('lineage-off', exactOnly);
      using instance = await startRawInstance(scenario.mesh.layout, IDENTITY.agent, REQUEST);
      using records = scenario.stage.records('payments');
      const tally = await rotate(scenario, instance, 10);
      expect(tally.own.filter((result) => result !== '200')).to.deep.equal([]);
      expect(new Set(tally.old)).to.deep.equal(new Set(['401']));
      await until('the records of all calls', () =>
        Promise.resolve(records.all.length >= tally.old.length + tally.own.length ? true : undefined),
      );
      const refused = records.all.filter(({ decision }) => decision === 'refused');
      expect(refused).to.have.lengthOf(tally.old.length).and.to.have.lengthOf.above(0);
      expect(new Set(refused.map(({ code }) => code))).to.deep.equal(new Set(['BINDING_MISMATCH']));
    });
  });
});

function exactOnly(configs: MeshConfigs): MeshConfigs {
  const { issuers } = configs.payments as { readonly issuers: readonly object[] };
  return { ...configs, payments: { ...configs.payments, issuers: issuers.map((one) => ({ ...one, lineage: false })) } };
}
