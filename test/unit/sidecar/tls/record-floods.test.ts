/** Records that cost the sender nothing. They end the connection or are worked off; others are served meanwhile. */
import { setImmediate as turn } from 'node:timers/promises';

import { expect } from 'chai';

import type { Snapshot } from '../../../../sidecar/credentials/snapshot.ts';
import { helloOf, RECORD, recordOf, Tls13Client } from '../../../kit/tls13-client.ts';
import { answerTo, enter, expectOutcome, openGate, send, type Gate } from './gate.ts';

const MANY = 2_000;
const EMPTY = Buffer.alloc(0);
const WARNING = 1;
const CLOSE_NOTIFY = 0;
const USER_CANCELED = 90;
const NO_RENEGOTIATION = 100;

describe('floods of records', () => {
  let gate: Gate;
  let holder: Snapshot;
  before(async () => {
    gate = await openGate();
    holder = gate.certify();
  });
  after(() => gate[Symbol.asyncDispose]());

  /** Sends them and a request behind; the server must close without an answer. */
  async function flood(client: Tls13Client, type: number, content: Buffer, count: number): Promise<void> {
    for (let sent = 0; sent < count; sent += 1) client.send(type, content);
    send(client, '/attack');

    expect(await answerTo(client)).to.equal('');
  }

  const alert = (description: number, level = WARNING): Buffer => Buffer.from([level, description]);
  const ENCRYPTED: Readonly<Record<string, readonly [type: number, content: Buffer, count: number]>> = {
    'A-068 2,000 empty records of data': [RECORD.applicationData, EMPTY, MANY],
    'A-068 an empty handshake record': [RECORD.handshake, EMPTY, 1],
    'A-068 an empty alert': [RECORD.alert, EMPTY, 1],
    'A-069 2,000 warnings user_canceled': [RECORD.alert, alert(USER_CANCELED), MANY],
    'A-069 a warning of TLS 1.2': [RECORD.alert, alert(NO_RENEGOTIATION), 1],
  };
  for (const [title, [type, content, count]] of Object.entries(ENCRYPTED))
    it(`${title} behind the handshake: closed, counted once, others served`, () =>
      expectOutcome(gate, ['admitted', 'PEER_PROTOCOL'], async () =>
        flood(await enter(gate.ports[0], holder), type, content, count),
      ));

  it('A-069 2,000 warnings close_notify behind the handshake: an end in order, others served', () =>
    expectOutcome(gate, ['admitted'], async () =>
      flood(await enter(gate.ports[0], holder), RECORD.alert, alert(CLOSE_NOTIFY), MANY),
    ));

  const PLAIN: Readonly<Record<string, readonly [type: number, content: Buffer, count: number]>> = {
    'A-068 2,000 empty handshake records': [RECORD.handshake, EMPTY, MANY],
    'A-068 2,000 empty records of data': [RECORD.applicationData, EMPTY, MANY],
    'A-069 2,000 warnings user_canceled': [RECORD.alert, alert(USER_CANCELED), MANY],
    'A-069 2,000 warnings of TLS 1.2': [RECORD.alert, alert(NO_RENEGOTIATION), MANY],
    'A-069 2,000 warnings close_notify': [RECORD.alert, alert(CLOSE_NOTIFY), MANY],
  };
  for (const [title, [type, content, count]] of Object.entries(PLAIN)) {
    it(`${title} before the hello: closed, counted once, others served`, () =>
      expectOutcome(gate, ['PEER_HANDSHAKE'], async () =>
        flood(await Tls13Client.connect(gate.ports[0]), type, content, count),
      ));
    it(`${title} in the middle of the hello: closed, counted once, others served`, () =>
      expectOutcome(gate, ['PEER_HANDSHAKE'], async () => {
        const client = await Tls13Client.connect(gate.ports[0]);
        client.socket.write(recordOf(RECORD.handshake, helloOf(client.extensions()).subarray(0, 20)));
        await flood(client, type, content, count);
      }));
    it(`${title} in place of the certificate: closed, counted once, others served`, () =>
      expectOutcome(gate, ['PEER_HANDSHAKE'], async () => {
        const client = await Tls13Client.connect(gate.ports[0]);
        client.say(helloOf(client.extensions()));
        expect(await client.hear()).to.equal(true);
        await flood(client, type, content, count);
      }));
  }

  it('A-068 A-069 a few empty records and a warning that TLS 1.3 has, then a request: served', async () => {
    const client = await enter(gate.ports[0], holder);
    for (let sent = 0; sent < 8; sent += 1) client.send(RECORD.applicationData, EMPTY);
    client.send(RECORD.alert, alert(USER_CANCELED));
    send(client, '/few');
    expect(await answerTo(client)).to.match(/^HTTP\/1\.1 200 /);
  });

  /** Changes of its key that all ask for one of ours; the client reads nothing meanwhile. */
  function updateKeys(client: Tls13Client, count: number): void {
    for (let sent = 0; sent < count; sent += 1) client.updateKey(true);
  }

  it('A-066 a change of key now and then, our own asked for, then a request: served', async () => {
    const client = await enter(gate.ports[0], holder);
    updateKeys(client, 100);
    send(client, '/few');
    expect(await answerTo(client)).to.match(/^HTTP\/1\.1 200 /);
  });

  it('A-066 a body in 5,000 records of one byte each is no flood: served', async () => {
    const client = await enter(gate.ports[0], holder);
    const head = `POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\nConnection: close\r\n\r\n`;
    client.send(RECORD.applicationData, Buffer.from(head));
    for (let sent = 0; sent < 5_000; sent += 1) client.send(RECORD.applicationData, Buffer.from('x'));
    expect(await answerTo(client)).to.match(/^HTTP\/1\.1 200 /);
  });

  it('A-066 changes of key without end: closed before they are many, counted once, others served', () =>
    expectOutcome(gate, ['admitted', 'PEER_PROTOCOL'], async () => {
      const client = await enter(gate.ports[0], holder);
      let isClosed = false;
      client.socket.on('close', () => {
        isClosed = true;
      });
      while (!isClosed) {
        updateKeys(client, 100);
        await turn();
      }
    }));
});
