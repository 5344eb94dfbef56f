/**
 * Inbound of a sidecar in this process, in front of an app that counts, for tests that do to its TLS what no client of
 * ours would do. Two listeners with one identity; what is told to the metric of handshakes can be waited for.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';

import { expect } from 'chai';

import { epochSeconds, milliseconds } from '../../../../core/time/units.ts';
import { NO_REVOCATIONS } from '../../../../core/identity/revocation.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { createMetrics } from '../../../../runtime/metrics.ts';
import type { Snapshot } from '../../../../sidecar/credentials/snapshot.ts';
import { HTTP_LIMITS, TIME_LIMITS } from '../../../../sidecar/http/limits.ts';
import { createInbound } from '../../../../sidecar/inbound.ts';
import { createTicker } from '../../../../sidecar/io/ticker.ts';
import { createMeasures } from '../../../../sidecar/measures.ts';
import { createObservation } from '../../../../sidecar/observation.ts';
import type { Route, Rule } from '../../../../sidecar/policy/policy.ts';
import { createRecorder } from '../../../../sidecar/record.ts';
import { clientTlsOptions } from '../../../../sidecar/tls/options.ts';
import { createWhy } from '../../../../sidecar/why.ts';
import { collectLog } from '../../../kit/log-lines.ts';
import { testSnapshot } from '../../../kit/snapshot.ts';
import { helloOf, RECORD, Tls13Client } from '../../../kit/tls13-client.ts';
import { createTestAuthority, type TestAuthority } from '../../../kit/x509.ts';
import { dpopOf } from '../callers.ts';
import { Arrivals } from '../forward/rig.ts';
import { streamOfRun } from '../io/native-here.ts';
import { createPlaintextPeers } from '../../../../sidecar/plaintext-peers.ts';
import { CIRCUIT } from '../../../kit/circuit.ts';

export const ANYBODY: Rule = { id: 'all', peers: [{ any: true }], scopes: [], deny: false };

export interface Gate extends AsyncDisposable {
  readonly authority: TestAuthority;
  /** What the sidecar shows. */
  readonly own: Snapshot;
  /** Of both listeners. */
  readonly ports: readonly [number, number];
  /** `admitted`, or the code of the refusal, once a handshake. */
  readonly handshakes: Arrivals<string>;
  /** Paths of the requests that reached the app. */
  readonly reached: string[];
  /** The judge of the next peer throws. */
  breakOnce(): void;
  /** Policy from now on. */
  setRules(rules: readonly Rule[]): void;
  /** A snapshot under the same root, for a client. */
  certify(path?: string): Snapshot;
  /** Stops listening; a later gate may take the same ports. */
  stop(): Promise<void>;
}

export interface GateOptions {
  readonly authority?: TestAuthority;
  readonly own?: Snapshot;
  readonly ports?: readonly [number, number];
}

const requestId = (): string => 'e'.repeat(32);

const OPEN: Route = { path: { under: '/' }, binding: 'optional', lineage: false, forwardToken: false };

const NEVER = { [Symbol.dispose]: () => undefined };

const LIMITS = {
  connections: 100,
  handshakes: 16,
  perPeer: 1000,
  handshakesPerTurn: 8,
  handshakeTime: milliseconds(10_000),
  maxAgeGrace: milliseconds(60_000),
  maxAge: milliseconds(600_000),
  grace: milliseconds(0),
};

const HTTP = {
  rules: { scheme: 'https', ambiguousPaths: false, bodyOnSafeMethods: false },
  limits: HTTP_LIMITS,
  times: TIME_LIMITS,
} as const;

