/**
 * From the certificates that a server shows to the root that a join token's fingerprint vouches for: the one that it
 * names, or the one that signs now, if the named one has certified its key. Pure; builds no path for anybody else.
 */
import { createHash, timingSafeEqual, X509Certificate } from 'node:crypto';

import { parseCertificate, type Certificate } from '../../core/x509/certificate.ts';

/** DER of the root to trust; undefined where the named one is not shown. */
export function findVouchedRoot(shown: readonly Buffer[], rootDigest: Buffer): Buffer | undefined {
  const named = shown.find((der) => timingSafeEqual(sha256(der), rootDigest));
  if (named === undefined) return undefined;
  const by = read(named);
  if (by === undefined) return named;
  const certificates = shown.flatMap((der) => read(der) ?? []);
  const voucher = certificates.find((candidate) => isVoucher(candidate, by));
  if (voucher === undefined) return named;
  const next = certificates.find(
    ({ certificate }) =>
      certificate.isCa &&
      certificate.issuer.equals(certificate.subject) &&
      certificate.subject.equals(voucher.certificate.subject) &&
      certificate.spki.equals(voucher.certificate.spki),
  );
  return next?.certificate.der ?? named;
}

interface Shown {
  readonly certificate: Certificate;
  readonly x509: X509Certificate;
}

/** A CA certificate of another subject, signed by the root that the token names. */
function isVoucher({ certificate, x509 }: Shown, by: Shown): boolean {
  if (!certificate.isCa || certificate.subject.equals(by.certificate.subject)) return false;
  if (certificate.keyUsage?.bits.has('keyCertSign') !== true) return false;
  return x509.checkIssued(by.x509) && x509.verify(by.x509.publicKey);
}

function read(der: Buffer): Shown | undefined {
  const parsed = parseCertificate(der);
  if (!parsed.ok) return undefined;
  try {
    return { certificate: parsed.value, x509: new X509Certificate(der) };
  } catch {
    // What OpenSSL cannot read, TLS will not verify against.
    return undefined;
  }
}

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
