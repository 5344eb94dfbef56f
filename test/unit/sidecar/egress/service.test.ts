/** Egress between an app and an upstream that says what a test wants: which connections and tokens it uses. */
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';

import { expect } from 'chai';

import { NO_REVOCATIONS } from '../../../../core/identity/revocation.ts';
import { milliseconds } from '../../../../core/time/units.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { createMetrics } from '../../../../runtime/metrics.ts';
import { challengeFields } from '../../../../sidecar/challenge.ts';
import { createEgress, type Egress } from '../../../../sidecar/egress/service.ts';
import { writeAnswer } from '../../../../sidecar/forward/answer.ts';
import { HTTP_LIMITS, TIME_LIMITS } from '../../../../sidecar/http/limits.ts';
import { createTicker } from '../../../../sidecar/io/ticker.ts';
import { createMeasures } from '../../../../sidecar/measures.ts';
import { createObservation } from '../../../../sidecar/observation.ts';
import { createRecorder } from '../../../../sidecar/record.ts';
import { serverTlsOptions } from '../../../../sidecar/tls/options.ts';
import { createWhy } from '../../../../sidecar/why.ts';
import { collectLog } from '../../../kit/log-lines.ts';
import { createTestAuthority } from '../../../kit/x509.ts';
import { createMinting, honest } from './minting.ts';
import { snapshotOf, thumbprintOf } from './snapshots.ts';
import { CIRCUIT } from '../../../kit/circuit.ts';

const REFUSAL = { code: 'BINDING_NEWER', detail: '' } as const;
/** What a sidecar on the other side answers to a token that is newer than the connection. */
const NEWER = writeAnswer({
  code: REFUSAL.code,
  method: 'GET',
  fields: challengeFields(REFUSAL, undefined),
  close: true,
  now: 0,
});
/** What it answers to a token that was revoked. */
const REFUSED = writeAnswer({
  code: 'TOKEN_REVOKED',
  method: 'GET',
  fields: challengeFields({ code: 'TOKEN_REVOKED', detail: '' }, undefined),
  close: false,
  now: 0,
});
const FINE = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');

