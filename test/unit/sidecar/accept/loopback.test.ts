import { once } from 'node:events';
import { connect } from 'node:net';

import { expect } from 'chai';

import { milliseconds } from '../../../../core/time/units.ts';
import type { LocalConnection, RefusedConnection } from '../../../../sidecar/accept/connection.ts';
import type { ListenerService } from '../../../../sidecar/accept/listener-contract.ts';
import { createLoopbackListener } from '../../../../sidecar/accept/loopback.ts';
import { HTTP_LIMITS, TIME_LIMITS } from '../../../../sidecar/http/limits.ts';
import { Arrivals, TestTime, Wire } from '../forward/rig.ts';
import { streamOfRun } from '../io/native-here.ts';

const NEVER = new AbortController().signal;

interface Stage {
  readonly listener: ListenerService;
  readonly seen: LocalConnection[];
  readonly refused: Arrivals<RefusedConnection>;
}

function createStage(host: string, connections = 10): Stage {
  const time = new TestTime();
  const seen: LocalConnection[] = [];
  const refused = new Arrivals<RefusedConnection>();
  const listener = createLoopbackListener<string>({
    streamOf: streamOfRun,
    name: 'egress',
    address: { host, port: 0 },
    limits: { connections, grace: milliseconds(0) },
    http: {
      rules: { scheme: 'http', ambiguousPaths: false, bodyOnSafeMethods: false },
      limits: HTTP_LIMITS,
      times: TIME_LIMITS,
    },
    clock: time,
    ticker: time,
    roomsFor(connection) {
      seen.push(connection);
      return {
        decide: (head) => ({ ok: false, refusal: { code: 'UPSTREAM_UNKNOWN', detail: head.host }, note: '' }),
        onDone: () => undefined,
        recheck: () => undefined,
        challenge: () => [],
      };
    },
    onRefused: (refusal) => refused.add(refusal),
  });
  return { listener, seen, refused };
}

async function clientOf({ listener }: Stage): Promise<Wire> {
  const { host, port } = listener.address() ?? { host: '', port: 0 };
  const socket = connect({ host, port });
  await once(socket, 'connect');
  return new Wire(socket);
}

describe('createLoopbackListener()', () => {
  for (const host of ['0.0.0.0', '10.0.0.1', '::', 'localhost', '127.0.0.1.example', '']) {
    it(`refuses to bind ${JSON.stringify(host)} with LIFE_PORT: what it carries is plaintext`, async () => {
      const stage = createStage(host);
      const failure: unknown = await stage.listener.start(NEVER).catch((thrown: unknown) => thrown);
      expect(failure).to.have.property('code', 'LIFE_PORT');
      await stage.listener[Symbol.asyncDispose]();
    });
  }

  it('gives up with LIFE_PORT when the start was given up before', async () => {
    const stage = createStage('127.0.0.1');
    const failure: unknown = await stage.listener.start(AbortSignal.abort()).catch((thrown: unknown) => thrown);
    expect(failure).to.have.property('code', 'LIFE_PORT');
  });

  it('serves the absolute form that a proxy client sends', async () => {
    const stage = createStage('127.0.0.1');
    await stage.listener.start(NEVER);
    const client = await clientOf(stage);
    client.send('GET http://payments/ HTTP/1.1\r\nHost: payments\r\n\r\n');
    expect(await client.until('not found\n')).to.match(/^HTTP\/1.1 404 /);
    expect(stage.seen[0]?.local).to.deep.equal(stage.listener.address());
    expect(stage.listener.size()).to.equal(1);
    await stage.listener.drain(milliseconds(60_000));
    expect(await client.end()).to.equal('');
    expect(stage.listener.size()).to.equal(0);
  });

  it('reports LIMIT_CONNECTIONS beyond its bound', async () => {
    const stage = createStage('127.0.0.1', 1);
    await stage.listener.start(NEVER);
    const first = await clientOf(stage);
    const second = await clientOf(stage);
    await second.closed();
    expect(await stage.refused.at(0)).to.include({ code: 'LIMIT_CONNECTIONS' });
    await stage.listener[Symbol.asyncDispose]();
    await first.closed();
    await stage.listener[Symbol.asyncDispose]();
  });
});
