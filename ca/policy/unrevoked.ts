/** Whether the CA may still deal with a workload: neither its certificate and lineage nor its SPIFFE ID is revoked. Pure. */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { describeRevocation, type RevocationIndex } from '../../core/identity/revocation.ts';
import type { SpiffeId } from '../../core/identity/spiffe-id.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { Certificate } from '../../core/x509/certificate.ts';

/** A workload, with the certificate that it shows or none yet. */
export interface Claimant {
  readonly id: SpiffeId;
  readonly leaf: Certificate | undefined;
}

/** Refuses: GRANT_REVOKED. */
export function checkUnrevoked(
  { id, leaf }: Claimant,
  revocations: Pick<RevocationIndex, 'ofPeer' | 'ofId'>,
  now: EpochSeconds,
): Outcome<void> {
  const found =
    leaf === undefined
      ? revocations.ofId(id, now)
      : revocations.ofPeer({ id, ...leaf, thumbprintText: leaf.thumbprint.toString('base64url') }, now);
  return found === undefined ? admit(undefined) : refuse('GRANT_REVOKED', `${id.uri}: ${describeRevocation(found)}`);
}
