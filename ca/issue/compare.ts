/** Compares what the signer gave with what was linted: the last look before a certificate becomes real. Pure. */
import { verify, type KeyObject } from 'node:crypto';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { withSignature, type Certificate } from '../../core/x509/certificate.ts';

/** The linted certificate as the signer gave it, if its signed bytes and algorithm are the linted ones and the signature
 *  is the issuer's. Refuses: ISSUE_MISMATCH. A wrong signature is never handed out: of ECDSA it can give the key away. */
export function compareSigned(der: Buffer, linted: Certificate, issuer: KeyObject | undefined): Outcome<Certificate> {
  const certificate = withSignature(linted, der);
  if (certificate === undefined) return refuse('ISSUE_MISMATCH', 'the signer signed other bytes');
  if (issuer === undefined || !verify('sha256', linted.tbs, issuer, certificate.signature))
    return refuse('ISSUE_MISMATCH', 'the signature does not verify');
  return admit(certificate);
}
