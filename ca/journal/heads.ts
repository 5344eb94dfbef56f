/**
 * The newest certificates of lineages, as far as the journal has answered that it holds them: spares the first judgement
 * of a renewal a trip to the journal's thread. It can only say "unused", never refuse, and what it says is judged again in
 * the transaction; where it knows nothing, the journal is asked.
 */
import type { Outcome } from '../../core/fault/refusal.ts';
import type { Claim, IssuanceRecord } from './record.ts';

export interface Heads {
  /** True if the claim is that of a leaf at the head of its lineage. */
  has(claim: Claim): boolean;
  /** What the journal answered when `issuance` was to be recorded. After a failure nothing is known any more. */
  learn(claim: Claim, issuance: IssuanceRecord, held: Outcome<IssuanceRecord>): void;
}

/** About 300 bytes each: 5 MB at most. */
const LINEAGES_MOST = 16_384;

/** Nothing is known yet. */
export function createHeads(): Heads {
  const heads = new Map<string, string>();

  function forget(claim: Claim): void {
    if (claim.kind === 'leaf') heads.delete(claim.lineageId);
  }

  return {
    has: (claim) => claim.kind === 'leaf' && heads.get(claim.lineageId) === claim.thumbprint,
    learn(claim, issuance, held) {
      if (!held.ok && held.refusal.code === 'JOURNAL_FAILED') heads.clear();
      forget(claim);
      if (!held.ok || held.value.serial !== issuance.serial) return;
      const [oldest] = heads.keys();
      if (heads.size >= LINEAGES_MOST && oldest !== undefined) heads.delete(oldest);
      heads.set(issuance.lineageId, issuance.thumbprint);
    },
  };
}
