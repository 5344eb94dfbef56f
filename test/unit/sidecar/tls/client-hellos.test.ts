/** Odd hellos: what they ask for is not followed, what they are too big or too small for is not paid by others. */
import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import type { Snapshot } from '../../../../sidecar/credentials/snapshot.ts';
import { serverTlsOptions } from '../../../../sidecar/tls/options.ts';
import {
  EXTENSION,
  helloOf,
  MESSAGE,
  number,
  RECORD,
  recordOf,
  Tls13Client,
  vector,
  type Extensions,
} from '../../../kit/tls13-client.ts';
import { answerTo, expectOutcome, openGate, prove, send, type Gate } from './gate.ts';

const PROTOCOL_VERSION = 70;
const TLS13 = 0x0304;
const TLS12 = 0x0303;
/** RFC 8701. */
const GREASE = [0x0a0a, 0x1a1a, 0x8a8a, 0xfafa] as const;

const sni = (name: string | Buffer): Extensions[number] => [
  EXTENSION.serverName,
  vector(2, Buffer.from([0]), vector(2, Buffer.from(name))),
];
const versions = (...list: readonly number[]): Extensions[number] => [
  EXTENSION.supportedVersions,
  vector(1, ...list.map((version) => number(version, 2))),
];
const protocols = (...names: readonly (string | Buffer)[]): Extensions[number] => [
  EXTENSION.alpn,
  vector(2, ...names.map((name) => vector(1, Buffer.from(name)))),
];

