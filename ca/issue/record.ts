/** The record of an issuance: what the journal keeps, and the one line that goes to standard output. Pure. */
import type { Certificate } from '../../core/x509/certificate.ts';
import type { Lineage } from '../../core/x509/lineage.ts';
import type { IssuanceRecord } from '../journal/record.ts';
import type { Grant } from '../policy/grant.ts';
import type { Authority } from '../signer/authority.ts';

/** What the journal keeps of a signed certificate. */
export function recordIssuance(
  certificate: Certificate,
  granted: Grant,
  { lineage, authority }: { readonly lineage: Lineage; readonly authority: Authority },
): IssuanceRecord {
  return {
    serial: certificate.serial,
    thumbprint: certificate.thumbprint.toString('hex'),
    keyDigest: granted.keyDigest,
    spiffeId: granted.id.uri,
    lineageId: lineage.id.toString('hex'),
    sequence: lineage.sequence,
    attestor: granted.attestation.attestor,
    evidence: granted.attestation.evidence,
    issuedAt: granted.issuedAt,
    notAfter: granted.notAfter,
    askedTtl: granted.askedTtl,
    // A copy of its own: a small Buffer would take its 64 KiB pool along to the journal's thread.
    der: new Uint8Array(certificate.der),
    authority: authority.certificate.thumbprint.toString('hex'),
    above: authority.above.map(({ der }) => new Uint8Array(der)),
  };
}

/** DER, leaf first, without the root: what its holder shows. */
export function chainOf({ der, above }: Pick<IssuanceRecord, 'der' | 'above'>): readonly Buffer[] {
  return [der, ...above].map((each) => Buffer.from(each));
}

/** The record without the certificate itself, for the log line and the control socket. It joins to the sidecars'
 *  request records by serial, lineage and sequence. */
export function describeIssuance(record: IssuanceRecord): Readonly<Record<string, string | number | undefined>> {
  return {
    serial: record.serial,
    spiffeId: record.spiffeId,
    lineageId: record.lineageId,
    sequence: record.sequence,
    attestor: record.attestor,
    evidence: record.evidence,
    issuedAt: record.issuedAt,
    notAfter: record.notAfter,
    askedTtl: record.askedTtl,
    thumbprint: record.thumbprint,
    authority: record.authority,
  };
}
