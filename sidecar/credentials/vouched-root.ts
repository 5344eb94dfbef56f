/**
 * From the certificates that a server shows to the root that a join token's fingerprint vouches for: the one that it
 * names, or the one that signs now, if the named one has certified its key. Pure; builds no path for anybody else.
 * One step, never a chain of vouchers, and only between roots of Cleat's own form: what else the named root has signed
 * (an issuer, a CA for another purpose, a leaf) vouches for nobody. Where any rule is broken the named root is what
 * is trusted, and TLS refuses whoever is not below it.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

import { trustDomainUri } from '../../core/identity/spiffe-id.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import { EXTENSION } from '../../core/x509/oid.ts';
import { readCandidates } from '../../core/x509/path.ts';
import { isSignedBy } from '../../core/x509/signature.ts';
import { checkAuthority, checkValidity } from '../../core/x509/svid.ts';

export interface Vouching {
  /** SHA-256 of the root that the token names. */
  readonly rootDigest: Buffer;
  readonly trustDomain: TrustDomain;
  readonly now: EpochSeconds;
}

/** DER of the root to trust; undefined where the named one is not shown. Cost: at most two signature checks for each
 *  certificate that is shown. */
export function findVouchedRoot(shown: readonly Buffer[], vouching: Vouching): Buffer | undefined {
  const named = shown.find((der) => timingSafeEqual(sha256(der), vouching.rootDigest));
  if (named === undefined) return undefined;
  const [by] = readCandidates([named]);
  if (by === undefined || !isOwnRoot(by, vouching)) return named;
  const certificates = readCandidates(shown);
  const voucher = certificates.find((candidate) => isVoucher(candidate, by, vouching));
  if (voucher === undefined) return named;
  const next = certificates.find(
    (candidate) =>
      candidate.subject.equals(voucher.subject) &&
      candidate.spki.equals(voucher.spki) &&
      isOwnRoot(candidate, vouching),
  );
  return next?.der ?? named;
}

const ROOT_EXTENSIONS: readonly string[] = [
  EXTENSION.basicConstraints,
  EXTENSION.keyUsage,
  EXTENSION.subjectAltName,
  EXTENSION.subjectKeyIdentifier,
];
const VOUCHER_EXTENSIONS: readonly string[] = [...ROOT_EXTENSIONS, EXTENSION.authorityKeyIdentifier];

/** A root as the CA makes its own. Its path length of 0 forbids a CA below it, so that a voucher is never mistaken. */
function isOwnRoot(certificate: Certificate, vouching: Vouching): boolean {
  return (
    isSound(certificate, vouching) &&
    hasExtensions(certificate, ROOT_EXTENSIONS) &&
    certificate.issuer.equals(certificate.subject) &&
    isSignedBy(certificate, certificate)
  );
}

/** What the named root has said of the key of another root. */
function isVoucher(certificate: Certificate, by: Certificate, vouching: Vouching): boolean {
  return (
    isSound(certificate, vouching) &&
    hasExtensions(certificate, VOUCHER_EXTENSIONS) &&
    !certificate.subject.equals(by.subject) &&
    !certificate.spki.equals(by.spki) &&
    certificate.issuer.equals(by.subject) &&
    by.subjectKeyId !== undefined &&
    certificate.authorityKeyId?.equals(by.subjectKeyId) === true &&
    isSignedBy(certificate, by)
  );
}

/** A CA of the trust domain, now, for leaves alone. */
function isSound(certificate: Certificate, { trustDomain, now }: Vouching): boolean {
  const { pathLength, uriNames, dnsNames, otherNames } = certificate;
  return (
    checkAuthority(certificate, trustDomain).ok &&
    checkValidity(certificate, now).ok &&
    pathLength === 0 &&
    uriNames.length === 1 &&
    uriNames[0] === trustDomainUri(trustDomain) &&
    dnsNames.length + otherNames === 0
  );
}

/** These and no other: no purposes, no name constraints, nothing that goes unheeded here. */
function hasExtensions({ extensions }: Certificate, oids: readonly string[]): boolean {
  return extensions.length === oids.length && oids.every((oid) => extensions.some((found) => found.oid === oid));
}

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