describe('hellos', () => {
  let gate: Gate;
  let holder: Snapshot;
  before(async () => {
    gate = await openGate();
    holder = gate.certify();
  });
  after(() => gate[Symbol.asyncDispose]());

  type Write = (client: Tls13Client) => Buffer;

  /** One request behind this hello must be answered, by the certificate that everybody gets. */
  async function expectServed(hello: Write, most = 16_384): Promise<void> {
    const before = gate.handshakes.all.length;
    const client = await Tls13Client.connect(gate.ports[0]);
    client.say(hello(client), most);
    expect(await client.hear()).to.equal(true);
    const shown = client.said.find(([type]) => type === MESSAGE.certificate);
    expect(shown?.includes(gate.own.leaf.der)).to.equal(true);
    prove(client, holder);
    send(client, '/odd');
    expect(await answerTo(client)).to.match(/^HTTP\/1\.1 200 /);
    expect(gate.handshakes.all.slice(before)).to.deep.equal(['admitted']);
  }

  async function expectRefused(hello: Write, alert?: number): Promise<void> {
    await expectOutcome(gate, ['PEER_HANDSHAKE'], async () => {
      const client = await Tls13Client.connect(gate.ports[0]);
      client.say(hello(client));
      expect(await client.hear()).to.equal(false);
      if (alert !== undefined) expect(client.alert).to.equal(alert);
    });
  }

  /** Everything a hello of TLS 1.2 needs, and no `supported_versions`. */
  const stripped = (client: Tls13Client): Extensions =>
    client.extensions().filter(([type]) => type !== EXTENSION.supportedVersions);

  it('A-003 refuses a hello whose supported_versions was stripped, with protocol_version, counted once', async () => {
    await expectRefused((client) => helloOf(stripped(client)), PROTOCOL_VERSION);
    await expectRefused((client) => helloOf(stripped(client), [0x1301, 0xc02b, 0xc02f]), PROTOCOL_VERSION);
  });

  for (const [what, list] of [
    ['TLS 1.2', [TLS12]],
    ['TLS 1.2 and below', [TLS12, 0x0302, 0x0301]],
    ['a draft of 1.3', [0x7f1c]],
    ['GREASE only', [GREASE[0]]],
  ] as const)
    it(`A-003 refuses a supported_versions of ${what}, with protocol_version, counted once`, () =>
      expectRefused((client) => helloOf(client.extensions([versions(...list)]), [0x1301, 0xc02b]), PROTOCOL_VERSION));

  const NAMES: Readonly<Record<string, Extensions>> = {
    'no name': [],
    'an empty name': [sni('')],
    'an IPv4 address': [sni('127.0.0.1')],
    'an IPv6 address': [sni('::1')],
    'a name in capitals': [sni('PAYMENTS.SHOP.SVC')],
    'a name of 255 bytes': [sni('x'.repeat(255))],
    'a name of a prototype': [sni('__proto__')],
    'a name that is no UTF-8': [sni(Buffer.from([0xff, 0xfe, 0x80]))],
    'a name with a star': [sni('*')],
    'our protocol behind odd ones': [protocols(Buffer.alloc(255, 0xff), '__proto__', 'http/1.1')],
  };
  for (const [what, extensions] of Object.entries(NAMES))
    it(`A-061 serves ${what} with the certificate of all`, () =>
      expectServed((client) => helloOf(client.extensions(extensions))));

  const BAD_NAMES: Readonly<Record<string, Extensions>> = {
    'a name of 256 bytes': [sni('x'.repeat(256))],
    'a name with a NUL': [sni('payments\0.evil.example')],
    'two names': [
      [
        EXTENSION.serverName,
        vector(2, Buffer.from([0]), vector(2, Buffer.from('a')), Buffer.from([0]), vector(2, Buffer.from('b'))),
      ],
    ],
    'only odd protocols': [protocols(Buffer.alloc(255, 0xff), Buffer.from([0]))],
    'an empty protocol': [protocols('')],
  };
  for (const [what, extensions] of Object.entries(BAD_NAMES))
    it(`A-061 refuses ${what}, counted once, and lives`, () =>
      expectRefused((client) => helloOf(client.extensions(extensions))));

  it('A-061 refuses when what judges a peer throws, counted once as BUG_UNEXPECTED, and lives', () =>
    expectOutcome(gate, ['BUG_UNEXPECTED'], async () => {
      const client = await Tls13Client.connect(gate.ports[0]);
      client.say(helloOf(client.extensions()));
      expect(await client.hear()).to.equal(true);
      gate.breakOnce();
      prove(client, holder);
      send(client, '/attack');
      expect(await answerTo(client)).to.equal('');
    }));

  it('A-061 has no TLS callback of its own that could throw', () => {
    const names = Object.keys(serverTlsOptions(gate.own));
    expect(names.filter((name) => /callback/i.test(name))).to.deep.equal([]);
  });

  it('A-062 serves a hello in records of one byte', () => expectServed((client) => helloOf(client.extensions()), 1));

  it('A-062 closes on a hello of 64 KB in records of one byte that never ends, others served meanwhile', () =>
    expectOutcome(gate, ['admitted', 'PEER_HANDSHAKE'], async () => {
      const client = await Tls13Client.connect(gate.ports[0]);
      const hello = helloOf(client.extensions([[EXTENSION.padding, Buffer.alloc(60_000)]]));
      for (const byte of hello.subarray(0, -1)) client.send(RECORD.handshake, Buffer.from([byte]));
      const other = await Tls13Client.connect(gate.ports[0]);
      other.say(helloOf(other.extensions()));
      expect(await other.hear()).to.equal(true);
      prove(other, holder);
      send(other, '/good');
      expect(await answerTo(other)).to.match(/^HTTP\/1\.1 200 /);
      gate.reached.pop();
      client.socket.end();
      expect(await client.hear()).to.equal(false);
    }));

  it('A-063 serves a hello of 64 KB', () =>
    expectServed((client) => {
      const padding = (length: number): Extensions => [[EXTENSION.padding, Buffer.alloc(length)]];
      const bare = helloOf(client.extensions(padding(0))).length;
      return helloOf(client.extensions(padding(65_000 - bare)));
    }));

  for (const [what, length] of [
    ['128 KiB and more', 132_000],
    ['16 MB', 0xffffff],
  ] as const)
    it(`A-063 refuses a hello that says it has ${what} at its first record, counted once`, () =>
      expectOutcome(gate, ['PEER_HANDSHAKE'], async () => {
        const client = await Tls13Client.connect(gate.ports[0]);
        const start = Buffer.concat([number(MESSAGE.clientHello, 1), number(length, 3), randomBytes(1_000)]);
        client.socket.write(recordOf(RECORD.handshake, start));
        expect(await client.hear()).to.equal(false);
      }));

  const greased: Readonly<Record<string, (client: Tls13Client) => Extensions>> = {
    'extensions, empty and not': () => [
      [GREASE[0], Buffer.alloc(0)],
      [GREASE[1], Buffer.from([0])],
    ],
    versions: () => [versions(GREASE[0], TLS13, GREASE[1])],
    'signature algorithms': () => [[EXTENSION.signatureAlgorithms, vector(2, number(GREASE[0], 2), number(0x0403, 2))]],
    'groups and key shares': (client) => {
      const sound = client.extensions().find(([type]) => type === EXTENSION.keyShare)?.[1] ?? Buffer.alloc(0);
      const odd = Buffer.concat([number(GREASE[0], 2), vector(2, Buffer.from([0]))]);
      const groups = vector(2, number(GREASE[0], 2), number(0x001d, 2));
      return [
        [EXTENSION.supportedGroups, groups],
        [EXTENSION.keyShare, vector(2, odd, sound.subarray(2))],
      ];
    },
    protocols: () => [protocols(Buffer.from([0x0a, 0x0a]), 'http/1.1')],
    'key exchange modes': () => [[EXTENSION.pskKeyExchangeModes, Buffer.from([2, 0x0b, 1])]],
  };
  for (const [where, extensions] of Object.entries(greased))
    it(`A-075 tolerates GREASE in ${where}`, () =>
      expectServed((client) => helloOf(client.extensions(extensions(client)))));

  it('A-075 tolerates GREASE in cipher suites, and everywhere at once', async () => {
    await expectServed((client) => helloOf(client.extensions(), [...GREASE, 0x1301]));
    await expectServed((client) => {
      const all = Object.values(greased).flatMap((extensions) => extensions(client));
      return helloOf(client.extensions(all), [...GREASE, 0x1301]);
    });
  });
});
