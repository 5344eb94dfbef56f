/** Compares what the signer gave with what was linted: the last look before a certificate becomes real. Pure. */
import { verify } from 'node:crypto';

import { refuse, type Outcome } from '../../core/fault/refusal.ts';
import { parseCertificate, type Certificate } from '../../core/x509/certificate.ts';
import { importSpki } from '../../core/x509/public-key.ts';

/** The certificate, if its to-be-signed bytes are the linted ones and the signature over them is the issuer's.
 *  Refuses: ISSUE_MISMATCH. A wrong signature is never handed out: of ECDSA it can give the key away. */
export function compareSigned(der: Buffer, linted: Buffer, issuer: Certificate): Outcome<Certificate> {
  const certificate = parseCertificate(der);
  if (!certificate.ok) return refuse('ISSUE_MISMATCH', `cannot be read: ${certificate.refusal.detail}`);
  if (!certificate.value.tbs.equals(linted)) return refuse('ISSUE_MISMATCH', 'the signer signed other bytes');
  const key = importSpki(issuer.spki);
  if (key === undefined || !verify('sha256', linted, key, certificate.value.signature))
    return refuse('ISSUE_MISMATCH', 'the signature does not verify');
  return certificate;
}
