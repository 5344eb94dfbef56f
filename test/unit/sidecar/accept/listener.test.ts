import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';

import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { parseSpiffeId } from '../../../../core/identity/spiffe-id.ts';
import { parseTrustDomain } from '../../../../core/identity/trust-domain.ts';
import { epochSeconds, milliseconds } from '../../../../core/time/units.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import { encodePem } from '../../../../core/x509/pem.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import type { InboundConnection, RefusedConnection } from '../../../../sidecar/accept/connection.ts';
import type { ListenerLimits, ListenerService } from '../../../../sidecar/accept/listener-contract.ts';
import { createTlsListener } from '../../../../sidecar/accept/listener.ts';
import type { Snapshot } from '../../../../sidecar/credentials/snapshot.ts';
import { HTTP_LIMITS, TIME_LIMITS } from '../../../../sidecar/http/limits.ts';
import { recognisePeer } from '../../../../sidecar/identity/peer.ts';
import { collectLog } from '../../../kit/log-lines.ts';
import {
  createTestAuthority,
  issueTestLeaf,
  TEST_TRUST_DOMAIN,
  type LeafOptions,
  type TestAuthority,
  type TestLeaf,
} from '../../../kit/x509.ts';
import { Arrivals, get, TestTime } from '../forward/rig.ts';
import { streamOfRun } from '../io/native-here.ts';

const NEVER = new AbortController().signal;
const LIMITS: ListenerLimits = {
  connections: 100,
  handshakes: 100,
  maxAge: milliseconds(3_600_000),
  maxAgeGrace: milliseconds(60_000),
  perPeer: 1_000,
  handshakesPerTurn: 8,
  handshakeTime: milliseconds(10_000),
  grace: milliseconds(0),
};

function snapshotOf(authority: TestAuthority, leaf: TestLeaf, generation: number): Snapshot {
  return {
    generation,
    id: demand(parseSpiffeId(`spiffe://${TEST_TRUST_DOMAIN}/ns/shop/sa/agent`)),
    key: leaf.key,
    leaf: demand(parseCertificate(leaf.der)),
    chain: [leaf.der],
    roots: [authority.der],
    bundleGeneration: 1,
    renewAt: epochSeconds(0),
  };
}

interface Stage extends AsyncDisposable {
  readonly authority: TestAuthority;
  readonly listener: ListenerService;
  readonly refused: Arrivals<RefusedConnection>;
  readonly seen: Arrivals<InboundConnection>;
  readonly time: TestTime;
  adopt(next: Snapshot): void;
  /** Options of a client; `own` is what it shows. */
  options(own: TestLeaf | undefined): ConnectionOptions;
  certify(options?: LeafOptions): TestLeaf;
}

