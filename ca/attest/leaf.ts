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
import { CA_PATH, isReserved } from '../policy/reserved.ts';
import type { Attestation } from './attestation.ts';

/** Who calls the mesh listener. */
export interface Caller {
  readonly id: SpiffeId;
  readonly leaf: Certificate;
}

/** Who calls, if the leaf is a valid SVID of this trust domain: a workload, or an administrator. The CA itself is a
 *  server, not a caller. `shown`: its DER, or what was read from it before. Refuses: ATTEST_PEER. */
export function recogniseCaller(
  shown: Buffer | Certificate,
  trustDomain: TrustDomain,
  now: EpochSeconds,
): Outcome<Caller> {
  const leaf = Buffer.isBuffer(shown) ? parseCertificate(shown) : admit(shown);
  if (!leaf.ok) return unproven(leaf.refusal.detail);
  const id = checkSvid(leaf.value, trustDomain);
  if (!id.ok) return unproven(id.refusal.detail);
  const valid = checkValidity(leaf.value, now);
  if (!valid.ok) return unproven(valid.refusal.detail);
  if (id.value.path === CA_PATH) return unproven(`${id.value.uri} is no caller`);
  return admit({ id: id.value, leaf: leaf.value });
}

/** The caller, if it is a workload. Refuses: ATTEST_PEER. */
export function checkWorkload(caller: Caller): Outcome<Caller> {
  return isReserved(caller.id) ? unproven(`${caller.id.uri} is no workload`) : admit(caller);
}

/** What a current leaf proves for its successor: the same names, the same lineage.
 *  Refuses: ATTEST_PEER | GRANT_LINEAGE (no lineage in the leaf). */
export function attestLeaf(
  shown: Buffer | Certificate,
  trustDomain: TrustDomain,
  now: EpochSeconds,
): Outcome<Attestation> {
  const caller = recogniseCaller(shown, trustDomain, now);
  if (!caller.ok) return caller;
  const { id, leaf } = caller.value;
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

/** Reads each buffer once: a connection shows the same one at each of its calls. Undefined where it is no certificate. */
export function createLeafReader(): (der: Buffer) => Certificate | undefined {
  const read = new WeakMap<Buffer, Certificate>();
  return (der) => {
    const known = read.get(der);
    if (known !== undefined) return known;
    const leaf = parseCertificate(der);
    if (!leaf.ok) return undefined;
    read.set(der, leaf.value);
    return leaf.value;
  };
}
