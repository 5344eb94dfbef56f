/** Clients that come back with the session of an earlier connection: each makes a full handshake, and is judged anew. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type ConnectionOptions } from 'node:tls';

import { expect } from 'chai';

import { epochSeconds } from '../../../../core/time/units.ts';
import { clientTlsOptions, serverTlsOptions } from '../../../../sidecar/tls/options.ts';
import type { Snapshot } from '../../../../sidecar/credentials/snapshot.ts';
import { testSnapshot } from '../../../kit/snapshot.ts';
import { createTestAuthority } from '../../../kit/x509.ts';
import { ANYBODY, expectOutcome, openGate, requestFor, type Gate } from './gate.ts';

interface Visit {
  readonly text: string;
  readonly isResumed: boolean;
  readonly session: Buffer | undefined;
}

/** One request of a client that resumes wherever it is let: our own options forbid it on the client's side too. */
async function visit(port: number, options: ConnectionOptions): Promise<Visit> {
  const settings = { host: '127.0.0.1', port, checkServerIdentity: () => undefined, secureOptions: 0 };
  const socket = connect({ ...options, ...settings });
  let [text, isResumed] = ['', false];
  let session: Buffer | undefined;
  socket.on('error', () => undefined);
  socket.on('session', (next) => {
    session = next;
  });
  socket.on('secureConnect', () => {
    isResumed = socket.isSessionReused();
  });
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
  });
  socket.write(requestFor('/visit'));
  await new Promise((resolve) => socket.once('close', resolve));
  return { text, isResumed, session };
}

describe('resumption', () => {
  let gate: Gate;
  let holder: Snapshot;
  before(async () => {
    gate = await openGate();
    holder = gate.certify();
  });
  after(() => gate[Symbol.asyncDispose]());
  const only = (peer: Snapshot) => ({ ...ANYBODY, peers: [{ exact: peer.id.path }] });

  /** A session as this gate hands it out to the holder. */
  async function sessionOf(port = gate.ports[0], options: ConnectionOptions = {}): Promise<{ session: Buffer }> {
    const { text, session } = await visit(port, { ...clientTlsOptions(holder), ...options });
    expect(text).to.match(/^HTTP\/1\.1 200 /);
    if (session === undefined) throw new Error('no session to come back with');
    return { session };
  }

  it('A-054 is not given after a change of policy: full handshake, and the verdict of now', async () => {
    const old = await sessionOf();
    gate.setRules([only(gate.own)]);
    const back = await visit(gate.ports[0], { ...clientTlsOptions(holder), ...old });
    expect(back.isResumed).to.equal(false);
    expect(back.text).to.match(/^HTTP\/1\.1 403 /);
    gate.setRules([ANYBODY]);
  });

  it('A-055 is not given after a restart with the same key and certificate', async () => {
    const first = await openGate({ authority: gate.authority, own: gate.own });
    const old = await sessionOf(first.ports[0]);
    await first.stop();
    await using second = await openGate({ authority: gate.authority, own: gate.own, ports: first.ports });
    const back = await visit(second.ports[0], { ...clientTlsOptions(holder), ...old });
    expect(back.isResumed).to.equal(false);
    expect(back.text).to.match(/^HTTP\/1\.1 200 /);
    expect(second.handshakes.all).to.deep.equal(['admitted']);
  });

  it('A-055 is not given for a true ticket of a server with our key and kept ticket keys', async () => {
    const server = createServer({ ...serverTlsOptions(gate.own), secureOptions: 0, ticketKeys: randomBytes(48) });
    server.on('secureConnection', (socket) => socket.on('error', () => undefined).end('HTTP/1.1 200 OK\r\n\r\n'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const old = await sessionOf(port);
    expect((await visit(port, { ...clientTlsOptions(holder), ...old })).isResumed, 'where it may').to.equal(true);
    const back = await visit(gate.ports[0], { ...clientTlsOptions(holder), ...old });
    expect(back.isResumed).to.equal(false);
    expect(back.text).to.match(/^HTTP\/1\.1 200 /);
    server.close();
  });

  for (const [where, port, servername] of [
    ['on another listener', 1, 'a.example'],
    ['under another name', 0, 'b.example'],
    ['under no name', 0, ''],
  ] as const)
    it(`A-056 is not given ${where}`, async () => {
      const old = await sessionOf(gate.ports[0], { servername: 'a.example' });
      const back = await visit(gate.ports[port], { ...clientTlsOptions(holder), ...old, servername });
      expect(back.isResumed).to.equal(false);
      expect(back.text).to.match(/^HTTP\/1\.1 200 /);
    });

  it('A-057 is not given with another certificate: the peer is who it shows now', async () => {
    const other = gate.certify('/ns/shop/sa/other');
    const old = await sessionOf();
    for (const [rules, status] of [
      [[only(holder)], 403],
      [[only(other)], 200],
    ] as const) {
      gate.setRules(rules);
      const back = await visit(gate.ports[0], { ...clientTlsOptions(other), ...old });
      expect(back.isResumed).to.equal(false);
      expect(back.text).to.match(new RegExp(`^HTTP/1\\.1 ${status} `));
    }
    gate.setRules([ANYBODY]);
  });

  const stranger = clientTlsOptions(testSnapshot(createTestAuthority(), epochSeconds(Date.now() / 1000)));
  const { key: _key, cert: _cert, ...nameless } = stranger;
  for (const [what, code, options] of [
    ['no certificate', 'PEER_NO_CERTIFICATE', nameless],
    ['a certificate of another root', 'PEER_UNTRUSTED', stranger],
  ] as const)
    it(`A-057 is not given with ${what}: refused, counted once as ${code}`, async () => {
      const old = await sessionOf();
      await expectOutcome(gate, [code], async () => {
        expect(await visit(gate.ports[0], { ...options, ca: clientTlsOptions(holder).ca, ...old })).to.include({
          text: '',
          isResumed: false,
        });
      });
    });
});