describe('createEgress()', () => {
  const authority = createTestAuthority();
  const own = snapshotOf(authority, { generation: 1, path: '/ns/shop/sa/agent' });
  const clock = systemClock();
  const ticker = createTicker(milliseconds(1000));
  const { log, lines } = collectLog();
  const minting = createMinting(honest(thumbprintOf(own), clock));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const answers: Buffer[] = [];
  /** The `Authorization` values, a list for each connection. */
  const shown: string[][] = [];
  const upstream = createServer(
    serverTlsOptions(snapshotOf(authority, { generation: 1, path: '/ns/shop/sa/catalog' })),
    (socket: TLSSocket) => {
      const onThis: string[] = [];
      shown.push(onThis);
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => {
        onThis.push(/^Authorization: (.*)\r$/m.exec(bytes.toString())?.[1] ?? '');
        socket.write(answers.shift() ?? FINE);
      });
    },
  );
  let egress: Egress;
  let port = 0;

  before(async () => {
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    const never = () => ({ [Symbol.dispose]: () => undefined });
    const measures = createMeasures(createMetrics());
    const recorder = createRecorder({ write: () => undefined, admittedSample: 0, jitter: Math.random });
    egress = createEgress({
      listen: { host: '127.0.0.1', port: 0 },
      upstreams: [
        {
          name: 'catalog',
          address: { host: '127.0.0.1', port: (upstream.address() as AddressInfo).port },
          spiffe: { exact: '/ns/shop/sa/catalog' },
          audience: 'catalog',
          scopes: [],
          token: { source: 'identity' },
        },
      ],
      http: {
        rules: { scheme: 'http', ambiguousPaths: false, bodyOnSafeMethods: false },
        limits: HTTP_LIMITS,
        times: TIME_LIMITS,
      },
      credentials: { current: () => own, subscribe: never, mint: (_snapshot, wish) => minting.mint(wish) },
      revocations: { current: () => NO_REVOCATIONS, subscribe: never },
      tokens: undefined,
      inboundTokens: undefined,
      circuit: CIRCUIT,
      connectTimeout: milliseconds(5_000),
      requestId: () => 'a'.repeat(32),
      observation: createObservation({ recorder, why: createWhy(4), measures, clock }),
      measures,
      clock,
      jitter: Math.random,
      ticker,
      log,
    });
    await egress.start(new AbortController().signal);
    const listening = lines.find(({ message }) => message === 'egress listens');
    port = Number(/:(\d+)"/.exec(JSON.stringify(listening?.fields))?.[1]);
  });

  after(async () => {
    agent.destroy();
    await egress.drain(milliseconds(100));
    await egress[Symbol.asyncDispose]();
    ticker[Symbol.dispose]();
    upstream.close();
  });

  function call(): Promise<number> {
    return new Promise((resolve, reject) => {
      const asked = request({ agent, host: '127.0.0.1', port, path: '/x', headers: { host: 'catalog' } }, (answer) => {
        answer.resume();
        answer.once('end', () => resolve(answer.statusCode ?? 0));
      });
      asked.once('error', reject);
      asked.end();
    });
  }

  it('A-445 connects again after "token newer than connection", with the token that it has', async () => {
    expect([await call(), await call()]).to.deep.equal([200, 200]);
    answers.push(NEWER);
    expect([await call(), await call()]).to.deep.equal([200, 200]);
    expect(shown.map((onThis) => onThis.length)).to.deep.equal([3, 2]);
    expect(new Set(shown.flat()).size).to.equal(1);
    expect(minting.asked).to.have.lengthOf(1);
  });

  it('fetches another token once after 401 invalid_token, and sends the call again with it', async () => {
    const [before] = shown.flat();
    answers.push(REFUSED);
    expect(await call()).to.equal(200);
    const sent = shown.flat();
    expect(sent.slice(0, -1).every((one) => one === before)).to.equal(true);
    expect(sent.at(-1))
      .to.match(/^Bearer /)
      .and.to.not.equal(before);
    expect(minting.asked).to.have.lengthOf(2);
  });

  it('never goes on in a loop: a new token that is refused too is passed on, and no third one is fetched', async () => {
    const asked = minting.asked.length;
    const sent = shown.flat().length;
    for (let count = 0; count < 5; count += 1) {
      answers.push(REFUSED);
      expect(await call()).to.equal(401);
    }
    expect(minting.asked).to.have.lengthOf(asked);
    expect(shown.flat()).to.have.lengthOf(sent + 5);
  });

  it('A-607 serves nobody else with what an upstream sends behind its answer: the connection is gone', async () => {
    await call();
    const connections = shown.length;
    answers.push(Buffer.concat([FINE, Buffer.from('HTTP/1.1 500 Smuggled\r\nContent-Length: 0\r\n\r\n')]));
    expect([await call(), await call()]).to.deep.equal([200, 200]);
    expect(shown.length).to.equal(connections + 1);
  });

  it('A-604 passes a redirect on to the app, and sends nothing elsewhere', async () => {
    const connections = shown.length;
    const sent = shown.flat().length;
    answers.push(Buffer.from('HTTP/1.1 302 Found\r\nLocation: https://other/\r\nContent-Length: 0\r\n\r\n'));
    expect(await call()).to.equal(302);
    expect(shown).to.have.lengthOf.at.most(connections + 1);
    expect(shown.flat()).to.have.lengthOf(sent + 1);
  });

  it('A-290 tunnels a WebSocket to an upstream with its token, and ends it with 1001 at the drain', async () => {
    const accept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
    answers.push(
      Buffer.from(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      ),
      Buffer.from('810141', 'hex'),
    );
    const socket = connect(port, '127.0.0.1');
    let came = '';
    socket.on('data', (bytes: Buffer) => {
      came += bytes.toString('latin1');
    });
    const until = async (end: string): Promise<void> => {
      while (!came.endsWith(end)) await once(socket, 'data');
    };
    const key = 'dGhlIHNhbXBsZSBub25jZQ==';
    socket.write(
      `GET /ws HTTP/1.1\r\nHost: catalog\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
    await until('\r\n\r\n');
    expect(came).to.match(/^HTTP\/1\.1 101 /);
    expect(shown.at(-1)?.at(-1)).to.match(/^Bearer /);
    // One masked frame, and one back.
    socket.write(Buffer.from('8181000000005a', 'hex'));
    await until('\x81\x01A');
    const closed = once(socket, 'close');
    await egress.drain(milliseconds(1000));
    await closed;
    expect(came.endsWith('\x88\x02\x03\xe9')).to.equal(true);
  });
});
