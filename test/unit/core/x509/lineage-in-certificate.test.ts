import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import { basicConstraints, lineageExtension } from '../../../../core/x509/extensions.ts';
import { LINEAGE_OID_DER } from '../../../../core/x509/lineage.ts';
import type { CertificateTemplate } from '../../../../core/x509/write.ts';
import { verdict } from '../../../kit/verdict.ts';
import { createTestAuthority, leafTemplate, signTest, spkiOf, testKey, withExtension } from '../../../kit/x509.ts';

const authority = createTestAuthority();
const sound = leafTemplate(authority, {}, spkiOf(testKey()));
const lineage = { id: Buffer.alloc(16, 1), sequence: 0, issuedAt: epochSeconds(1_800_000_000), predecessors: [] };
const parse = (template: CertificateTemplate) => parseCertificate(signTest(template, authority.key));

describe('lineage in a certificate', () => {
  it('malformed is none: the certificate stays, so that exact binding goes on', () => {
    for (const value of [Buffer.alloc(0), Buffer.from('0500', 'hex'), Buffer.alloc(300, 0x30)]) {
      const certificate = demand(parse(withExtension(sound, { oid: LINEAGE_OID_DER, critical: false, value })));
      expect(certificate).to.deep.include({ lineage: undefined, isLineageMalformed: true });
    }
  });

  it('A-027 twice refuses the certificate, even where both say the same', () => {
    const doubled = {
      ...sound,
      extensions: [...sound.extensions, lineageExtension(lineage), lineageExtension(lineage)],
    };
    expect(verdict(parse(doubled))).to.equal(
      'PEER_NOT_SVID: extension 1.2.840.113556.1.8000.2554.20625.34628.51793.19834.37024.5809243.7374076 twice',
    );
  });

  it('A-026 critical refuses the certificate: ours never is', () => {
    const critical = withExtension(sound, { ...lineageExtension(lineage), critical: true });
    expect(verdict(parse(critical))).to.equal(
      'PEER_NOT_SVID: critical extension 1.2.840.113556.1.8000.2554.20625.34628.51793.19834.37024.5809243.7374076',
    );
  });

  it('in a CA certificate is ignored', () => {
    const ca = withExtension(withExtension(sound, lineageExtension(lineage)), basicConstraints({ ca: true }));
    expect(demand(parse(ca))).to.deep.include({ lineage: undefined, isLineageMalformed: false });
  });

  it('under a name with a component of 128 bits is none of ours, and printing that name throws nothing', () => {
    const oid = Buffer.from('06146981a191c3d199a58ab5f590d09694c5dbc2897c', 'hex');
    const stranger = demand(parse(withExtension(sound, { ...lineageExtension(lineage), oid })));
    expect(stranger).to.deep.include({ lineage: undefined, isLineageMalformed: false });
    expect(stranger.extensions.at(-1)?.oid).to.equal('2.25.107093866282706624642367549831547749628');
  });

  it('sound is read', () => {
    expect(demand(parse(withExtension(sound, lineageExtension(lineage))))).to.deep.include({
      lineage,
      isLineageMalformed: false,
    });
  });
});