async function createStage(limits: Partial<ListenerLimits> = {}): Promise<Stage> {
  const authority = createTestAuthority();
  let current = snapshotOf(authority, issueTestLeaf(authority, { path: '/ns/shop/sa/payments' }), 1);
  const subscribers = new Set<(next: Snapshot) => void>();
  const refused = new Arrivals<RefusedConnection>();
  const seen = new Arrivals<InboundConnection>();
  const time = new TestTime();
  const trustDomain = demand(parseTrustDomain(TEST_TRUST_DOMAIN));
  const listener = createTlsListener<string>({
    streamOf: streamOfRun,
    name: 'inbound',
    address: { host: '127.0.0.1', port: 0 },
    limits: { ...LIMITS, ...limits },
    http: {
      rules: { scheme: 'https', ambiguousPaths: false, bodyOnSafeMethods: false },
      limits: HTTP_LIMITS,
      times: TIME_LIMITS,
    },
    credentials: {
      current: () => current,
      subscribe(tell) {
        subscribers.add(tell);
        return { [Symbol.dispose]: () => void subscribers.delete(tell) };
      },
    },
    clock: { now: () => systemClock().now(), monotonic: () => time.monotonic() },
    ticker: time,
    log: collectLog().log,
    recognise: (der) => recognisePeer(der, trustDomain, epochSeconds(Date.now() / 1000)),
    roomsFor(connection) {
      seen.add(connection);
      return {
        decide: () => ({ ok: false, refusal: { code: 'POLICY_NO_RULE', detail: '' }, note: '' }),
        onDone: () => undefined,
        recheck: () => undefined,
        challenge: () => [{ name: 'X-Peer', value: connection.peer.id.path }],
      };
    },
    onRefused: (refusal) => refused.add(refusal),
  });
  await listener.start(NEVER);
  return {
    authority,
    listener,
    refused,
    seen,
    time,
    adopt(next) {
      current = next;
      for (const tell of subscribers) tell(next);
    },
    options: (own) => ({
      host: '127.0.0.1',
      port: listener.address()?.port,
      ca: encodePem('CERTIFICATE', authority.der),
      checkServerIdentity: () => undefined,
      ...(own === undefined
        ? {}
        : { cert: encodePem('CERTIFICATE', own.der), key: own.key.export({ type: 'pkcs8', format: 'pem' }) }),
    }),
    certify: (options) => issueTestLeaf(authority, options),
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  };
}

/** What the server answers to one request, until it closes or says no more. */
async function ask(options: ConnectionOptions): Promise<string> {
  const socket = connect(options);
  socket.on('error', () => undefined);
  let text = '';
  const done = Promise.withResolvers<void>();
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
    if (text.includes('not allowed\n')) done.resolve();
  });
  socket.on('close', () => done.resolve());
  socket.write(get('/'));
  await done.promise;
  socket.destroy();
  return text;
}

async function secure(options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect(options);
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return socket;
}

