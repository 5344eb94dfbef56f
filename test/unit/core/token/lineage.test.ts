import { expect } from 'chai';

import { planLineage } from '../../../../core/token/lineage.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { epochSeconds, seconds } from '../../../../core/time/units.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import type { Lineage, Predecessor } from '../../../../core/x509/lineage.ts';
import { createTestAuthority, issueTestLeaf } from '../../../kit/x509.ts';

const AUTHORITY = createTestAuthority();
const NOW = epochSeconds(1_800_000_000);
const TERMS = { issuedAt: NOW, tokenTtl: seconds(300), freshId: Buffer.alloc(16, 9) };

const entry = (byte: number, left: number): Predecessor => ({
  thumbprint: Buffer.alloc(32, byte),
  acceptUntil: epochSeconds(NOW + left),
});

function predecessor(predecessors: readonly Predecessor[], lifetime = 3600) {
  const lineage: Lineage = { id: Buffer.alloc(16, 1), sequence: 4, issuedAt: epochSeconds(NOW - 60), predecessors };
  const { der } = issueTestLeaf(AUTHORITY, { now: epochSeconds(NOW - 60), lifetime, lineage });
  return demand(parseCertificate(der));
}

describe('planLineage()', () => {
  it('begins a new lineage without a predecessor: fresh id, sequence 0, no entries', () => {
    expect(planLineage(undefined, TERMS)).to.deep.equal({
      id: TERMS.freshId,
      sequence: 0,
      issuedAt: NOW,
      predecessors: [],
    });
  });

  it('begins a new lineage where the predecessor has none that can be read', () => {
    const { der } = issueTestLeaf(AUTHORITY, { now: NOW });
    expect(planLineage(demand(parseCertificate(der)), TERMS)).to.have.property('sequence', 0);
  });

  it('never accepts past the end of the predecessor itself', () => {
    const before = predecessor([], 100);
    expect(planLineage(before, TERMS).predecessors[0]?.acceptUntil).to.equal(before.notAfter);
    expect(before.notAfter).to.equal(NOW + 40);
  });

  it('never accepts longer than a token can live', () => {
    expect(planLineage(predecessor([]), TERMS).predecessors[0]?.acceptUntil).to.equal(NOW + 300);
  });

  it('drops entries whose time is over, at the very second', () => {
    const { predecessors } = planLineage(predecessor([entry(2, 1), entry(3, 0), entry(4, -1)]), TERMS);
    expect(predecessors.slice(1)).to.deep.equal([entry(2, 1)]);
  });

  it('carries entries unchanged, and lets the oldest go when there would be four', () => {
    const before = predecessor([entry(2, 30), entry(3, 20), entry(4, 10)]);
    const { predecessors } = planLineage(before, TERMS);
    expect(predecessors).to.have.length(3);
    expect(predecessors[0]?.thumbprint.equals(before.thumbprint)).to.equal(true);
    expect(predecessors.slice(1)).to.deep.equal([entry(2, 30), entry(3, 20)]);
  });

  it('keeps the id and counts on', () => {
    const planned = planLineage(predecessor([]), TERMS);
    expect(planned.id).to.deep.equal(Buffer.alloc(16, 1));
    expect(planned.sequence).to.equal(5);
  });
});
