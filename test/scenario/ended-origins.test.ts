/** A token outlives neither the client, nor the API key, nor the mandate that it came from: the sidecar hears of it. */
import { request } from 'node:https';
import { text } from 'node:stream/consumers';

import { expect } from 'chai';

import type { ClientIdentity } from '../../cli/client-identity.ts';
import { IDENTITY } from '../../cli/up/configs.ts';
import { until } from '../../cli/up/until.ts';
import { clientContextOptions } from '../../runtime/tls-options.ts';
import { runBundle } from '../kit/bundle.ts';
import { type ScenarioMesh, startScenario } from '../kit/scenario-mesh.ts';

interface TokenAnswer {
  readonly status: number;
  readonly error?: string;
  readonly access_token?: string;
}

const RIGHTS = ['--audience', 'payments', '--scope', 'payments.read'];

describe('tokens whose origin ends', function () {
  this.timeout(60_000);
  let scenario: ScenarioMesh;
  let agent: ClientIdentity;

  const stage = () => scenario.stage;
  const cleat = async (...args: readonly string[]): Promise<string> => {
    const ended = await runBundle('cleat.cjs', [...args, '--control', stage().layout.caControl]);
    expect(ended.code, ended.err).to.equal(0);
    return ended.out.trim();
  };

  /** Asks the token endpoint, with the certificate of the agent. */
  function login(fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) {
    const { promise, resolve, reject } = Promise.withResolvers<TokenAnswer>();
    const options = {
      host: 'localhost',
      port: stage().layout.ports.https,
      path: '/token',
      method: 'POST',
      agent: false,
    };
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const sent = request({ ...clientContextOptions(agent), ...options, headers: { ...type, ...headers } }, (answer) => {
      text(answer).then((body) => resolve({ status: answer.statusCode ?? 0, ...(JSON.parse(body) as object) }), reject);
    });
    sent.on('error', reject);
    sent.end(new URLSearchParams({ grant_type: 'client_credentials', audience: 'payments', ...fields }).toString());
    return promise;
  }

  async function tokenOf(fields: Readonly<Record<string, string>>, headers?: Readonly<Record<string, string>>) {
    const { status, access_token: token, error } = await login(fields, headers);
    expect(status, error).to.equal(200);
    return token ?? '';
  }

  const visit = async (token: string): Promise<number> => {
    const reply = await stage().visit({ identity: agent, token });
    return reply.kind === 'answered' ? reply.status : 0;
  };

  /** The sidecar admits it, then what it came from ends, then it does not; `over` ends it. */
  async function dies(token: string, over: () => Promise<string>): Promise<void> {
    expect(await visit(token)).to.equal(200);
    await over();
    await until('the token is refused', async () => ((await visit(token)) === 401 ? true : undefined));
    expect((await stage().why())[0]).to.have.property('code', 'TOKEN_REVOKED');
  }

  before(async () => {
    const rule = { for: { client: 'billing' }, audience: 'payments', scopes: ['payments.read'] };
    scenario = await startScenario('ended-origins', (configs) => {
      const { tokens } = configs.ca as { readonly tokens: { readonly rules: readonly object[] } };
      return { ...configs, ca: { ...configs.ca, tokens: { ...tokens, rules: [...tokens.rules, rule] } } };
    });
    agent = await stage().client('agent-client');
  });
  after(async () => {
    await scenario[Symbol.asyncDispose]();
  });

  it('die with a mandate, which gives what no rule does', async () => {
    const wish = { audience: 'payments', scopes: ['payments.read', 'refunds.write'] };
    const refused = await stage()
      .token(agent, wish)
      .catch((thrown: unknown) => String(thrown));
    expect(refused).not.to.match(/^ey/);
    const order = [
      '--for',
      '30m',
      '--to',
      IDENTITY.agent,
      '--purpose',
      'ticket 4711',
      ...RIGHTS,
      '--scope',
      'refunds.write',
    ];
    const { mandate } = JSON.parse(await cleat('mandate', 'create', ...order, '--json')) as {
      readonly mandate: { readonly id: string };
    };
    await dies(await stage().token(agent, wish), () => cleat('mandate', 'end', mandate.id));
  });

  it('die with an API key, and with the client whose secret bought them; neither buys another', async () => {
    const methods = ['--method', 'secret', '--method', 'api_key'];
    const secret = await cleat('client', 'create', 'billing', ...methods, '--from', IDENTITY.agent, ...RIGHTS);
    const key = await cleat('key', 'create', '--client', 'billing', '--owner', 'team');
    const { apiKeys } = JSON.parse(await cleat('key', 'list', '--json')) as {
      readonly apiKeys: readonly { readonly id: string }[];
    };
    await dies(await tokenOf({}, { 'x-api-key': key }), () => cleat('key', 'revoke', apiKeys[0]?.id ?? ''));
    expect(await login({}, { 'x-api-key': key })).to.include({ status: 401, error: 'invalid_client' });
    const bySecret = await tokenOf({ client_id: 'billing', client_secret: secret });
    await dies(bySecret, () => cleat('client', 'disable', 'billing'));
    expect(await login({ client_id: 'billing', client_secret: secret })).to.include({
      status: 401,
      error: 'invalid_client',
    });
  });
});
