import { expect } from 'chai';

import { DerError } from '../../../../core/x509/der-value.ts';
import { readKeyUsage, writeKeyUsage, type KeyUsage } from '../../../../core/x509/key-usage.ts';

const NAMES: readonly KeyUsage[] = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
];

/** The second byte may hold the ninth bit alone: that, its neighbours and what is plainly wrong. */
const LAST = [0x00, 0x01, 0x40, 0x7f, 0x80, 0x81, 0xc0, 0xff];

describe('keyUsage', () => {
  it('refuses all contents of up to three bytes that are not the one spelling of a set of bits', () => {
    const canonical = new Set(
      Array.from({ length: 511 }, (_, set) =>
        writeKeyUsage(NAMES.filter((_name, bit) => ((set + 1) >> bit) & 1)).toString('hex'),
      ),
    );
    expect(canonical.size).to.equal(511);
    let accepted = 0;
    const look = (content: Buffer): void => {
      try {
        readKeyUsage(content);
        accepted += 1;
        if (!canonical.has(content.toString('hex'))) expect.fail(content.toString('hex'));
      } catch (thrown) {
        if (!(thrown instanceof DerError)) throw thrown;
      }
    };
    look(Buffer.alloc(0));
    for (let unused = 0; unused < 9; unused += 1) {
      look(Buffer.from([unused]));
      for (let bits = 0; bits < 256; bits += 1) look(Buffer.from([unused, bits]));
      for (let bits = 0; bits < 65_536; bits += 257)
        for (const last of LAST) look(Buffer.from([unused, bits >> 8, last]));
    }
    expect(accepted).to.equal(511);
  });

  it('refuses a bit past the ninth', () => {
    expect(() => readKeyUsage(Buffer.from('06800040', 'hex'))).to.throw(
      DerError,
      'keyUsage is not a minimal list of bits',
    );
    expect(() => readKeyUsage(Buffer.from('068040', 'hex'))).to.throw(DerError);
  });

  it('reads back each of the 511 sets', () => {
    for (let set = 1; set < 512; set += 1) {
      const names = NAMES.filter((_name, bit) => (set >> bit) & 1);
      expect([...readKeyUsage(writeKeyUsage(names))]).to.deep.equal(names);
    }
  });

  it('puts digitalSignature into the first bit, keyCertSign and cRLSign into the sixth and seventh', () => {
    expect(writeKeyUsage(['digitalSignature']).toString('hex')).to.equal('0780');
    expect(writeKeyUsage(['cRLSign', 'keyCertSign']).toString('hex')).to.equal('0106');
    expect(writeKeyUsage(['decipherOnly']).toString('hex')).to.equal('070080');
  });
});
