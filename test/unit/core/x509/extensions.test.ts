import { createHash } from 'node:crypto';

import { expect } from 'chai';

import { epochSeconds } from '../../../../core/time/units.ts';
import * as make from '../../../../core/x509/extensions.ts';
import { encodeLineage, LINEAGE_OID_DER } from '../../../../core/x509/lineage.ts';
import type { Extension } from '../../../../core/x509/write.ts';
import { spkiOf, testKey } from '../../../kit/x509.ts';

const text = ({ oid, critical, value }: Extension): string =>
  `${oid.toString('hex')} ${critical} ${value.toString('hex')}`;
const ascii = (value: string) => Buffer.from(value).toString('hex');

describe('extension makers', () => {
  it('write what RFC 5280 says, byte for byte', () => {
    expect(text(make.keyUsage('digitalSignature'))).to.equal('0603551d0f true 03020780');
    expect(text(make.keyUsage('keyCertSign', 'cRLSign'))).to.equal('0603551d0f true 03020106');
    expect(text(make.extendedKeyUsage())).to.equal('0603551d25 false 301406082b0601050507030106082b06010505070302');
    expect(text(make.extendedKeyUsage('2.5.29.37.0'))).to.equal('0603551d25 false 30060604551d2500');
    expect(text(make.basicConstraints({ ca: false }))).to.equal('0603551d13 true 3000');
    expect(text(make.basicConstraints({ ca: true }))).to.equal('0603551d13 true 30030101ff');
    expect(text(make.basicConstraints({ ca: true, pathLength: 0 }))).to.equal('0603551d13 true 30060101ff020100');
    expect(text(make.basicConstraints({ ca: true, pathLength: 200 }))).to.equal('0603551d13 true 30070101ff020200c8');
    expect(text(make.authorityKeyId(Buffer.from('0102', 'hex')))).to.equal('0603551d23 false 300480020102');
  });

  it('write the URI first, DNS names after it, critical as asked', () => {
    const uri = 'spiffe://a/b';
    expect(text(make.subjectAltName({ uri }, true))).to.equal(`0603551d11 true 300e860c${ascii(uri)}`);
    expect(text(make.subjectAltName({ uri, dns: ['x', 'y.z'] }, false))).to.equal(
      `0603551d11 false 3016860c${ascii(uri)}8201${ascii('x')}8203${ascii('y.z')}`,
    );
  });

  it('identify a key by 160 bits of the SHA-256 of its bits', () => {
    const spki = spkiOf(testKey());
    const id = createHash('sha256').update(spki.subarray(26)).digest().subarray(0, 20);
    expect(make.keyIdOf(spki)).to.deep.equal(id);
    expect(text(make.subjectKeyId(spki))).to.equal(`0603551d0e false 0414${id.toString('hex')}`);
  });

  it('write the lineage under its own name, never critical', () => {
    const lineage = { id: Buffer.alloc(16), sequence: 0, issuedAt: epochSeconds(0), predecessors: [] };
    expect(make.lineageExtension(lineage)).to.deep.equal({
      oid: LINEAGE_OID_DER,
      critical: false,
      value: encodeLineage(lineage),
    });
  });
});
