/** Whether the CA may still deal with a workload: neither its certificate and lineage nor its SPIFFE ID is revoked. Pure. */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { describeRevocation, type RevocationIndex } from '../../core/identity/revocation.ts';
import type { SpiffeId } from '../../core/identity/spiffe-id.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import type { IssuanceRecord } from '../journal/record.ts';

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

/** What tells an issued certificate from all others. */
export type IssuedFacts = Pick<IssuanceRecord, 'serial' | 'thumbprint' | 'lineageId' | 'sequence' | 'issuedAt'>;

/** The same for a certificate that was issued before: it is not delivered again either. Refuses: GRANT_REVOKED. */
export function checkIssuedUnrevoked(
  { id, issued }: { readonly id: SpiffeId; readonly issued: IssuedFacts },
  revocations: Pick<RevocationIndex, 'ofPeer'>,
  now: EpochSeconds,
): Outcome<void> {
  const { lineageId, sequence, issuedAt } = issued;
  const lineage = { id: Buffer.from(lineageId, 'hex'), sequence, issuedAt, predecessors: [] };
  const thumbprintText = Buffer.from(issued.thumbprint, 'hex').toString('base64url');
  const found = revocations.ofPeer({ id, serial: issued.serial, thumbprintText, lineage }, now);
  return found === undefined ? admit(undefined) : refuse('GRANT_REVOKED', `${id.uri}: ${describeRevocation(found)}`);
}
