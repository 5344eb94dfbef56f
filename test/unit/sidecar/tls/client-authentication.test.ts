/** Clients whose certificate is real but whose proof of its key is not: message by message, against a running inbound. */
import type { KeyObject } from 'node:crypto';

import { expect } from 'chai';

import type { Snapshot } from '../../../../sidecar/credentials/snapshot.ts';
import { clientTlsOptions } from '../../../../sidecar/tls/options.ts';
import { helloOf, MESSAGE, Tls13Client } from '../../../kit/tls13-client.ts';
import { testKey } from '../../../kit/x509.ts';
import { answerTo, ANYBODY, expectOutcome, openGate, send, visit, type Gate } from './gate.ts';

/** What a client does between the server's Finished and its own. */
type Proof = (client: Tls13Client) => void;

/** A handshake with this proof and a request behind it, up to the close. */
async function knock(
  port: number,
  proof: Proof,
  path = '/attack',
): Promise<{ alert: number | undefined; text: string }> {
  const client = await Tls13Client.connect(port);
  client.say(helloOf(client.extensions()));
  expect(await client.hear()).to.equal(true);
  proof(client);
  client.finish();
  send(client, path);
  client.socket.end();
  const text = await answerTo(client);
  return { alert: client.alert, text };
}

/** Alerts of RFC 8446 section 6.2: they show that it was this that was refused. */
const UNEXPECTED_MESSAGE = 10;
const DECRYPT_ERROR = 51;
const CERTIFICATE_REQUIRED = 116;

const proves =
  (chain: readonly Buffer[], key: KeyObject): Proof =>
  (client) => {
    client.say(client.certificate(chain));
    client.say(client.certificateVerify(key));
  };

describe('the proof of a client', () => {
  let gate: Gate;
  let good: Snapshot;
  before(async () => {
    gate = await openGate();
    good = gate.certify();
  });
  after(() => gate[Symbol.asyncDispose]());

  it('is taken when it is sound, so that the refusals below are due to what they change', async () => {
    const { text } = await knock(gate.ports[0], proves(good.chain, good.key), '/sound');
    expect(text).to.match(/^HTTP\/1\.1 200 /);
    expect(gate.reached.at(-1)).to.equal('/sound');
  });

  const ATTACKS: Readonly<Record<string, readonly [code: string, alert: number, proof: Proof]>> = {
    'A-005 no Certificate message at all': ['PEER_HANDSHAKE', UNEXPECTED_MESSAGE, () => undefined],
    'A-006 an empty Certificate message': [
      'PEER_NO_CERTIFICATE',
      CERTIFICATE_REQUIRED,
      (client) => client.say(client.certificate([])),
    ],
    'A-006 an empty Certificate message with a CertificateVerify': [
      'PEER_NO_CERTIFICATE',
      CERTIFICATE_REQUIRED,
      (client) => proves([], good.key)(client),
    ],
    'A-007 no CertificateVerify': [
      'PEER_HANDSHAKE',
      UNEXPECTED_MESSAGE,
      (client) => client.say(client.certificate(good.chain)),
    ],
    'A-007 the CertificateVerify before the Certificate': [
      'PEER_HANDSHAKE',
      UNEXPECTED_MESSAGE,
      (client) => {
        client.say(client.certificateVerify(good.key));
        client.say(client.certificate(good.chain));
      },
    ],
    'A-008 a CertificateVerify by another key': [
      'PEER_HANDSHAKE',
      DECRYPT_ERROR,
      (client) => proves(good.chain, testKey())(client),
    ],
    'A-076 our own certificate with no CertificateVerify': [
      'PEER_HANDSHAKE',
      UNEXPECTED_MESSAGE,
      (client) => client.say(client.certificate(gate.own.chain)),
    ],
    'A-076 our own certificate with a CertificateVerify by another key': [
      'PEER_HANDSHAKE',
      DECRYPT_ERROR,
      (client) => proves(gate.own.chain, good.key)(client),
    ],
    'A-076 our own messages, sent back as they came': [
      'PEER_HANDSHAKE',
      DECRYPT_ERROR,
      (client) => {
        const said = (type: number): Buffer => client.said.find(([first]) => first === type) ?? Buffer.alloc(0);
        client.say(said(MESSAGE.certificate));
        client.say(said(MESSAGE.certificateVerify));
      },
    ],
  };
  for (const [title, [code, alert, proof]] of Object.entries(ATTACKS))
    it(`${title} is refused, counted once as ${code}`, () =>
      expectOutcome(gate, [code], async () => {
        expect(await knock(gate.ports[0], proof)).to.deep.equal({ alert, text: '' });
      }));

  it('A-008 a CertificateVerify of an earlier handshake is refused, counted once', () =>
    expectOutcome(gate, ['admitted', 'PEER_HANDSHAKE'], async () => {
      const earlier = await Tls13Client.connect(gate.ports[0]);
      earlier.say(helloOf(earlier.extensions()));
      await earlier.hear();
      earlier.say(earlier.certificate(good.chain));
      const old = earlier.certificateVerify(good.key);
      earlier.say(old);
      earlier.finish();
      earlier.socket.end();
      await answerTo(earlier);
      const replay: Proof = (client) => {
        client.say(client.certificate(good.chain));
        client.say(old);
      };
      expect((await knock(gate.ports[0], replay)).text).to.equal('');
    }));

  it('A-009 a CertificateVerify with any byte changed, in its lowest or its highest bit, is refused', async () => {
    const told = gate.handshakes.all.length;
    let tried = 0;
    const change =
      (at: number, bit: number): Proof =>
      (client) => {
        client.say(client.certificate(good.chain));
        const sound = client.certificateVerify(good.key);
        const index = at < 0 ? sound.length + at : at;
        sound[index] = (sound[index] ?? 0) ^ bit;
        client.say(sound);
      };
    // The signature is 70 to 72 bytes of DER behind a head of 8: counted from both ends, every byte is met.
    for (const at of [...Array(44).keys()].flatMap((place) => [place, -1 - place])) {
      for (const bit of [0x01, 0x80]) {
        expect((await knock(gate.ports[0], change(at, bit))).text, `byte ${at}, bit ${bit}`).to.equal('');
        expect(await gate.handshakes.at(told + tried++)).to.equal('PEER_HANDSHAKE');
      }
    }
    await expectOutcome(gate, [], () => Promise.resolve());
    expect(gate.handshakes.all.slice(told)).to.have.lengthOf(tried + 1);
    expect(gate.reached).to.not.include('/attack');
  });

  it('A-076 our own identity is no special right: policy decides on it as on any other', async () => {
    const twin = clientTlsOptions(gate.certify(gate.own.id.path));
    const self = clientTlsOptions(gate.own);
    const others = { ...ANYBODY, peers: [{ exact: gate.certify().id.path }] };
    for (const options of [twin, self]) {
      gate.setRules([ANYBODY]);
      expect((await visit(gate.ports[0], options)).text).to.match(/^HTTP\/1\.1 200 /);
      gate.setRules([others]);
      expect((await visit(gate.ports[0], options, '/self')).text).to.match(/^HTTP\/1\.1 403 /);
    }
    expect(gate.reached).to.not.include('/self');
    gate.setRules([ANYBODY]);
  });
});
