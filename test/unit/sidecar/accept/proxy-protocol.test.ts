import { expect } from 'chai';
import fc from 'fast-check';

import { readProxyHeader } from '../../../../sidecar/accept/proxy-protocol.ts';

const SIGNATURE = '0d0a0d0a000d0a515549540a';
const header = (command: string, family: string, body: string, length = body.length / 2): Buffer =>
  Buffer.from(`${SIGNATURE}${command}${family}${length.toString(16).padStart(4, '0')}${body}`, 'hex');
const V4 = 'c0000201c6336401303901bb';
const V6 = `20010db8${'0'.repeat(23)}1${'0'.repeat(32)}303901bb`;

const read = (bytes: Buffer) => {
  const found = readProxyHeader(bytes);
  return found.ok ? found.value : found.refusal.code;
};

describe('readProxyHeader()', () => {
  for (const [what, bytes] of [
    ['version 1', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.1 12345 443\r\n')],
    ['TLS', Buffer.from('1603010200', 'hex')],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n')],
    ['version 3', header('31', '11', V4)],
    ['an unknown command', header('22', '11', V4)],
    ['UDP', header('21', '12', V4)],
    ['a UNIX socket', header('21', '31', '00'.repeat(216))],
    ['an IPv4 address that is cut', header('21', '11', V4.slice(0, 22))],
    ['an IPv6 address that is cut', header('21', '21', V6.slice(0, 70))],
    ['a length of 521', header('21', '11', V4, 521)],
    ['a length of 65,535', header('21', '11', V4, 65_535)],
  ] as const)
    it(`A-002 refuses ${what}`, () => {
      expect(read(bytes)).to.equal('PEER_PROTOCOL');
    });

  it('gives the source of TCP over IPv4 and IPv6, and what it takes', () => {
    expect(read(header('21', '11', V4))).to.deep.equal({ length: 28, source: { host: '192.0.2.1', port: 12_345 } });
    expect(read(header('21', '21', V6))).to.deep.equal({
      length: 52,
      source: { host: '2001:db8:0:0:0:0:0:1', port: 12_345 },
    });
  });

  it('skips what stands behind the addresses', () => {
    expect(read(header('21', '11', `${V4}030004a9b87e8f`))).to.have.property('length', 35);
  });

  it('gives no source where the balancer speaks for itself', () => {
    expect(read(header('20', '00', ''))).to.deep.equal({ length: 16, source: undefined });
    expect(read(header('20', '11', V4))).to.deep.equal({ length: 28, source: undefined });
  });

  it('waits for the rest wherever it is cut', () => {
    const whole = header('21', '11', V4);
    for (let cut = 0; cut < whole.length; cut += 1) expect(read(whole.subarray(0, cut)), `${cut}`).to.equal(undefined);
  });

  it('never looks behind its length, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.boolean(), (bytes, isSigned) => {
        const input = isSigned ? Buffer.concat([Buffer.from(SIGNATURE, 'hex'), bytes]) : Buffer.from(bytes);
        const found = readProxyHeader(input);
        if (found.ok && found.value !== undefined) expect(found.value.length).to.be.at.most(input.length);
      }),
      { numRuns: 20_000 },
    );
  });
});
