/** What a known peer may not say once its handshake is done. The app never sees the request behind it. */
import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import type { Snapshot } from '../../../../sidecar/credentials/snapshot.ts';
import { helloOf, MESSAGE, messageOf, number, RECORD, Tls13Client, vector } from '../../../kit/tls13-client.ts';
import { answerTo, enter, expectOutcome, openGate, send, type Gate } from './gate.ts';

type Message = (client: Tls13Client, holder: Snapshot) => Buffer;

const UNEXPECTED_MESSAGE = 10;
const POST_HANDSHAKE_AUTH = 49;
const RENEGOTIATION_INFO = 0xff01;

const MESSAGES: Readonly<Record<string, Message>> = {
  'A-004 a second ClientHello': (client) => helloOf(client.extensions()),
  'A-004 a second ClientHello that names a renegotiation': (client) =>
    helloOf(client.extensions([[RENEGOTIATION_INFO, vector(1, randomBytes(12))]])),
  'A-004 a HelloRequest': () => messageOf(0, Buffer.alloc(0)),
  'A-067 a Certificate': (client, { chain }) => client.certificate(chain),
  'A-067 an empty Certificate': (client) => client.certificate([]),
  'A-067 a CertificateVerify': (client, { key }) => client.certificateVerify(key),
  'A-067 a CertificateRequest': () =>
    messageOf(MESSAGE.certificateRequest, Buffer.concat([vector(1, randomBytes(8)), vector(2)])),
  'A-067 a second Finished': () => messageOf(MESSAGE.finished, randomBytes(32)),
  'A-067 a NewSessionTicket': () =>
    messageOf(
      MESSAGE.newSessionTicket,
      Buffer.concat([Buffer.alloc(8), vector(1), vector(2, Buffer.alloc(16)), vector(2)]),
    ),
};

describe('after the handshake', () => {
  let gate: Gate;
  let holder: Snapshot;
  before(async () => {
    gate = await openGate();
    holder = gate.certify();
  });
  after(() => gate[Symbol.asyncDispose]());

  for (const [title, message] of Object.entries(MESSAGES))
    for (const offers of [false, true])
      it(`${title} is refused, counted once as PEER_PROTOCOL${offers ? ', from who offered authentication later' : ''}`, () =>
        expectOutcome(gate, ['admitted', 'PEER_PROTOCOL'], async () => {
          const client = await enter(gate.ports[0], holder, (raw) =>
            helloOf(raw.extensions(offers ? [[POST_HANDSHAKE_AUTH, Buffer.alloc(0)]] : [])),
          );
          client.send(RECORD.handshake, message(client, holder));
          send(client, '/attack');
          expect(await answerTo(client)).to.equal('');
          expect(client.alert).to.equal(UNEXPECTED_MESSAGE);
        }));

  it('A-004 a hello of TLS 1.2 that could be renegotiated is refused, counted once', () =>
    expectOutcome(gate, ['PEER_HANDSHAKE'], async () => {
      const client = await Tls13Client.connect(gate.ports[0]);
      const groups = vector(2, number(0x0017, 2), number(0x001d, 2));
      client.say(
        helloOf(
          [
            [RENEGOTIATION_INFO, vector(1)],
            [10, groups],
            [13, vector(2, number(0x0403, 2))],
          ],
          [0xc02b],
        ),
      );
      expect(await client.hear()).to.equal(false);
      expect(client.alert).to.equal(70);
    }));
});