/** Starts one. Requests need no token: these tests are about who is on the connection. */
export async function openGate(options: GateOptions = {}): Promise<Gate> {
  const authority = options.authority ?? createTestAuthority();
  const certify = (path = '/ns/shop/sa/agent') => testSnapshot(authority, epochSeconds(Date.now() / 1000), { path });
  const own = options.own ?? certify('/ns/shop/sa/payments');
  const handshakes = new Arrivals<string>();
  const reached: string[] = [];
  let rules: readonly Rule[] = [ANYBODY];
  let isBroken = false;
  const app = await startApp(reached);
  const ticker = createTicker(milliseconds(50));
  const clock = systemClock();
  const { log, lines } = collectLog();
  const measures = { ...createMeasures(createMetrics()), handshake: (result: string) => handshakes.add(result) };
  const recorder = createRecorder({ write: () => undefined, admittedSample: 0, jitter: Math.random });
  const inbound = createInbound({
    streamOf: streamOfRun,
    ports: [
      {
        listen: (options.ports ?? [0, 0]).map((port) => ({ host: '127.0.0.1', port })),
        app: { kind: 'tcp', host: '127.0.0.1', port: (app.address() as AddressInfo).port },
        audience: 'payments',
        mode: 'strict',
        dpop: dpopOf(),
        metadata: undefined,
      },
    ],
    limits: LIMITS,
    http: HTTP,
    credentials: {
      current() {
        if (!isBroken) return own;
        isBroken = false;
        throw new TypeError('a defect');
      },
      subscribe: () => NEVER,
    },
    issuers: { trusted: [], asked: undefined },
    tokens: { newTokensPerSecond: 50, newTokensBurst: 200 },
    policy: { current: () => ({ routes: [OPEN], rules }) },
    revocations: { current: () => NO_REVOCATIONS, subscribe: () => NEVER },
    plaintextPeers: createPlaintextPeers(16),
    connectTimeout: milliseconds(5_000),
    circuit: CIRCUIT,
    jitter: Math.random,
    requestId,
    observation: createObservation({ recorder, why: createWhy(16), measures, clock }),
    measures,
    clock,
    ticker,
    log,
  });
  await inbound.start(new AbortController().signal);
  const [first = 0, second = 0] = lines
    .filter(({ message }) => message === 'inbound listens')
    .map(({ fields }) => Number(/:(\d+)"/.exec(JSON.stringify(fields))?.[1]));
  async function stop(): Promise<void> {
    await inbound.drain(milliseconds(50));
    await inbound[Symbol.asyncDispose]();
    ticker[Symbol.dispose]();
    app.closeAllConnections();
    app.close();
  }
  return {
    authority,
    own,
    ports: [first, second],
    handshakes,
    reached,
    breakOnce() {
      isBroken = true;
    },
    setRules: (next) => void (rules = next),
    certify,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** An app that notes which paths reached it. */
async function startApp(reached: string[]): Promise<Server> {
  const app = createServer(({ url }, response) => {
    reached.push(String(url));
    response.end('from the app');
  });
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  return app;
}

export const requestFor = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: payments\r\nConnection: close\r\n\r\n`;

/** What one request on a connection of its own got, whatever happens, and the connection. */
export async function visit(
  port: number,
  options: ConnectionOptions,
  path = '/good',
): Promise<{ readonly text: string; readonly socket: TLSSocket }> {
  const socket = connect({ host: '127.0.0.1', port, checkServerIdentity: () => undefined, ...options });
  let text = '';
  socket.on('error', () => undefined);
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
  });
  socket.write(requestFor(path));
  await new Promise((resolve) => socket.once('close', resolve));
  return { text, socket };
}

/**
 * Runs an attack that ends when its connection is closed, then a good client. The attack must have told `results` to the
 * metric, each once, and must not have reached the app; the good client must be served.
 */
export async function expectOutcome(
  gate: Gate,
  results: readonly string[],
  attack: () => Promise<unknown>,
): Promise<void> {
  const [told, asked] = [gate.handshakes.all.length, gate.reached.length];
  await attack();
  if (results.length > 0) await gate.handshakes.at(told + results.length - 1);
  const { text } = await visit(gate.ports[0], clientTlsOptions(gate.certify()));
  expect(text).to.match(/^HTTP\/1\.1 200 .*from the app$/s);
  expect(gate.handshakes.all.slice(told)).to.deep.equal([...results, 'admitted']);
  expect(gate.reached.slice(asked)).to.deep.equal(['/good']);
}

/** Finishes a handshake that the server has answered, with what a sound client says. */
export function prove(client: Tls13Client, { chain, key }: Snapshot): void {
  client.say(client.certificate(chain));
  client.say(client.certificateVerify(key));
  client.finish();
}

/** A raw connection whose handshake is done. */
export async function enter(
  port: number,
  holder: Snapshot,
  hello: (client: Tls13Client) => Buffer = (client) => helloOf(client.extensions()),
): Promise<Tls13Client> {
  const client = await Tls13Client.connect(port);
  client.say(hello(client));
  expect(await client.hear(), 'the server goes on').to.equal(true);
  prove(client, holder);
  return client;
}

/** Everything the app has answered, up to the close. */
export async function answerTo(client: Tls13Client): Promise<string> {
  let text = '';
  for (let record = await client.read(); record !== undefined; record = await client.read())
    if (record.type === RECORD.applicationData) text += record.content.toString('latin1');
  return text;
}

/** Sends one request on it. */
export const send = (client: Tls13Client, path: string): void =>
  client.send(RECORD.applicationData, Buffer.from(requestFor(path)));
