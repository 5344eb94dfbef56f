/** A client that writes the sidecar's own words. */
import type { Step } from '../step.ts';
import { outcomeOf } from './refused.ts';

const FORGED = 'spiffe://demo.cleat/admin';

/** Names under which apps look for an identity, as an attacker would write them. */
const FORGERY: Readonly<Record<string, string>> = {
  'Cleat-Caller': FORGED,
  'CLEAT-BINDING': FORGED,
  'cleat-claims': FORGED,
  'x-forwarded-client-cert': `By=${FORGED};URI=${FORGED}`,
  'Client-Cert': FORGED,
  'SSL-Client-S-DN': FORGED,
  'X-ARR-ClientCert': FORGED,
  'l5d-client-id': FORGED,
};

export const forgedHeader: Step = {
  id: 'forged-identity-header-stripped',
  tried: 'agent claims to be admin, in eight identity headers',
  expected: '200',
  async play(stage) {
    const agent = await stage.client('agent-client');
    const token = await stage.token(agent, { audience: 'payments', scopes: ['payments.write'] });
    const before = await stage.appSeen();
    const reply = await stage.visit({ identity: agent, token, method: 'POST', headers: FORGERY });
    const { count, last } = await stage.appSeen();
    const arrived = pairsOf(last?.rawHeaders ?? []);
    const callers = arrived.filter(([name]) => name.toLowerCase() === 'cleat-caller').map(([, value]) => value);
    const forged = arrived.filter(([, value]) => value.includes(FORGED)).map(([name]) => name);
    const secret = arrived.filter(([name]) => name.toLowerCase() === 'authorization').length;
    return {
      observed: outcomeOf(reply),
      holds:
        count - before.count === 1 &&
        callers.length === 1 &&
        callers[0] === agent.id.uri &&
        forged.length + secret === 0,
      reason: `the app saw Cleat-Caller: ${callers.join(' and ')}`,
      detail: {
        sent: Object.keys(FORGERY),
        forgedArrived: forged,
        callerAtApp: callers,
        namesAtApp: arrived.map(([name]) => name),
      },
    };
  },
};

function pairsOf(raw: readonly string[]): readonly (readonly [string, string])[] {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ''] as const] : []));
}
