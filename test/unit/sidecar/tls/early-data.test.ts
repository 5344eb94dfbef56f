/** Requests that come before the handshake is done, and keys that were agreed outside of it: neither replaces a certificate. */
import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import type { Snapshot } from '../../../../sidecar/credentials/snapshot.ts';
import {
  EXTENSION,
  helloWithPsk,
  MESSAGE,
  messageOf,
  RECORD,
  recordOf,
  Tls13Client,
  type Extensions,
} from '../../../kit/tls13-client.ts';
import { answerTo, expectOutcome, openGate, prove, send, type Gate } from './gate.ts';

const KEY = randomBytes(32);
const EARLY: Extensions[number] = [EXTENSION.earlyData, Buffer.alloc(0)];
/** psk_dhe_ke and psk_ke; the second does without a key share. */
const WITH_SHARE: Extensions[number] = [EXTENSION.pskKeyExchangeModes, Buffer.from([1, 1])];
const WITHOUT_SHARE: Extensions[number] = [EXTENSION.pskKeyExchangeModes, Buffer.from([1, 0])];

/** Types of the extensions in a ServerHello or EncryptedExtensions. */
function typesIn(client: Tls13Client, message: number): readonly number[] {
  const whole = client.said.find(([type]) => type === message) ?? Buffer.alloc(0);
  // ServerHello: version, random, empty session id, cipher suite, compression before the list.
  let at = 4 + 2 + (message === MESSAGE.serverHello ? 38 : 0);
  const types: number[] = [];
  for (; at < whole.length; at += 4 + whole.readUInt16BE(at + 2)) types.push(whole.readUInt16BE(at));
  return types;
}

describe('early data and external keys', () => {
  let gate: Gate;
  let holder: Snapshot;
  before(async () => {
    gate = await openGate();
    holder = gate.certify();
  });
  after(() => gate[Symbol.asyncDispose]());

  /** Sends a hello that offers a key, and early records behind it; whether the server went on. */
  async function offer(client: Tls13Client, others: Extensions, early: readonly number[] = []): Promise<boolean> {
    client.say(helloWithPsk(client.extensions(others), 'agreed', KEY));
    for (const length of early) client.send(RECORD.applicationData, randomBytes(length));
    return client.hear();
  }

  it('A-058 skips a request in 0-RTT, and answers the one behind the handshake', async () => {
    const client = await Tls13Client.connect(gate.ports[0]);
    expect(await offer(client, [EARLY, WITH_SHARE], [300])).to.equal(true);
    expect(typesIn(client, MESSAGE.encryptedExtensions)).to.not.include(EXTENSION.earlyData);
    prove(client, holder);
    send(client, '/behind');
    expect(await answerTo(client)).to.match(/^HTTP\/1\.1 200 /);
    expect(gate.reached.splice(0)).to.deep.equal(['/behind']);
  });

  it('A-058 gives nothing for 0-RTT data without a handshake, however often it is sent', () =>
    expectOutcome(gate, Array<string>(5).fill('PEER_HANDSHAKE'), async () => {
      const probe = await Tls13Client.connect(gate.ports[0]);
      const hello = helloWithPsk(probe.extensions([EARLY, WITH_SHARE]), 'agreed', KEY);
      const flight = Buffer.concat([
        recordOf(RECORD.handshake, hello),
        recordOf(RECORD.applicationData, randomBytes(300)),
      ]);
      const replays = await Promise.all([1, 2, 3, 4].map(() => Tls13Client.connect(gate.ports[0])));
      for (const client of [probe, ...replays]) {
        client.socket.end(flight);
        while ((await client.read()) !== undefined);
      }
    }));

  it('A-058 closes on more 0-RTT data than it would skip, counted once', () =>
    expectOutcome(gate, ['PEER_HANDSHAKE'], async () => {
      const client = await Tls13Client.connect(gate.ports[0]);
      await offer(client, [EARLY, WITH_SHARE], Array<number>(100).fill(16_000));
      while ((await client.read()) !== undefined);
    }));

  it('A-058 refuses an EndOfEarlyData that ends nothing, counted once', () =>
    expectOutcome(gate, ['PEER_HANDSHAKE'], async () => {
      const client = await Tls13Client.connect(gate.ports[0]);
      expect(await offer(client, [EARLY, WITH_SHARE])).to.equal(true);
      client.say(messageOf(MESSAGE.endOfEarlyData, Buffer.alloc(0)));
      prove(client, holder);
      send(client, '/attack');
      expect(await answerTo(client)).to.equal('');
    }));

  it('A-059 demands a certificate of who offers an external key, refused and counted as PEER_NO_CERTIFICATE', () =>
    expectOutcome(gate, ['PEER_NO_CERTIFICATE'], async () => {
      const client = await Tls13Client.connect(gate.ports[0]);
      expect(await offer(client, [WITH_SHARE])).to.equal(true);
      expect(typesIn(client, MESSAGE.serverHello)).to.not.include(EXTENSION.preSharedKey);
      expect(client.said.map(([type]) => type)).to.include(MESSAGE.certificateRequest);
      client.say(client.certificate([]));
      client.finish();
      send(client, '/attack');
      expect(await answerTo(client)).to.equal('');
    }));

  it('A-059 refuses who offers an external key and goes straight to Finished, counted once', () =>
    expectOutcome(gate, ['PEER_HANDSHAKE'], async () => {
      const client = await Tls13Client.connect(gate.ports[0]);
      expect(await offer(client, [WITH_SHARE])).to.equal(true);
      client.finish();
      send(client, '/attack');
      expect(await answerTo(client)).to.equal('');
    }));

  it('A-059 refuses a hello that would do with the external key alone, counted once', () =>
    expectOutcome(gate, ['PEER_HANDSHAKE'], async () => {
      const client = await Tls13Client.connect(gate.ports[0]);
      const withoutShare = client.extensions().filter(([type]) => type !== EXTENSION.keyShare);
      client.say(helloWithPsk([...withoutShare, WITHOUT_SHARE], 'agreed', KEY));
      expect(await client.hear()).to.equal(false);
    }));

  it('A-059 takes no notice of the external key of who has a certificate too', async () => {
    const client = await Tls13Client.connect(gate.ports[0]);
    expect(await offer(client, [WITH_SHARE])).to.equal(true);
    expect(typesIn(client, MESSAGE.serverHello)).to.not.include(EXTENSION.preSharedKey);
    prove(client, holder);
    send(client, '/both');
    expect(await answerTo(client)).to.match(/^HTTP\/1\.1 200 /);
  });
});
