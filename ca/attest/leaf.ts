/**
 * The leaf attestor: a certificate of this CA, whose key the caller proved in the mutual TLS handshake.
 * TLS has verified the chain; all that TLS does not look at is judged here, at every call.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { SpiffeId } from '../../core/identity/spiffe-id.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import { parseCertificate, type Certificate } from '../../core/x509/certificate.ts';
import { checkSvid, checkValidity } from '../../core/x509/svid.ts';
import { isReserved } from '../policy/reserved.ts';
import type { Attestation } from './attestation.ts';

/** A workload that calls the mesh listener. */
export interface CallingWorkload {
  readonly id: SpiffeId;
  readonly leaf: Certificate;
}

/** Who calls, if the leaf is a valid SVID of a workload of this trust domain. The CA's own identities are servers, not
 *  callers. Refuses: ATTEST_PEER. */
export function recogniseWorkload(der: Buffer, trustDomain: TrustDomain, now: EpochSeconds): Outcome<CallingWorkload> {
  const leaf = parseCertificate(der);
  if (!leaf.ok) return unproven(leaf.refusal.detail);
  const id = checkSvid(leaf.value, trustDomain);
  if (!id.ok) return unproven(id.refusal.detail);
  const valid = checkValidity(leaf.value, now);
  if (!valid.ok) return unproven(valid.refusal.detail);
  if (isReserved(id.value)) return unproven(`${id.value.uri} is no workload`);
  return admit({ id: id.value, leaf: leaf.value });
}

/** What a current leaf proves for its successor: the same names, the same lineage.
 *  Refuses: ATTEST_PEER | GRANT_LINEAGE (no lineage in the leaf). */
export function attestLeaf(der: Buffer, trustDomain: TrustDomain, now: EpochSeconds): Outcome<Attestation> {
  const workload = recogniseWorkload(der, trustDomain, now);
  if (!workload.ok) return workload;
  const { id, leaf } = workload.value;
  if (leaf.lineage === undefined) return refuse('GRANT_LINEAGE', `certificate ${leaf.serial} names no lineage`);
  return admit({
    attestor: 'leaf',
    evidence: `leaf:${leaf.serial}`,
    id,
    dnsNames: leaf.dnsNames,
    claim: {
      kind: 'leaf',
      lineageId: leaf.lineage.id.toString('hex'),
      thumbprint: leaf.thumbprint.toString('hex'),
      sequence: leaf.lineage.sequence,
      issuedAt: leaf.lineage.issuedAt,
      notAfter: leaf.notAfter,
    },
    predecessor: leaf,
  });
}

const unproven = (detail: string): Outcome<never> => refuse('ATTEST_PEER', detail);
