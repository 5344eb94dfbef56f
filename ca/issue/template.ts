/**
 * From a grant to the exact bytes that will be signed (DESIGN section 4.2). Pure: serial and lineage id come from the
 * given random source. Nothing of the requester's ASN.1 is copied but his key, and that in canonical form.
 */
import type { RandomBytes } from '../../core/time/clock.ts';
import { planLineage } from '../../core/token/lineage.ts';
import {
  authorityKeyId,
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  lineageExtension,
  subjectAltName,
  subjectKeyId,
} from '../../core/x509/extensions.ts';
import type { Lineage } from '../../core/x509/lineage.ts';
import { EMPTY_NAME, encodeTbs } from '../../core/x509/write.ts';
import type { Grant, IssuancePolicy } from '../policy/grant.ts';

/** What is to be signed, and what it was made from: the lint compares both. */
export interface Draft {
  readonly tbs: Buffer;
  readonly grant: Grant;
  readonly lineage: Lineage;
}

/** RFC 5280 section 4.1.2.2 allows 20; the encoder makes the number positive. */
const SERIAL_BYTES = 16;
const LINEAGE_ID_BYTES = 16;

/** The draft of a leaf. */
export function draftCertificate(grant: Grant, policy: IssuancePolicy, random: RandomBytes): Draft {
  const { issuer, tokenTtl } = policy;
  const { id, dnsNames, spki, issuedAt, notBefore, notAfter } = grant;
  const terms = { issuedAt, tokenTtl, freshId: random(LINEAGE_ID_BYTES) };
  const lineage = planLineage(grant.attestation.predecessor, terms);
  const tbs = encodeTbs({
    serial: random(SERIAL_BYTES),
    issuer: issuer.subject,
    subject: EMPTY_NAME,
    notBefore,
    notAfter,
    spki,
    extensions: [
      basicConstraints({ ca: false }),
      keyUsage('digitalSignature'),
      extendedKeyUsage(),
      subjectAltName({ uri: id.uri, dns: dnsNames }, true),
      subjectKeyId(spki),
      authorityKeyId(issuer.subjectKeyId ?? Buffer.alloc(0)),
      lineageExtension(lineage),
    ],
  });
  return { tbs, grant, lineage };
}
