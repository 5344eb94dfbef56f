/** What goes wrong around a running pod, and what its callers notice of it: nothing, or one refusal with its reason. */
import { rename, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { once } from 'node:events';

import { expect } from 'chai';
import { stringify } from 'yaml';

import { paymentsPolicy } from '../../cli/up/configs.ts';
import { ask } from '../../cli/up/loopback.ts';
import { outcomeOf } from '../../cli/up/steps/refused.ts';
import { until } from '../../cli/up/until.ts';
import { type ScenarioMesh, startScenario } from '../kit/scenario-mesh.ts';

const GARBAGE = ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n', '\0'.repeat(5000)];
/** The beginning of a ClientHello: whoever sends no more is waited for until the handshake times out. */
const UNFINISHED = '\u0016\u0003\u0001\u0000';

describe('a running mesh', function () {
  this.timeout(60_000);
  let scenario: ScenarioMesh;

  before(async () => {
    scenario = await startScenario('pods-outlive-trouble');
  });
  after(async () => {
    await scenario[Symbol.asyncDispose]();
  });

  const read = async (): Promise<string> => {
    const { stage } = scenario;
    const identity = await stage.client('agent-client');
    const token = await stage.token(identity, { audience: 'payments', scopes: ['payments.read'] });
    return outcomeOf(await stage.visit({ identity, token }));
  };
  const metric = async (line: RegExp): Promise<boolean> => {
    const { body } = await ask({ port: scenario.mesh.layout.ports.paymentsAdmin }, 'GET /metrics');
    return line.test(body);
  };
  /** As an editor or a ConfigMap would: a new file in the place of the old one. */
  const writePolicy = async (text: string): Promise<void> => {
    const { policy } = scenario.mesh.layout;
    await writeFile(`${policy}.new`, text);
    await rename(`${policy}.new`, policy);
  };

  it('A-002 A-078 serves others while strangers send garbage to the mTLS port', async () => {
    for (const bytes of GARBAGE) {
      const socket = connect(scenario.mesh.layout.ports.payments, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.end(bytes);
      await once(socket, 'close');
    }
    const silent = connect(scenario.mesh.layout.ports.payments, '127.0.0.1');
    await once(silent, 'connect');
    silent.write(UNFINISHED);
    expect(await read()).to.equal('200');
    silent.destroy();
  });

  it('A-455 keeps the last good policy when the file breaks, and adopts the next good one', async () => {
    const refused = /cleat_\w*reload\w*\{[^}]*result="refused"[^}]*\} [1-9]|policy\w*\{[^}]*refused[^}]*\} [1-9]/;
    await writePolicy('rules: [{id: a, peers: 7, no-such-key: 1}]\n');
    await until('the broken policy is counted', async () => ((await metric(refused)) ? true : undefined));
    expect(await read()).to.equal('200');
    await writePolicy('rules: [{id: nobody, peers: [{any: true}], deny: true}]\n');
    await until('the policy that denies all refuses', async () => ((await read()) === '403' ? true : undefined));
    await writePolicy(stringify(paymentsPolicy()));
    await until('the first policy admits again', async () => ((await read()) === '200' ? true : undefined));
  });

  it('A-501 goes on serving while the CA is gone', async () => {
    const { stage, mesh } = scenario;
    const identity = await stage.client('agent-client');
    const token = await stage.token(identity, { audience: 'payments', scopes: ['payments.read'] });
    scenario.kill(mesh.ca.pid);
    await until('nobody answers for the CA', async () =>
      (await ask({ port: mesh.layout.ports.caAdmin }, 'GET /readyz').catch(() => undefined)) === undefined
        ? true
        : undefined,
    );
    expect(outcomeOf(await stage.visit({ identity, token }))).to.equal('200');
    const egress = JSON.parse((await ask({ port: mesh.layout.ports.agentApp }, 'POST /call')).body) as {
      status: number;
    };
    expect(egress.status).to.equal(200);
  });
});
