/** Steps about who is on the connection. */
import type { Step } from '../step.ts';
import { issueForeign } from './foreign.ts';
import { playRefused } from './refused.ts';

const WRITE = { audience: 'payments', scopes: ['payments.write'] } as const;

export const noClientCertificate: Step = {
  id: 'no-client-certificate-refused',
  tried: "agent's token without a client certificate",
  expected: 'TLS PEER_NO_CERTIFICATE',
  async play(stage) {
    const agent = await stage.client('agent-client');
    const token = await stage.token(agent, WRITE);
    return playRefused(stage, {
      refused: { identity: { roots: agent.roots }, token, method: 'POST' },
      twin: { identity: agent, token, method: 'POST' },
      twinIs: 'the same request with the certificate',
    });
  },
};

export const foreignCa: Step = {
  id: 'foreign-ca-refused',
  tried: "a certificate with agent's name from another CA",
  expected: 'TLS PEER_UNTRUSTED',
  async play(stage) {
    const agent = await stage.client('agent-client');
    const token = await stage.token(agent, WRITE);
    return playRefused(stage, {
      refused: { identity: { ...issueForeign(agent.id, stage.clock), roots: agent.roots }, token, method: 'POST' },
      twin: { identity: agent, token, method: 'POST' },
      twinIs: 'the same name, issued by the CA of the mesh',
    });
  },
};
