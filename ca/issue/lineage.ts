/**
 * Plans the lineage of a certificate: a new one, or the successor's place in its predecessor's.
 * Pure. Spec: DESIGN section 4.3; the rules of the entries: reference "Lineage", CA rules.
 */
import { epochSeconds, type EpochSeconds, type Seconds } from '../../core/time/units.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import type { Lineage } from '../../core/x509/lineage.ts';

export interface LineageTerms {
  readonly issuedAt: EpochSeconds;
  /** The longest life that a token of this CA can have. */
  readonly tokenTtl: Seconds;
  /** 16 random bytes, used where a new lineage starts. */
  readonly freshId: Buffer;
}

/** A lineage extension holds this many predecessors at most. */
const PREDECESSORS_MOST = 3;

/** The lineage of the certificate that follows `predecessor`, or of the first of a new one. */
export function planLineage(predecessor: Certificate | undefined, terms: LineageTerms): Lineage {
  const { issuedAt, tokenTtl, freshId } = terms;
  const before = predecessor?.lineage;
  if (predecessor === undefined || before === undefined)
    return { id: freshId, sequence: 0, issuedAt, predecessors: [] };
  // No token that is bound to the predecessor outlives this; and its own end bounds it, so that a thief gains nothing.
  const acceptUntil = epochSeconds(Math.min(predecessor.notAfter, issuedAt + tokenTtl));
  // An entry is fixed when first written: a later renewal must not lengthen what an earlier one promised.
  const carried = before.predecessors.filter((entry) => entry.acceptUntil > issuedAt);
  return {
    id: before.id,
    sequence: before.sequence + 1,
    issuedAt,
    predecessors: [{ thumbprint: predecessor.thumbprint, acceptUntil }, ...carried].slice(0, PREDECESSORS_MOST),
  };
}
