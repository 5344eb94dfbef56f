/** An inbound port in this process, and raw clients that do with certificates and tokens what no sidecar would do. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';

import { expect } from 'chai';

import { demand } from '../../../core/fault/fault.ts';
import { admit } from '../../../core/fault/refusal.ts';
import { NO_REVOCATIONS } from '../../../core/identity/revocation.ts';
import { epochSeconds, milliseconds, seconds, wholeSeconds } from '../../../core/time/units.ts';
import { planLineage } from '../../../core/token/lineage.ts';
import { parseKeySet } from '../../../core/token/key-set.ts';
import { parseCertificate } from '../../../core/x509/certificate.ts';
import { lineageExtension } from '../../../core/x509/extensions.ts';
import { LINEAGE_OID_DER } from '../../../core/x509/lineage.ts';
import type { Extension } from '../../../core/x509/write.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { createMetrics } from '../../../runtime/metrics.ts';
import { clientContextOptions, type TlsIdentity } from '../../../runtime/tls-options.ts';
import { HTTP_LIMITS, TIME_LIMITS } from '../../../sidecar/http/limits.ts';
import { createInbound, type Inbound } from '../../../sidecar/inbound.ts';
import { createTicker } from '../../../sidecar/io/ticker.ts';
import { createMeasures } from '../../../sidecar/measures.ts';
import { createObservation } from '../../../sidecar/observation.ts';
import { createRecorder } from '../../../sidecar/record.ts';
import { createWhy } from '../../../sidecar/why.ts';
import { collectLog } from '../../kit/log-lines.ts';
import { createTestAuthority, leafTemplate, signTest, spkiOf, testKey, withExtension } from '../../kit/x509.ts';
import { claimsOf, ecKey, keySetOf, rulesOf, signToken } from '../core/token/tokens.ts';
import { dpopOf } from './callers.ts';
import { snapshotOf } from './egress/snapshots.ts';
import { streamOfRun } from './io/native-here.ts';
import { createPlaintextPeers } from '../../../sidecar/plaintext-peers.ts';
import { CIRCUIT } from '../../kit/circuit.ts';

const AGENT = '/ns/shop/sa/agent';
/** Since when the first certificate of each test is out. */
const AGO = 100;

interface Holder extends TlsIdentity {
  readonly leaf: ReturnType<typeof read>;
}

const read = (der: Buffer) => demand(parseCertificate(der));

