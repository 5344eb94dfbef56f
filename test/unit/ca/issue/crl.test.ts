import { expect } from 'chai';

import { signCrl } from '../../../../ca/issue/crl.ts';
import { toAuthority } from '../../../../ca/signer/authority.ts';
import type { RevokedSerial } from '../../../../ca/journal/record.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { REVOCATION_REASONS, type RevocationReason } from '../../../../core/identity/revocation.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import { parseCrl } from '../../../../core/x509/crl.ts';
import { encodePem } from '../../../../core/x509/pem.ts';
import { findOpenssl } from '../../../kit/openssl.ts';
import { verdict } from '../../../kit/verdict.ts';
import { createTestAuthority, issueTestLeaf } from '../../../kit/x509.ts';

const NOW = epochSeconds(Math.floor(Date.now() / 1000));
const openssl = findOpenssl();

function authorityOf(kit = createTestAuthority()) {
  return toAuthority(kit.certificate, kit.key);
}

const revoked = (serial: string, reason: RevocationReason = 'unspecified'): RevokedSerial => ({
  serial,
  reason,
  revokedAt: epochSeconds(NOW - 60),
});

describe('signCrl()', () => {
  after(() => openssl?.[Symbol.dispose]());

  it('refuses an issuer that may not sign lists: SIGNER_ROOT', () => {
    const { certificate, key } = createTestAuthority();
    const bits = new Set([...(certificate.keyUsage?.bits ?? [])].filter((bit) => bit !== 'cRLSign'));
    const without = toAuthority({ ...certificate, keyUsage: { critical: true, bits } }, key);
    const order = { serials: [], number: 1, now: NOW };
    expect(verdict(signCrl(order, without))).to.match(/^SIGNER_ROOT: the issuer lacks/);
    const unnamed = toAuthority({ ...certificate, subjectKeyId: undefined }, key);
    expect(verdict(signCrl(order, unnamed))).to.match(/^SIGNER_ROOT: the issuer has no/);
  });

  it('refuses an issuer that has ended: GRANT_ISSUER_EXPIRED, and never promises a list beyond its end', () => {
    const authority = authorityOf();
    const order = { serials: [], number: 1, now: authority.endsAt };
    expect(verdict(signCrl(order, authority))).to.match(/^GRANT_ISSUER_EXPIRED/);
    const last = demand(signCrl({ ...order, now: epochSeconds(authority.endsAt - 5) }, authority));
    expect(last.nextUpdate).to.equal(authority.endsAt);
  });

  it('A-124 withholds a list that is not what was ordered, or not signed by the issuer: ISSUE_MISMATCH', () => {
    const authority = authorityOf();
    const order = { serials: [revoked('01')], number: 1, now: NOW };
    const other = { ...authority, sign: (tbs: Buffer) => authorityOf().sign(tbs) };
    expect(verdict(signCrl(order, other))).to.equal(
      'ISSUE_MISMATCH: the signature of revocation list 1 does not verify',
    );
    const emptied = { ...authority, sign: () => demand(signCrl({ ...order, serials: [] }, authority)).der };
    expect(verdict(signCrl(order, emptied))).to.equal('ISSUE_MISMATCH: revocation list 1 differs');
    const garbage = { ...authority, sign: () => Buffer.from([0x30, 0]) };
    expect(verdict(signCrl(order, garbage))).to.match(/^ISSUE_LINT/);
  });

  it('says each reason, leaves unspecified out, and writes serials with the high bit as positive', () => {
    const reasons = Object.keys(REVOCATION_REASONS) as RevocationReason[];
    const serials = reasons.map((reason, at) => revoked(`${(0x80 + at).toString(16)}00`, reason));
    const { der } = demand(signCrl({ serials, number: 2 ** 52, now: NOW }, authorityOf()));
    const read = demand(parseCrl(der));
    expect(read.entries).to.deep.equal(serials);
    expect(read.number).to.equal(2 ** 52);
  });

  (openssl === undefined ? it.skip : it)('is one that OpenSSL reads, verifies and checks certificates by', () => {
    if (openssl === undefined) return;
    const kit = createTestAuthority();
    const authority = authorityOf(kit);
    const [good, bad] = [issueTestLeaf(kit), issueTestLeaf(kit)];
    const serials = [revoked(demand(parseCertificate(bad.der)).serial, 'keyCompromise')];
    const { der } = demand(signCrl({ serials, number: 7, now: NOW }, authority));
    openssl.write('root.pem', encodePem('CERTIFICATE', kit.der));
    openssl.write('crl.pem', encodePem('X509 CRL', der));
    openssl.write('good.pem', encodePem('CERTIFICATE', good.der));
    openssl.write('bad.pem', encodePem('CERTIFICATE', bad.der));
    const file = (name: string): string => openssl.file(name);
    const shown = openssl.run('crl', '-in', file('crl.pem'), '-noout', '-text', '-CAfile', file('root.pem'));
    expect(shown.text)
      .to.include('verify OK')
      .and.to.match(/Version 2/)
      .and.to.include('Key Compromise');
    expect(shown.text).to.match(/X509v3 CRL Number:\s+7/);
    const check = ['verify', '-x509_strict', '-crl_check', '-CAfile', file('root.pem'), '-CRLfile', file('crl.pem')];
    expect(openssl.run(...check, file('good.pem'))).to.include({ status: 0 });
    expect(openssl.run(...check, file('bad.pem')).text).to.include('certificate revoked');
    const empty = demand(signCrl({ serials: [], number: 8, now: NOW }, authority));
    openssl.write('crl.pem', encodePem('X509 CRL', empty.der));
    expect(openssl.run(...check, file('bad.pem'))).to.include({ status: 0 });
  });
});

describe('parseCrl()', () => {
  const { der } = demand(signCrl({ serials: [revoked('01', 'superseded')], number: 1, now: NOW }, authorityOf()));

  it('refuses with ISSUE_LINT a list with any byte less or one more, and never throws', () => {
    for (let length = 0; length < der.length; length += 1)
      expect(verdict(parseCrl(der.subarray(0, length))), String(length)).to.match(/^ISSUE_LINT/);
    expect(verdict(parseCrl(Buffer.concat([der, Buffer.from([0])])))).to.match(/^ISSUE_LINT/);
    for (let at = 0; at < der.length; at += 1) {
      const spoilt = Buffer.from(der);
      spoilt[at] = (spoilt[at] ?? 0) ^ 0x20;
      parseCrl(spoilt);
    }
  });

  it('refuses another version, an unknown reason and a list that ends before it begins', () => {
    const change = (from: string, to: string): string => {
      const text = der.toString('hex');
      expect(text).to.include(from);
      return verdict(parseCrl(Buffer.from(text.replace(from, to), 'hex')));
    };
    expect(change('020101300a', '020102300a')).to.equal('ISSUE_LINT: CRL version other than 2');
    expect(change('0a0104', '0a0107')).to.equal('ISSUE_LINT: reason 7');
    const nextUpdate = /\d{12}Z\x17\r(\d{12}Z)/.exec(der.toString('latin1'))?.[1] ?? expect.fail('no times');
    const swapped = der.toString('latin1').replace(nextUpdate, '000101000000Z');
    expect(verdict(parseCrl(Buffer.from(swapped, 'latin1')))).to.equal(
      'ISSUE_LINT: nextUpdate is not after thisUpdate',
    );
  });
});
