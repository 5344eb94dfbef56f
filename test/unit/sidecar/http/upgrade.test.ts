import { expect } from 'chai';

import { askedUpgrade, lieOfSwitch } from '../../../../sidecar/http/upgrade.ts';
import { fieldOf } from '../callers.ts';
import { get, readRequest } from './heads.ts';

/** The example of RFC 6455 section 1.3. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
const ASKED = { protocol: 'websocket', accept: ACCEPT };

const answer = (upgrade: string, accept: string) => [
  fieldOf('Upgrade', upgrade),
  fieldOf('Connection', 'Upgrade'),
  fieldOf('Sec-WebSocket-Accept', accept),
];

describe('lieOfSwitch()', () => {
  for (const [what, fields] of [
    ['another protocol', answer('h2c', ACCEPT)],
    ['no protocol', answer('websocket', ACCEPT).slice(1)],
    ['two protocols', [...answer('websocket', ACCEPT), fieldOf('upgrade', 'websocket')]],
    ['the key of another request', answer('websocket', 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=')],
    ['no proof of the key', answer('websocket', ACCEPT).slice(0, 2)],
    ['two proofs', [...answer('websocket', ACCEPT), fieldOf('sec-websocket-accept', ACCEPT)]],
  ] as const) {
    it(`A-279 finds ${what} in a 101`, () => {
      expect(lieOfSwitch(fields, ASKED)).to.be.a('string');
    });
  }

  it('A-276 finds a 101 that nobody asked for', () => {
    expect(lieOfSwitch(answer('websocket', ACCEPT), undefined)).to.include('nobody asked');
  });

  it('finds nothing where the protocol, in any case, and the key fit', () => {
    expect(lieOfSwitch(answer('WebSocket', ACCEPT), ASKED)).to.equal(undefined);
    expect(lieOfSwitch([fieldOf('Upgrade', 'tcp')], { protocol: 'tcp', accept: undefined })).to.equal(undefined);
  });
});

describe('askedUpgrade()', () => {
  it('knows the answer to a key as RFC 6455 section 1.3 has it', () => {
    const read = readRequest(get('Connection: keep-alive, Upgrade', 'Upgrade: WebSocket', `Sec-WebSocket-Key: ${KEY}`));
    if (read === 'more' || !read.ok) throw new Error('refused');
    expect(askedUpgrade(read.value)).to.deep.equal(ASKED);
  });

  it('knows no key of another protocol, and nothing where none is asked for', () => {
    expect(askedUpgrade({ upgrade: 'tcp', fields: [] })).to.deep.equal({ protocol: 'tcp', accept: undefined });
    expect(askedUpgrade({ upgrade: undefined, fields: [] })).to.equal(undefined);
  });
});
