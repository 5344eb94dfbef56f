/**
 * The one rule of lineage, both halves side by side: what the CA writes into a successor, and what a verifier accepts by
 * it. They are one agreement: `acceptUntil` is only as safe as the bound that the CA puts on it. Here and not beside the
 * extension's codec (`core/x509/lineage.ts`), since the verifier's half needs the token, and `x509` knows no tokens.
 * Never reads a clock, never decides by a name alone. Pure. Spec: DESIGN section 4.3, reference/tokens.md section 7.
 */
import { timingSafeEqual } from 'node:crypto';

import { admit, type Outcome, refuse } from '../fault/refusal.ts';
import type { Peer } from '../identity/peer.ts';
import { describeRevocation, type RevocationIndex } from '../identity/revocation.ts';
import { type EpochSeconds, epochSeconds, type Seconds } from '../time/units.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { Lineage } from '../x509/lineage.ts';
import { isSpiffeName } from './people.ts';
import type { VerifiedToken } from './verified-token.ts';

export interface PlanTerms {
  readonly issuedAt: EpochSeconds;
  /** The longest life that a token of this CA can have. */
  readonly tokenTtl: Seconds;
  /** 16 random bytes, used where a new lineage starts. */
  readonly freshId: Buffer;
}

/** What the rule needs of the predecessor. */
export type PlanPredecessor = Pick<Certificate, 'thumbprint' | 'notAfter' | 'lineage'>;

/** A lineage extension holds this many predecessors at most. */
const PREDECESSORS_MOST = 3;

/** The lineage of the certificate that follows `predecessor`, or of the first of a new one. */
export function planLineage(predecessor: PlanPredecessor | undefined, terms: PlanTerms): Lineage {
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

/** A token, and the certificate that its `cnf.x5t#S256` names: 32 bytes that are not the peer's thumbprint. */
export interface BoundElsewhere {
  readonly token: VerifiedToken;
  readonly thumbprint: Buffer;
}

export interface AcceptTerms {
  /** False: exact only, whatever the issuer's entry allows. */
  readonly lineage: boolean;
  readonly revocations: Pick<RevocationIndex, 'ofPredecessor'>;
  readonly now: EpochSeconds;
}

/** Nothing, if the peer may use a token that was issued to its predecessor. Asked only after the exact comparison failed.
 *  That the token itself is not revoked is asked before any binding.
 *  Refuses: BINDING_MISMATCH (the detail names the rule) | BINDING_NEWER (the token is for a successor of this leaf).
 *  Cost: at most three compares in constant time. */
export function acceptPredecessor(bound: BoundElsewhere, peer: Peer, terms: AcceptTerms): Outcome<void> {
  const { token, thumbprint } = bound;
  const { lineage, id } = peer;
  const { rules, issuedAt } = token;
  // Rule 1. That the leaf chains to the bundle of its own domain is what made it a peer.
  if (rules.trustDomain !== id.trustDomain) return failed(`issuer ${token.issuer} is not one of ${id.trustDomain}`);
  if (lineage === undefined) return failed(peer.isLineageMalformed ? 'malformed in the leaf' : 'the leaf has none');
  const entry = lineage.predecessors.find((one) => timingSafeEqual(one.thumbprint, thumbprint));
  if (entry === undefined) return notListed(token, peer, lineage);
  if (!terms.lineage) return failed('the route is exact only');
  if (!rules.lineage) return failed(`issuer ${token.issuer} is exact only`);
  // Rule 3: no skew, so that a thief gains no second beyond what the predecessor's own end gave him.
  if (terms.now >= entry.acceptUntil) return failed(`accepted until ${entry.acceptUntil}, now ${terms.now}`);
  if (issuedAt === undefined) return failed('the token has no iat');
  if (issuedAt > lineage.issuedAt + rules.skew) return failed(`iat ${issuedAt}, the leaf is of ${lineage.issuedAt}`);
  if (isSpiffeName(token.actor) && token.actor !== id.uri) return failed(`the actor of the token is ${token.actor}`);
  const revoked = terms.revocations.ofPredecessor(peer, thumbprint, terms.now);
  return revoked === undefined ? admit(undefined) : failed(describeRevocation(revoked));
}

/** A token that this very workload got after the leaf was issued belongs to a newer leaf: the connection is too old, and
 *  another token would be refused as well. Whatever else is not listed is a stranger's, or too old. */
function notListed(token: VerifiedToken, { id }: Peer, { issuedAt, predecessors }: Lineage): Outcome<never> {
  const isNewer = token.issuedAt !== undefined && token.issuedAt > issuedAt + token.rules.skew;
  if (!isNewer || token.actor !== id.uri) return failed(`not one of ${predecessors.length} predecessors`);
  return refuse('BINDING_NEWER', `token newer than connection: iat ${token.issuedAt}, the leaf is of ${issuedAt}`);
}

const failed = (rule: string): Outcome<never> => refuse('BINDING_MISMATCH', `lineage: ${rule}`);
