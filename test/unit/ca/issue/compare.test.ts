import { createPublicKey, sign } from 'node:crypto';

import { expect } from 'chai';

import { compareSigned } from '../../../../ca/issue/compare.ts';
import { Ticket } from '../../../../ca/issue/ticket.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { bitString, constructed, derOf, oid, raw, type Asn1 } from '../../../../core/x509/asn1.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import { TAG } from '../../../../core/x509/der.ts';
import { encodeCertificate } from '../../../../core/x509/write.ts';
import { testKey } from '../../../kit/x509.ts';
import { codeOf } from '../small-ca.ts';
import { AUTHORITY, soundDraft } from './draft.ts';

const ISSUER = createPublicKey(AUTHORITY.key);
const unsigned = (draft = soundDraft()) => demand(Ticket.decide(draft, AUTHORITY.certificate)).unsigned;
const signed = (tbs: Buffer, key = AUTHORITY.key) => encodeCertificate(tbs, sign('sha256', tbs, key));

const certificateWith = (...parts: readonly Asn1[]) => derOf(constructed(TAG.sequence, parts));

describe('compareSigned()', () => {
  it('A-124 withholds a certificate over other bytes than the linted ones: ISSUE_MISMATCH', () => {
    const linted = unsigned();
    expect(codeOf(compareSigned(signed(soundDraft().tbs), linted, ISSUER))).to.equal('ISSUE_MISMATCH');
  });

  it('A-124 withholds a signature by another key, or one that is broken', () => {
    const linted = unsigned();
    const { tbs } = linted;
    const broken = sign('sha256', tbs, AUTHORITY.key);
    broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
    for (const der of [signed(tbs, testKey()), encodeCertificate(tbs, broken)])
      expect(codeOf(compareSigned(der, linted, ISSUER))).to.equal('ISSUE_MISMATCH');
  });

  it('withholds what is no certificate', () => {
    const linted = unsigned();
    const { tbs } = linted;
    expect(codeOf(compareSigned(Buffer.alloc(0), linted, ISSUER))).to.equal('ISSUE_MISMATCH');
    expect(codeOf(compareSigned(tbs, linted, ISSUER))).to.equal('ISSUE_MISMATCH');
  });

  it('withholds what has another algorithm outside of the signed bytes, something behind it, or no key to verify with', () => {
    const linted = unsigned();
    const { tbs } = linted;
    const signature = sign('sha256', tbs, AUTHORITY.key);
    const other = certificateWith(
      raw(tbs),
      constructed(TAG.sequence, [oid('1.2.840.10045.4.3.3')]),
      bitString(signature),
    );
    const longer = Buffer.concat([signed(tbs), Buffer.from([0])]);
    for (const der of [other, longer, signed(tbs).subarray(0, -1)])
      expect(codeOf(compareSigned(der, linted, ISSUER))).to.equal('ISSUE_MISMATCH');
    expect(codeOf(compareSigned(signed(tbs), linted, undefined))).to.equal('ISSUE_MISMATCH');
  });

  it('gives the certificate that was asked for', () => {
    const draft = soundDraft();
    const der = signed(draft.tbs);
    const certificate = demand(compareSigned(der, unsigned(draft), ISSUER));
    expect(certificate).to.deep.equal(demand(parseCertificate(der)));
    expect(certificate.uriNames).to.deep.equal([draft.grant.id.uri]);
  });
});
