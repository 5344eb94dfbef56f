/** From evidence to attestation: one attestor a kind. A new kind is a new line here and a file beside this one. */
import { admit, type Outcome } from '../../core/fault/refusal.ts';
import { spiffeIdOf } from '../../core/identity/spiffe-id.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { Journal } from '../journal/journal.ts';
import { CA_PATH } from '../policy/reserved.ts';
import type { Attestation } from './attestation.ts';
import { attestJoinToken, parseEvidence } from './join-token.ts';
import { attestLeaf } from './leaf.ts';

/** `text` is secret. `self` is the CA itself, and never comes in from outside. */
export type Evidence =
  | { readonly kind: 'join-token'; readonly text: string }
  | { readonly kind: 'leaf'; readonly der: Buffer }
  | { readonly kind: 'self'; readonly dnsNames: readonly string[] };

export interface AttestDeps {
  readonly trustDomain: TrustDomain;
  readonly journal: Pick<Journal, 'findJoinToken'>;
  /** SHA-256 of the root's DER. */
  readonly rootDigest: Buffer;
  readonly now: EpochSeconds;
}

/** What the evidence proves. Refuses: ATTEST_EVIDENCE | ATTEST_JOIN_TOKEN | ATTEST_PEER | GRANT_LINEAGE, and what the
 *  journal refuses. */
export async function attest(evidence: Evidence, deps: AttestDeps): Promise<Outcome<Attestation>> {
  const { trustDomain, journal, rootDigest, now } = deps;
  if (evidence.kind === 'leaf') return attestLeaf(evidence.der, trustDomain, now);
  if (evidence.kind === 'self') return attestSelf(evidence.dnsNames, trustDomain);
  const token = parseEvidence(evidence.text, rootDigest);
  if (!token.ok) return token;
  const record = await journal.findJoinToken(token.value.hash);
  return record.ok ? attestJoinToken(record.value, trustDomain) : record;
}

/** The CA's own serving certificate: its configured names, and nothing used up. */
function attestSelf(dnsNames: readonly string[], trustDomain: TrustDomain): Outcome<Attestation> {
  const id = spiffeIdOf(trustDomain, CA_PATH);
  if (!id.ok) return id;
  return admit({ attestor: 'self', id: id.value, dnsNames, claim: { kind: 'self' }, predecessor: undefined });
}
