import { expect } from 'chai';

import { attestLeaf, checkWorkload, recogniseCaller } from '../../../../ca/attest/leaf.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { createTestAuthority, FLAW_NAMES, issueTestLeaf } from '../../../kit/x509.ts';
import { codeOf, MESH } from '../small-ca.ts';

const AUTHORITY = createTestAuthority();
const NOW = epochSeconds(1_800_000_000);
const LINEAGE = { id: Buffer.alloc(16, 1), sequence: 0, issuedAt: NOW, predecessors: [] };

describe('leaf attestor', () => {
  for (const flaw of FLAW_NAMES)
    it(`refuses a leaf with the flaw ${flaw} with ATTEST_PEER`, () => {
      const { der } = issueTestLeaf(AUTHORITY, { now: NOW, lineage: LINEAGE, flaw });
      expect(codeOf(attestLeaf(der, MESH, NOW))).to.equal('ATTEST_PEER');
    });

  it('refuses bytes that are no certificate with ATTEST_PEER', () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('30', 'hex'), Buffer.alloc(9000, 0x30)])
      expect(codeOf(attestLeaf(bytes, MESH, NOW))).to.equal('ATTEST_PEER');
  });

  it('refuses a leaf one second outside of its validity', () => {
    const { der } = issueTestLeaf(AUTHORITY, { now: NOW, lifetime: 60, lineage: LINEAGE });
    expect(codeOf(attestLeaf(der, MESH, epochSeconds(NOW + 61)))).to.equal('ATTEST_PEER');
    expect(codeOf(attestLeaf(der, MESH, epochSeconds(NOW - 61)))).to.equal('ATTEST_PEER');
    expect(codeOf(attestLeaf(der, MESH, epochSeconds(NOW + 60)))).to.equal('ok');
  });

  it("A-118 refuses the CA's own identity, which calls nobody, with ATTEST_PEER", () => {
    const { der } = issueTestLeaf(AUTHORITY, { now: NOW, path: '/cleat/ca', lineage: LINEAGE });
    expect(codeOf(recogniseCaller(der, MESH, NOW))).to.equal('ATTEST_PEER');
    expect(codeOf(attestLeaf(der, MESH, NOW))).to.equal('ATTEST_PEER');
  });

  it('A-118 takes no name of the CA for a workload: ATTEST_PEER', () => {
    for (const path of ['/cleat', '/cleat/x', '/cleat/admin/operator']) {
      const { der } = issueTestLeaf(AUTHORITY, { now: NOW, path, lineage: LINEAGE });
      expect(codeOf(checkWorkload(demand(recogniseCaller(der, MESH, NOW)))), path).to.equal('ATTEST_PEER');
    }
  });

  it('refuses to renew a leaf without lineage with GRANT_LINEAGE', () => {
    const { der } = issueTestLeaf(AUTHORITY, { now: NOW });
    expect(codeOf(attestLeaf(der, MESH, NOW))).to.equal('GRANT_LINEAGE');
    expect(codeOf(checkWorkload(demand(recogniseCaller(der, MESH, NOW))))).to.equal('ok');
  });

  it('vouches for the names in the leaf, and claims its place in the lineage', () => {
    const { der } = issueTestLeaf(AUTHORITY, { now: NOW, dns: ['localhost'], lineage: LINEAGE });
    const attestation = attestLeaf(der, MESH, NOW);
    expect(attestation).to.have.deep.nested.property('value.dnsNames', ['localhost']);
    expect(attestation).to.have.nested.property('value.claim.lineageId', '01'.repeat(16));
    expect(attestation).to.have.nested.property('value.attestor', 'leaf');
  });
});
