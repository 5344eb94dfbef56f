/**
 * Whether a chain ends at one of our roots: every signature, every CA certificate and every window. TLS asks the same
 * at each handshake; we ask before we adopt, so that a broken answer is never served with.
 * Decides about our own certificates only; a peer's chain is verified by TLS.
 */
import { X509Certificate } from 'node:crypto';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import { parseCertificate, type Certificate } from '../../core/x509/certificate.ts';
import { checkAuthority, checkValidity } from '../../core/x509/svid.ts';

/** What a chain is judged against. */
export interface Trust {
  readonly trustDomain: TrustDomain;
  /** DER of the roots. */
  readonly roots: readonly Buffer[];
  readonly now: EpochSeconds;
}

/** The leaf of a chain (DER, leaf first, without the root) that ends at one of the roots.
 *  Refuses: RENEW_ANSWER, with the rule. The leaf itself is not judged beyond signature and window. */
export function checkChain(chain: readonly Buffer[], trust: Trust): Outcome<Certificate> {
  const certificates: Certificate[] = [];
  for (const [place, der] of chain.entries()) {
    const parsed = parseCertificate(der);
    if (!parsed.ok) return refuse('RENEW_ANSWER', `certificate ${place} of the chain: ${parsed.refusal.detail}`);
    certificates.push(parsed.value);
  }
  const roots = checkRoots(trust);
  if (!roots.ok) return roots;
  const [leaf] = certificates;
  const last = certificates.at(-1);
  if (leaf === undefined || last === undefined) return refuse('RENEW_ANSWER', 'the chain is empty');
  const root = roots.value.find((candidate) => isIssuedBy(last, candidate));
  if (root === undefined) return refuse('RENEW_ANSWER', 'the chain ends at none of the roots of the bundle');
  return checkPath([...certificates, root], trust, leaf);
}

function checkPath(path: readonly Certificate[], trust: Trust, leaf: Certificate): Outcome<Certificate> {
  for (const [place, certificate] of path.entries()) {
    const issuer = path[place + 1];
    const valid = checkValidity(certificate, trust.now);
    if (!valid.ok) return refuse('RENEW_ANSWER', `certificate ${place} of the chain: ${valid.refusal.detail}`);
    if (issuer === undefined) return admit(leaf);
    const authority = checkAuthority(issuer, trust.trustDomain);
    if (!authority.ok) return refuse('RENEW_ANSWER', `issuer ${place + 1} of the chain: ${authority.refusal.detail}`);
    // The path length counts the CA certificates between this one and the leaf (RFC 5280 section 4.2.1.9).
    if (issuer.pathLength !== undefined && issuer.pathLength < place)
      return refuse('RENEW_ANSWER', `issuer ${place + 1} of the chain allows a path of ${issuer.pathLength}`);
    if (!isIssuedBy(certificate, issuer))
      return refuse('RENEW_ANSWER', `certificate ${place} of the chain is not signed by the next one`);
  }
  return admit(leaf);
}

function checkRoots({ roots, trustDomain }: Trust): Outcome<readonly Certificate[]> {
  const checked: Certificate[] = [];
  for (const [place, der] of roots.entries()) {
    const parsed = parseCertificate(der);
    if (!parsed.ok) return refuse('RENEW_ANSWER', `root ${place}: ${parsed.refusal.detail}`);
    const authority = checkAuthority(parsed.value, trustDomain);
    if (!authority.ok) return refuse('RENEW_ANSWER', `root ${place}: ${authority.refusal.detail}`);
    checked.push(parsed.value);
  }
  return checked.length > 0 ? admit(checked) : refuse('RENEW_ANSWER', 'the bundle is empty');
}

/** By name, key identifier and signature. */
function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  const child = new X509Certificate(certificate.der);
  const parent = new X509Certificate(issuer.der);
  return child.checkIssued(parent) && child.verify(parent.publicKey);
}
