import { verify } from 'node:crypto';

import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { writeCsr } from '../../../../core/x509/csr-write.ts';
import { parseCsr } from '../../../../core/x509/csr.ts';
import { octetsOf } from '../../../../core/x509/der-value.ts';
import { openDer, TAG } from '../../../../core/x509/der.ts';
import { spkiOf, testKey } from '../../../kit/x509.ts';

describe('writeCsr()', () => {
  const key = testKey();
  const csr = writeCsr(key);

  it('asks for nothing: version, no subject, the key, no attributes', () => {
    const info = openDer(csr).enter(TAG.sequence).next(TAG.sequence);
    expect(info.content.toString('hex')).to.equal(`0201003000${spkiOf(key).toString('hex')}a000`);
  });

  it('proves possession', () => {
    const outer = openDer(csr).enter(TAG.sequence);
    const info = outer.next(TAG.sequence).der;
    outer.next(TAG.sequence);
    expect(
      verify('sha256', info, demand(parseCsr(csr, ['p256'])).publicKey, octetsOf(outer.next(TAG.bitString).content)),
    ).to.equal(true);
  });

  it('never holds a byte of the private key', () => {
    const secret = Buffer.from(String(key.export({ format: 'jwk' }).d), 'base64url');
    expect(secret).to.have.length(32);
    expect(csr.includes(secret.subarray(0, 8))).to.equal(false);
  });
});
