import { sign } from 'node:crypto';

import { expect } from 'chai';

import { compareSigned } from '../../../../ca/issue/compare.ts';
import { encodeCertificate } from '../../../../core/x509/write.ts';
import { testKey } from '../../../kit/x509.ts';
import { codeOf } from '../small-ca.ts';
import { AUTHORITY, soundDraft } from './draft.ts';

const signed = (tbs: Buffer, key = AUTHORITY.key) => encodeCertificate(tbs, sign('sha256', tbs, key));

describe('compareSigned()', () => {
  it('A-124 withholds a certificate over other bytes than the linted ones: ISSUE_MISMATCH', () => {
    const linted = soundDraft().tbs;
    expect(codeOf(compareSigned(signed(soundDraft().tbs), linted, AUTHORITY.certificate))).to.equal('ISSUE_MISMATCH');
  });

  it('A-124 withholds a signature by another key, or one that is broken', () => {
    const { tbs } = soundDraft();
    const broken = sign('sha256', tbs, AUTHORITY.key);
    broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
    for (const der of [signed(tbs, testKey()), encodeCertificate(tbs, broken)])
      expect(codeOf(compareSigned(der, tbs, AUTHORITY.certificate))).to.equal('ISSUE_MISMATCH');
  });

  it('withholds what is no certificate', () => {
    const { tbs } = soundDraft();
    expect(codeOf(compareSigned(Buffer.alloc(0), tbs, AUTHORITY.certificate))).to.equal('ISSUE_MISMATCH');
    expect(codeOf(compareSigned(tbs, tbs, AUTHORITY.certificate))).to.equal('ISSUE_MISMATCH');
  });

  it('gives the certificate that was asked for', () => {
    const { tbs, grant } = soundDraft();
    const outcome = compareSigned(signed(tbs), tbs, AUTHORITY.certificate);
    expect(outcome).to.have.deep.nested.property('value.uriNames', [grant.id.uri]);
  });
});
