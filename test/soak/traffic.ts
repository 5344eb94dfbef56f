/** Mixed traffic of one client through a sidecar: small and large requests, streams up, WebSockets, refused ones, and churn. */
import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

import { WebSocket } from 'ws';

import { encodePem } from '../../core/x509/pem.ts';
import type { LoneSidecar } from '../kit/lone-sidecar.ts';

export interface Traffic {
  /** Requests that got the answer that they had to get. */
  readonly served: number;
  /** What every other one got. */
  readonly lost: readonly string[];
}

const LARGE = 1_048_576;
const CHURN = 200;

/** Goes on until the signal aborts. */
export async function driveTraffic(sidecar: LoneSidecar, signal: AbortSignal): Promise<Traffic> {
  const state = { served: 0, lost: [] as string[] };
  const identity = {
    key: sidecar.client.key.export({ type: 'pkcs8', format: 'pem' }),
    cert: encodePem('CERTIFICATE', sidecar.client.der),
    ca: encodePem('CERTIFICATE', sidecar.authority.der),
    checkServerIdentity: () => undefined,
  };
  let token = sidecar.token;
  const renewal = setInterval(() => {
    token = sidecar.tokenFor(sidecar.client, { jti: String(Date.now()) });
  }, 60_000);
  const work = async (what: string, one: (agent: Agent) => Promise<void>): Promise<void> => {
    while (!signal.aborted) {
      const agent = new Agent({ ...identity, keepAlive: true, maxSockets: 1 });
      for (let left = CHURN; left > 0 && !signal.aborted; left -= 1) {
        await one(agent).then(
          () => (state.served += 1),
          (thrown: unknown) => state.lost.push(`${what}: ${String(thrown)}`),
        );
        await pause(2);
      }
      agent.destroy();
    }
  };
  const call = (agent: Agent, path: string, plan: CallPlan): Promise<void> =>
    callOnce({ port: sidecar.port, agent, path, token: plan.token ?? token }, plan);
  const small = (agent: Agent): Promise<void> => call(agent, '/small', { status: 200 });
  await Promise.all([
    work('small', small),
    work('small', small),
    work('small', small),
    work('large', (agent) => call(agent, '/large', { status: 200, length: LARGE })),
    work('up', (agent) => call(agent, '/up', { status: 200, body: Buffer.alloc(LARGE, 7) })),
    work('refused', (agent) => call(agent, '/small', { status: 401, token: 'no.good.token' })),
    work('webSocket', () =>
      webSocketOnce(`wss://127.0.0.1:${sidecar.port}/ws`, {
        ...identity,
        headers: { Authorization: `Bearer ${token}` },
      }),
    ),
  ]);
  clearInterval(renewal);
  return state;
}

interface CallPlan {
  readonly status: number;
  readonly length?: number;
  readonly body?: Buffer;
  readonly token?: string;
}

interface Place {
  readonly port: number;
  readonly agent: Agent;
  readonly path: string;
  readonly token: string;
}

async function callOnce({ port, agent, path, token }: Place, { status, length, body }: CallPlan): Promise<void> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        agent,
        path,
        method: body === undefined ? 'GET' : 'POST',
        headers: { Authorization: `Bearer ${token}` },
      },
      resolve,
    );
    asked.on('error', reject);
    asked.end(body);
  });
  let size = 0;
  for await (const part of answer) size += (part as Buffer).length;
  if (answer.statusCode !== status) throw new Error(`status ${answer.statusCode}`);
  if (length !== undefined && size !== length) throw new Error(`${size} bytes`);
}

function webSocketOnce(url: string, options: object): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, options);
    let left = 5;
    socket.on('open', () => socket.send('x'));
    socket.on('message', () => {
      left -= 1;
      if (left > 0) socket.send('x');
      else socket.close(1000);
    });
    socket.on('close', (code) => (code === 1000 ? resolve() : reject(new Error(`close ${code}`))));
    socket.on('error', reject);
  });
}
