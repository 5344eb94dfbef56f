import { expect } from 'chai';

import { createHeads } from '../../../../ca/journal/heads.ts';
import type { Claim, IssuanceRecord } from '../../../../ca/journal/record.ts';
import { admit, refuse } from '../../../../core/fault/refusal.ts';
import { issuance } from './records.ts';

const SELF: Claim = { kind: 'self' };
const leaf = ({ lineageId, thumbprint, sequence, issuedAt, notAfter }: IssuanceRecord): Claim => ({
  kind: 'leaf',
  lineageId,
  thumbprint,
  sequence,
  issuedAt,
  notAfter,
});
const one = issuance('1');
const two = issuance('2', { sequence: 1 });

describe('createHeads()', () => {
  it('knows nothing at first, and of what is no leaf nothing ever', () => {
    const heads = createHeads();
    expect(heads.has(leaf(one))).to.equal(false);
    heads.learn(SELF, one, admit(one));
    expect(heads.has(SELF)).to.equal(false);
  });

  it('knows the newest certificate of a lineage and none before it', () => {
    const heads = createHeads();
    heads.learn(SELF, one, admit(one));
    expect(heads.has(leaf(one))).to.equal(true);
    heads.learn(leaf(one), two, admit(two));
    expect([heads.has(leaf(one)), heads.has(leaf(two))]).to.deep.equal([false, true]);
  });

  it('A-138 forgets a lineage once one of its renewals was refused, or got an earlier certificate', () => {
    for (const held of [refuse('GRANT_FORK', ''), refuse('GRANT_REVOKED', ''), admit(issuance('3'))]) {
      const heads = createHeads();
      heads.learn(SELF, one, admit(one));
      heads.learn(leaf(one), two, held);
      expect([heads.has(leaf(one)), heads.has(leaf(two))]).to.deep.equal([false, false]);
    }
  });

  it('forgets all at a failure: what is on the disk then, the journal says when it is open again', () => {
    const heads = createHeads();
    heads.learn(SELF, one, admit(one));
    heads.learn(SELF, issuance('9', { lineageId: 'another' }), refuse('JOURNAL_FAILED', ''));
    expect(heads.has(leaf(one))).to.equal(false);
  });

  it('A-129 remembers 16,384 lineages and forgets the oldest', () => {
    const heads = createHeads();
    const records = Array.from({ length: 16_385 }, (_, place) => issuance('1', { lineageId: String(place) }));
    for (const record of records) heads.learn(SELF, record, admit(record));
    expect([0, 1, 16_384].map((place) => heads.has(leaf(records[place] ?? one)))).to.deep.equal([false, true, true]);
  });
});