function plain(port: number | undefined): Socket {
  const socket = connectTcp({ port: port ?? 0, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.resume();
  return socket;
}

describe('createTlsListener()', () => {
  it('A-005 reports PEER_NO_CERTIFICATE for a client without a certificate, with its address', async () => {
    await using stage = await createStage();
    expect(await ask(stage.options(undefined))).to.equal('');
    const { code, remote } = await stage.refused.at(0);
    expect(code).to.equal('PEER_NO_CERTIFICATE');
    expect(remote.host).to.equal('127.0.0.1');
    expect(remote.port).to.be.greaterThan(0);
  });

  it('A-029 reports PEER_UNTRUSTED for a certificate of another root, with its address', async () => {
    await using stage = await createStage();
    expect(await ask(stage.options(issueTestLeaf(createTestAuthority())))).to.equal('');
    const { code, remote } = await stage.refused.at(0);
    expect(code).to.equal('PEER_UNTRUSTED');
    expect(remote.port).to.be.greaterThan(0);
  });

  it('A-010 A-011 reports PEER_EXPIRED for a certificate that has ended or not begun', async () => {
    await using stage = await createStage();
    const now = Date.now() / 1000;
    expect(await ask(stage.options(stage.certify({ now: epochSeconds(now - 100), lifetime: 60 })))).to.equal('');
    expect((await stage.refused.at(0)).code).to.equal('PEER_EXPIRED');
    expect(await ask(stage.options(stage.certify({ now: epochSeconds(now + 1_000) })))).to.equal('');
    expect((await stage.refused.at(1)).code).to.equal('PEER_EXPIRED');
  });

  it('A-031 A-028 reports why a certificate of the right root is no identity here', async () => {
    await using stage = await createStage();
    expect(await ask(stage.options(stage.certify({ flaw: 'two-uris' })))).to.equal('');
    expect((await stage.refused.at(0)).code).to.equal('PEER_NOT_SVID');
    expect(await ask(stage.options(stage.certify({ flaw: 'other-domain' })))).to.equal('');
    expect((await stage.refused.at(1)).code).to.equal('PEER_TRUST_DOMAIN');
    expect(stage.seen.all).to.have.lengthOf(0);
  });

  it('A-001 A-002 A-060 A-078 reports PEER_HANDSHAKE for what is no handshake of ours, and lives', async () => {
    await using stage = await createStage();
    const own = stage.certify();
    await ask({ ...stage.options(own), minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' });
    expect((await stage.refused.at(0)).code).to.equal('PEER_HANDSHAKE');
    await ask({ ...stage.options(own), ALPNProtocols: ['h2'] });
    expect((await stage.refused.at(1)).code).to.equal('PEER_HANDSHAKE');
    for (const [place, text] of [
      'GET / HTTP/1.1\r\n\r\n',
      'PROXY TCP4 1.2.3.4 1.2.3.4 1 1\r\n',
      '\x80\x2e\x01',
    ].entries()) {
      const socket = plain(stage.listener.address()?.port);
      socket.end(text);
      await once(socket, 'close');
      expect((await stage.refused.at(2 + place)).code).to.equal('PEER_HANDSHAKE');
    }
    expect(await ask(stage.options(own))).to.include('X-Peer: /ns/shop/sa/agent');
  });

  it('hands on a connection with its peer, both ends and the generation of its handshake', async () => {
    await using stage = await createStage();
    const own = stage.certify({ path: '/ns/shop/sa/caller' });
    expect(await ask({ ...stage.options(own), ALPNProtocols: ['h2', 'http/1.1'] })).to.match(/^HTTP\/1.1 403 /);
    const { peer, local, remote, generation } = await stage.seen.at(0);
    expect(peer.id.path).to.equal('/ns/shop/sa/caller');
    expect(peer.der.equals(own.der)).to.equal(true);
    expect(local).to.deep.equal(stage.listener.address());
    expect(remote.host).to.equal('127.0.0.1');
    expect(generation).to.equal(1);
    expect(stage.refused.all).to.have.lengthOf(0);
  });

  it('A-534 serves a new snapshot to new handshakes, and leaves open connections alone', async () => {
    await using stage = await createStage();
    const own = stage.certify();
    const old = await secure(stage.options(own));
    const next = issueTestLeaf(stage.authority, { path: '/ns/shop/sa/payments' });
    stage.adopt(snapshotOf(stage.authority, next, 2));
    const fresh = await secure(stage.options(own));
    expect(fresh.getPeerX509Certificate()?.raw.equals(next.der)).to.equal(true);
    expect((await stage.seen.at(1)).generation).to.equal(2);
    old.write(get('/'));
    const [bytes] = (await once(old, 'data')) as [Buffer];
    expect(bytes.toString('latin1')).to.match(/^HTTP\/1.1 403 /);
    for (const socket of [old, fresh]) socket.destroy();
  });

  it('A-053 A-079 demands a certificate of the new root after the bundle changed, and TLS 1.3 still', async () => {
    await using stage = await createStage();
    const own = stage.certify();
    expect(await ask(stage.options(own))).to.match(/403/);
    const other = createTestAuthority();
    const leaf = issueTestLeaf(stage.authority);
    stage.adopt({ ...snapshotOf(stage.authority, leaf, 2), roots: [other.der] });
    expect(await ask(stage.options(own))).to.equal('');
    expect((await stage.refused.at(0)).code).to.equal('PEER_UNTRUSTED');
    const theirs = issueTestLeaf(other);
    expect(await ask(stage.options(theirs))).to.match(/403/);
    await ask({ ...stage.options(theirs), minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' });
    expect((await stage.refused.at(1)).code).to.equal('PEER_HANDSHAKE');
  });

  it('keeps serving the last good snapshot when the next one cannot be served', async () => {
    await using stage = await createStage();
    const stranger = issueTestLeaf(stage.authority);
    const good = issueTestLeaf(stage.authority);
    stage.adopt({ ...snapshotOf(stage.authority, good, 2), key: stranger.key });
    expect(await ask(stage.options(stage.certify()))).to.match(/403/);
    expect((await stage.seen.at(0)).generation).to.equal(1);
  });

  it('A-064 ends the oldest handshake beyond the bound with LIMIT_CONNECTIONS, and serves the newcomer', async () => {
    await using stage = await createStage({ handshakes: 1 });
    const silent = plain(stage.listener.address()?.port);
    await once(silent, 'connect');
    const gone = once(silent, 'close');
    expect(await ask(stage.options(stage.certify()))).to.match(/403/);
    await gone;
    expect(await stage.refused.at(0)).to.include({ code: 'LIMIT_CONNECTIONS' });
  });

  it('A-065 ends a handshake whose client has ended its half, at once', async () => {
    await using stage = await createStage();
    const silent = plain(stage.listener.address()?.port);
    await once(silent, 'connect');
    silent.end();
    await once(silent, 'close');
    expect((await stage.refused.at(0)).code).to.equal('PEER_HANDSHAKE');
  });

  it('A-285 reports LIMIT_CONNECTIONS for a connection beyond the bound', async () => {
    await using stage = await createStage({ connections: 1 });
    const first = await secure(stage.options(stage.certify()));
    const second = plain(stage.listener.address()?.port);
    await once(second, 'close');
    expect(await stage.refused.at(0)).to.include({ code: 'LIMIT_CONNECTIONS' });
    first.destroy();
  });

  it('LIFE_PORT says in one line which address is taken', async () => {
    await using stage = await createStage();
    const taken = stage.listener.address() ?? { host: '', port: 0 };
    const listener = createTlsListener<string>({
      streamOf: streamOfRun,
      name: 'second',
      address: taken,
      limits: LIMITS,
      http: {
        rules: { scheme: 'https', ambiguousPaths: false, bodyOnSafeMethods: false },
        limits: HTTP_LIMITS,
        times: TIME_LIMITS,
      },
      credentials: {
        current: () => snapshotOf(stage.authority, issueTestLeaf(stage.authority), 1),
        subscribe: () => ({ [Symbol.dispose]: () => undefined }),
      },
      clock: systemClock(),
      ticker: stage.time,
      log: collectLog().log,
      recognise: () => ({ ok: false, refusal: { code: 'PEER_NOT_SVID', detail: '' } }),
      roomsFor: () => ({
        decide: () => Promise.reject(new Error()),
        onDone: () => undefined,
        recheck: () => undefined,
        challenge: () => [],
      }),
      onRefused: () => undefined,
    });
    const failure: unknown = await listener.start(NEVER).catch((thrown: unknown) => thrown);
    expect(failure).to.include({
      code: 'LIFE_PORT',
      detail: `cannot listen on 127.0.0.1:${taken.port}: another process listens there (EADDRINUSE)`,
    });
    await listener[Symbol.asyncDispose]();
  });

  it('A-536 drains: ends idle connections, takes no new ones, cuts what is left at the deadline', async () => {
    await using stage = await createStage();
    const idle = await secure(stage.options(stage.certify()));
    const busy = await secure(stage.options(stage.certify()));
    await stage.seen.at(1);
    busy.write('GET / HTTP/1.1\r\n');
    const ended = once(idle, 'end');
    idle.resume();
    busy.resume();
    const cut = once(busy, 'close');
    await stage.listener.drain(milliseconds(200));
    await Promise.all([ended, cut]);
    expect(stage.listener.size()).to.be.at.most(2);
    const late = plain(stage.listener.address()?.port);
    const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).to.equal('ECONNREFUSED');
  });

  it('A-536 goes on accepting for the grace time of a drain, and announces the end in each answer', async () => {
    await using stage = await createStage({ grace: milliseconds(60_000) });
    const draining = stage.listener.drain(milliseconds(300));
    expect(await ask(stage.options(stage.certify()))).to.include('Connection: close');
    await draining;
  });
});
