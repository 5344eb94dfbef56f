/** Two replicas of a pod are replaced one after the other while a client calls: nothing is lost, and tunnels are told to go. */
import { once } from 'node:events';
import { createServer, get as getPlain, type Server } from 'node:http';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

import { expect } from 'chai';
import { WebSocket, WebSocketServer } from 'ws';

import { encodePem } from '../../core/x509/pem.ts';
import { type LoneSidecar, startLoneSidecar } from '../kit/lone-sidecar.ts';

const DRAIN = { drain: { grace: '500ms', deadline: '5s' } };

/** A replica and the connections of the client to it. */
interface Replica {
  readonly sidecar: LoneSidecar;
  readonly agent: Agent;
}

/** As a load balancer learns of it. */
function isReady({ admin }: LoneSidecar): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = getPlain({ host: '127.0.0.1', port: admin, path: '/readyz', agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on('error', () => resolve(false));
  });
}

const identityOf = ({ client, authority }: LoneSidecar) => ({
  key: client.key.export({ type: 'pkcs8', format: 'pem' }),
  cert: encodePem('CERTIFICATE', client.der),
  ca: encodePem('CERTIFICATE', authority.der),
  checkServerIdentity: () => undefined,
});

function call({ sidecar, agent }: Replica): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${sidecar.token}` };
    const asked = request({ host: '127.0.0.1', port: sidecar.port, agent, headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    });
    asked.on('error', reject);
    asked.end();
  });
}

describe('a rolling restart', function () {
  this.timeout(30_000);
  let app: Server;
  let echo: WebSocketServer;
  const live: Replica[] = [];

  const start = async (): Promise<Replica> => {
    const { port } = app.address() as AddressInfo;
    const sidecar = await startLoneSidecar({ appPort: port, config: DRAIN });
    return { sidecar, agent: new Agent({ ...identityOf(sidecar), keepAlive: true }) };
  };

  before(async () => {
    app = createServer((_asked, answer) => void setTimeout(() => answer.end('ok'), 5));
    echo = new WebSocketServer({ server: app });
    app.listen(0, '127.0.0.1');
    await once(app, 'listening');
  });
  after(async () => {
    for (const { sidecar, agent } of live) {
      agent.destroy();
      await sidecar[Symbol.asyncDispose]();
    }
    echo.close();
    app.closeAllConnections();
    app.close();
  });

  it('A-536 loses no call, closes tunnels with 1001, and exits in order', async () => {
    live.push(await start(), await start());
    const inService = new Set(live);
    const statuses: (number | string)[] = [];
    let isOver = false;
    const watch = (async () => {
      while (!isOver) {
        for (const replica of live) if (!(await isReady(replica.sidecar))) inService.delete(replica);
        await pause(20);
      }
    })();
    const worker = async (): Promise<void> => {
      for (let turn = 0; !isOver; turn += 1) {
        const choice = [...inService];
        const replica = choice[turn % choice.length];
        if (replica === undefined) throw new Error('nobody is in service');
        statuses.push(await call(replica).catch(String));
      }
    };
    const workers = Array.from({ length: 8 }, worker);
    for (let replaced = 0; replaced < 2; replaced += 1) {
      const old = live[0];
      if (old === undefined) throw new Error('no replica');
      const socket = new WebSocket(`wss://127.0.0.1:${old.sidecar.port}/`, {
        ...identityOf(old.sidecar),
        headers: { Authorization: `Bearer ${old.sidecar.token}` },
      });
      await once(socket, 'open');
      const closed = once(socket, 'close') as Promise<[number]>;
      const before = statuses.length;
      expect(await old.sidecar.stop()).to.equal(0);
      expect((await closed)[0]).to.equal(1001);
      expect(statuses.length).to.be.greaterThan(before);
      const next = await start();
      live.splice(0, 1);
      live.push(next);
      inService.delete(old);
      inService.add(next);
      old.agent.destroy();
      await old.sidecar[Symbol.asyncDispose]();
    }
    isOver = true;
    await Promise.all([...workers, watch]);
    expect(statuses.filter((status) => status !== 200)).to.deep.equal([]);
    expect(statuses.length).to.be.greaterThan(100);
  });
});