describe('an inbound port', () => {
  const authority = createTestAuthority('mesh.test');
  const own = snapshotOf(authority, { generation: 1, path: '/ns/shop/sa/payments' });
  const clock = systemClock();
  const ticker = createTicker(milliseconds(50));
  const { log, lines } = collectLog();
  const metrics = createMetrics();
  const why = createWhy(16);
  const tokenKey = ecKey('k1');
  const app = createServer((asked, response) => response.end(String(asked.headers['cleat-binding'])));
  const sockets: TLSSocket[] = [];
  const atApp = new Set<Socket>();
  let inbound: Inbound;
  let port = 0;

  before(async () => {
    // The app never ends a connection.
    app.keepAliveTimeout = 0;
    app.on('connection', (socket) => atApp.add(socket.once('close', () => atApp.delete(socket))));
    app.listen(0, '127.0.0.1');
    await once(app, 'listening');
    const measures = createMeasures(metrics);
    const recorder = createRecorder({ write: () => undefined, admittedSample: 0, jitter: Math.random });
    const keys = demand(parseKeySet(keySetOf(tokenKey)));
    const source = {
      keys: () => admit(keys),
      seek: () => Promise.resolve(admit(keys)),
      subscribe: () => ({ [Symbol.dispose]: () => undefined }),
    };
    const rule = { id: 'all', peers: [{ any: true as const }], scopes: [], deny: false };
    const exact = { path: { under: '/exact' }, binding: 'required', lineage: false, forwardToken: false } as const;
    inbound = createInbound({
      streamOf: streamOfRun,
      ports: [
        {
          listen: [{ host: '127.0.0.1', port: 0 }],
          app: { kind: 'tcp', host: '127.0.0.1', port: (app.address() as AddressInfo).port },
          audience: 'payments',
          mode: 'strict',
          dpop: dpopOf(),
          metadata: undefined,
        },
      ],
      limits: {
        connections: 100,
        handshakes: 16,
        perPeer: 1000,
        handshakesPerTurn: 8,
        handshakeTime: milliseconds(10_000),
        maxAgeGrace: milliseconds(60_000),
        maxAge: milliseconds(60_000),
        grace: milliseconds(0),
      },
      http: {
        rules: { scheme: 'https', ambiguousPaths: false, bodyOnSafeMethods: false },
        limits: HTTP_LIMITS,
        times: TIME_LIMITS,
      },
      credentials: { current: () => own, subscribe: () => ({ [Symbol.dispose]: () => undefined }) },
      issuers: {
        trusted: [{ rules: rulesOf({ trustDomain: own.id.trustDomain, lineage: true }), source }],
        asked: undefined,
      },
      tokens: { newTokensPerSecond: 50, newTokensBurst: 200 },
      policy: { current: () => ({ routes: [exact], rules: [rule] }) },
      revocations: { current: () => NO_REVOCATIONS, subscribe: () => ({ [Symbol.dispose]: () => undefined }) },
      plaintextPeers: createPlaintextPeers(16),
      connectTimeout: milliseconds(5_000),
      circuit: CIRCUIT,
      jitter: Math.random,
      requestId: () => 'e'.repeat(32),
      observation: createObservation({ recorder, why, measures, clock }),
      measures,
      clock,
      ticker,
      log,
    });
    await inbound.start(new AbortController().signal);
    const listening = lines.find(({ message }) => message === 'inbound listens');
    port = Number(/:(\d+)"/.exec(JSON.stringify(listening?.fields))?.[1]);
  });

  after(async () => {
    for (const socket of sockets) socket.destroy();
    await inbound.drain(milliseconds(100));
    await inbound[Symbol.asyncDispose]();
    ticker[Symbol.dispose]();
    app.close();
  });

  function holderOf(extension: Extension, agoSeconds: number): Holder {
    const key = testKey();
    const now = epochSeconds(wholeSeconds(clock.now()) - agoSeconds);
    const template = withExtension(leafTemplate(authority, { path: AGENT, now }, spkiOf(key)), extension);
    const der = signTest(template, authority.key);
    return { key, chain: [der], roots: [authority.der], leaf: read(der) };
  }

  function issued(agoSeconds: number, before?: Holder): Holder {
    const issuedAt = epochSeconds(wholeSeconds(clock.now()) - agoSeconds);
    const terms = { issuedAt, tokenTtl: seconds(300), freshId: Buffer.alloc(16, 4) };
    return holderOf(lineageExtension(planLineage(before?.leaf, terms)), agoSeconds);
  }

  function tokenFor({ leaf }: Holder, agoSeconds = 0): string {
    const iat = wholeSeconds(clock.now()) - agoSeconds;
    const cnf = { 'x5t#S256': leaf.thumbprint.toString('base64url') };
    return signToken(tokenKey, claimsOf({ iat, exp: iat + 300, cnf }));
  }

  async function open(holder: TlsIdentity): Promise<TLSSocket> {
    const options = { ...clientContextOptions(holder), host: '127.0.0.1', port, checkServerIdentity: () => undefined };
    const socket = connect(options);
    sockets.push(socket);
    await once(socket, 'secureConnect');
    return socket;
  }

  /** One request on this connection: everything that came until the body was whole. */
  async function ask(socket: TLSSocket, token: string, path = '/'): Promise<string> {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: payments\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    let text = '';
    for (;;) {
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      text += bytes.toString('latin1');
      const length = Number(/Content-Length: (\d+)/i.exec(text)?.[1] ?? Number.NaN);
      if (text.length >= text.indexOf('\r\n\r\n') + 4 + length) return text;
    }
  }

  it('A-445 answers a new token on an old connection with 401, the reason to connect again, and the end', async () => {
    const old = issued(AGO);
    const socket = await open(old);
    expect(await ask(socket, tokenFor(old))).to.match(/^HTTP\/1.1 200 .*x5t#S256$/s);
    const renewed = issued(0, old);
    const closed = once(socket, 'close');
    const answer = await ask(socket, tokenFor(renewed));
    expect(answer).to.match(/^HTTP\/1\.1 401 /);
    expect(answer).to.include(
      '\r\nWWW-Authenticate: Bearer realm="cleat", error="invalid_token", error_description="token newer than connection"\r\n',
    );
    expect(answer)
      .to.include('\r\nConnection: close\r\n')
      .and.to.match(/\r\n\r\ntoken newer than connection\n$/);
    await closed;
    const [entry] = why.last(1);
    expect(entry).to.include({
      code: 'BINDING_NEWER',
      expectedThumbprint: renewed.leaf.thumbprint.toString('base64url'),
      presentedThumbprint: old.leaf.thumbprint.toString('base64url'),
    });
    expect(entry?.detail).to.match(/token newer than connection: iat \d+, the leaf is of \d+$/);
    expect(await ask(await open(renewed), tokenFor(renewed))).to.match(/^HTTP\/1.1 200 /);
  });

  it('A-445 serves an old token on a new connection, and refuses it where the route is exact', async () => {
    const old = issued(AGO);
    const token = tokenFor(old, 10);
    const socket = await open(issued(5, old));
    const refused = await ask(socket, token, '/exact/1');
    expect(refused)
      .to.match(/^HTTP\/1\.1 401 /)
      .and.to.not.include('Connection: close');
    expect(why.last(1)[0]?.detail).to.match(/lineage: the route is exact only$/);
    expect(await ask(socket, token)).to.match(/^HTTP\/1.1 200 .*\r\n\r\nlineage$/s);
    expect(metrics.render()).to.include('cleat_binding_total{method="lineage",result="admitted"} 1\n');
  });

  it('A-424 A-444 refuses the token of a sibling, and of the same workload before it was attested anew', async () => {
    const old = issued(AGO);
    const token = tokenFor(old, 10);
    const socket = await open(issued(5));
    expect(await ask(socket, token)).to.match(/^HTTP\/1\.1 401 /);
    expect(why.last(1)[0]).to.have.property('code', 'BINDING_MISMATCH');
  });

  it('A-442 counts a connection whose lineage cannot be read once, and serves it by exact binding', async () => {
    const old = issued(AGO);
    const odd = holderOf({ oid: LINEAGE_OID_DER, critical: false, value: Buffer.from('3000', 'hex') }, 5);
    const socket = await open(odd);
    expect(await ask(socket, tokenFor(old, 10))).to.match(/^HTTP\/1\.1 401 /);
    expect(why.last(1)[0]?.detail).to.match(/lineage: malformed in the leaf$/);
    expect(await ask(socket, tokenFor(odd))).to.match(/^HTTP\/1.1 200 .*x5t#S256$/s);
    expect(metrics.render()).to.include('cleat_lineage_malformed_total 1\n');
  });

  it('ends its idle connections to the app at its drain: a process lives as long as one of them', async () => {
    const holder = issued(AGO);
    expect(await ask(await open(holder), tokenFor(holder))).to.match(/^HTTP\/1.1 200 /);
    const closed = [...atApp].map((socket) => once(socket, 'close'));
    expect(closed.length).to.be.greaterThan(0);
    await inbound.drain(milliseconds(100));
    // Nothing sweeps any more.
    ticker[Symbol.dispose]();
    await Promise.all(closed);
  });
});
