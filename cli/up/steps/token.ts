/** Steps about the token and what it is bound to. */
import type { Stage } from '../stage.ts';
import type { Observation, Step } from '../step.ts';
import { SKEW_SECONDS } from '../configs.ts';
import { pause } from '../until.ts';
import { outcomeOf, playRefused } from './refused.ts';

const READ = { audience: 'payments', scopes: ['payments.read'] } as const;
const WRITE = { audience: 'payments', scopes: ['payments.write'] } as const;

export const boundToken: Step = {
  id: 'bound-token-admitted',
  tried: 'agent calls with a token bound to its certificate',
  expected: '200',
  async play(stage) {
    const agent = await stage.client('agent-client');
    const before = await stage.appSeen();
    const reply = await stage.visit({ identity: agent, token: await stage.token(agent, WRITE), method: 'POST' });
    const arrived = (await stage.appSeen()).count - before.count;
    const body = reply.kind === 'answered' && reply.status === 200 ? (JSON.parse(reply.body) as AppAnswer) : undefined;
    return {
      observed: outcomeOf(reply),
      holds: arrived === 1 && body?.caller === agent.id.uri && body.binding === 'x5t#S256',
      reason: `binding ${body?.binding ?? 'none'}, caller ${body?.caller ?? 'unknown'}`,
      detail: { caller: body?.caller, binding: body?.binding, arrivedAtApp: arrived },
    };
  },
};

interface AppAnswer {
  readonly caller?: string;
  readonly binding?: string;
}

export const stolenToken: Step = {
  id: 'stolen-token-refused',
  tried: "reports shows the token of agent, over reports' own certificate",
  expected: '401 BINDING_MISMATCH',
  async play(stage) {
    const [agent, thief] = [await stage.client('agent-client'), await stage.client('reports')];
    return playRefused(stage, {
      refused: { identity: thief, token: await stage.token(agent, READ) },
      twin: { identity: thief, token: await stage.token(thief, READ) },
      twinIs: 'reports with its own token',
    });
  },
};

export const unboundToken: Step = {
  id: 'unbound-token-refused',
  tried: 'a genuine token of a second issuer, bound to nothing',
  expected: '401 BINDING_ABSENT',
  async play(stage) {
    const agent = await stage.client('agent-client');
    const wish = { ...WRITE, subject: agent.id.uri };
    const bound = { ...wish, thumbprint: agent.leaf.thumbprint.toString('base64url') };
    return playRefused(stage, {
      refused: { identity: agent, token: await stage.partnerToken(wish), method: 'POST' },
      twin: { identity: agent, token: await stage.partnerToken(bound), method: 'POST' },
      twinIs: 'the same issuer, bound to the certificate',
    });
  },
};

export const tamperedToken: Step = {
  id: 'tampered-token-refused',
  tried: 'a token whose claims were changed',
  expected: '401 TOKEN_SIGNATURE',
  async play(stage) {
    const agent = await stage.client('agent-client');
    const token = await stage.token(agent, WRITE);
    return playRefused(stage, {
      refused: { identity: agent, token: tamper(token), method: 'POST' },
      twin: { identity: agent, token, method: 'POST' },
      twinIs: 'the token as it was minted',
    });
  },
};

/** The same token with another subject, under the signature of the first. */
function tamper(token: string): string {
  const [header = '', claims = '', signature = ''] = token.split('.');
  const changed = { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), sub: 'spiffe://demo.cleat/admin' };
  return [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
}

export const expiredToken: Step = {
  id: 'expired-token-refused',
  tried: 'a token that was admitted when the story began, after its end',
  expected: '401 TOKEN_EXPIRED',
  async play(stage) {
    const { holder, token, expiresAt, reply } = stage.shortLived;
    const fresh = await stage.token(holder, READ);
    // Expiry is nothing that anybody announces: there is only the clock.
    const left = (expiresAt + SKEW_SECONDS + 1) * 1000 - stage.clock.now();
    await pause(Math.max(0, left), stage.ending);
    const observation = await playRefused(stage, {
      refused: { identity: holder, token },
      twin: { identity: holder, token: fresh },
      twinIs: 'a token with the same rights that still lives',
    });
    const early = outcomeOf(reply);
    return {
      ...observation,
      holds: observation.holds && early === '200',
      detail: { ...observation.detail, whileItLived: early },
    };
  },
};

export const wrongAudience: Step = {
  id: 'wrong-audience-refused',
  tried: "agent's token for the service catalog",
  expected: '401 TOKEN_AUDIENCE',
  play: (stage) => withToken(stage, { audience: 'catalog', scopes: WRITE.scopes }, 'the same token for payments'),
};

export const missingScope: Step = {
  id: 'missing-scope-refused',
  tried: "a payment with agent's token for reading",
  expected: '403 POLICY_SCOPE',
  play: (stage) => withToken(stage, READ, 'the same token with payments.write'),
};

async function withToken(
  stage: Stage,
  wish: { audience: string; scopes: readonly string[] },
  twinIs: string,
): Promise<Observation> {
  const agent = await stage.client('agent-client');
  return playRefused(stage, {
    refused: { identity: agent, token: await stage.token(agent, wish), method: 'POST' },
    twin: { identity: agent, token: await stage.token(agent, WRITE), method: 'POST' },
    twinIs,
  });
}
