/** What the CA concluded from evidence: a name that it may sign, and what issuing it uses up. */
import type { SpiffeId } from '../../core/identity/spiffe-id.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import type { Attestor, Claim } from '../journal/record.ts';

export interface Attestation {
  readonly attestor: Attestor;
  readonly id: SpiffeId;
  /** DNS names that the attestation vouches for, lower case. */
  readonly dnsNames: readonly string[];
  readonly claim: Claim;
  /** The certificate that is renewed; undefined starts a new lineage. */
  readonly predecessor: Certificate | undefined;
}
