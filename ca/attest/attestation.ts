/** What the CA concluded from evidence: a name that it may sign, and what issuing it uses up. */
import type { SpiffeId } from '../../core/identity/spiffe-id.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import type { Attestor, Claim } from '../journal/record.ts';

export interface Attestation {
  readonly attestor: Attestor;
  /** Which evidence it was, for journal and log: `x509:<attestor>:<serial>`, `oidc:<attestor>:<sub>`, `join-token:<first hex
   *  digits of its hash>`, `leaf:<serial>`. Public, at most 256 printable characters. */
  readonly evidence: string;
  readonly id: SpiffeId;
  /** DNS names that the attestation vouches for, lower case. */
  readonly dnsNames: readonly string[];
  readonly claim: Claim;
  /** The certificate that is renewed; undefined starts a new lineage. */
  readonly predecessor: Certificate | undefined;
}
