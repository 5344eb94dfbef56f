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

/** A certificate as we read it, and as OpenSSL does: what only one of them can read is not used. */
interface Link {
  readonly certificate: Certificate;
  readonly x509: X509Certificate;
}

/** The leaf of a chain (DER, leaf first, without the root) that ends at one of the roots.
 *  Refuses: RENEW_ANSWER, with the rule. The leaf itself is not judged beyond signature and window. */
export function checkChain(chain: readonly Buffer[], trust: Trust): Outcome<Certificate> {
  const links: Link[] = [];
  for (const [place, der] of chain.entries()) {
    const link = readLink(der, `certificate ${place} of the chain`);
    if (!link.ok) return link;
    links.push(link.value);
  }
  const roots = checkRoots(trust);
  if (!roots.ok) return roots;
  const [leaf] = links;
  const last = links.at(-1);
  if (leaf === undefined || last === undefined) return refuse('RENEW_ANSWER', 'the chain is empty');
  const root = roots.value.find((candidate) => isIssuedBy(last, candidate));
  if (root === undefined) return refuse('RENEW_ANSWER', 'the chain ends at none of the roots of the bundle');
  const path = checkPath([...links, root], trust);
  return path.ok ? admit(leaf.certificate) : path;
}

function checkPath(path: readonly Link[], trust: Trust): Outcome<void> {
  for (const [place, link] of path.entries()) {
    const issuer = path[place + 1];
    const valid = checkValidity(link.certificate, trust.now);
    if (!valid.ok) return refuse('RENEW_ANSWER', `certificate ${place} of the chain: ${valid.refusal.detail}`);
    if (issuer === undefined) return admit(undefined);
    const { pathLength } = issuer.certificate;
    const authority = checkAuthority(issuer.certificate, trust.trustDomain);
    if (!authority.ok) return refuse('RENEW_ANSWER', `issuer ${place + 1} of the chain: ${authority.refusal.detail}`);
    // The path length counts the CA certificates between this one and the leaf (RFC 5280 section 4.2.1.9).
    if (pathLength !== undefined && pathLength < place)
      return refuse('RENEW_ANSWER', `issuer ${place + 1} of the chain allows a path of ${pathLength}`);
    if (!isIssuedBy(link, issuer))
      return refuse('RENEW_ANSWER', `certificate ${place} of the chain is not signed by the next one`);
  }
  return admit(undefined);
}

function checkRoots({ roots, trustDomain }: Trust): Outcome<readonly Link[]> {
  const checked: Link[] = [];
  for (const [place, der] of roots.entries()) {
    const link = readLink(der, `root ${place}`);
    if (!link.ok) return link;
    const authority = checkAuthority(link.value.certificate, trustDomain);
    if (!authority.ok) return refuse('RENEW_ANSWER', `root ${place}: ${authority.refusal.detail}`);
    checked.push(link.value);
  }
  return checked.length > 0 ? admit(checked) : refuse('RENEW_ANSWER', 'the bundle is empty');
}

function readLink(der: Buffer, place: string): Outcome<Link> {
  const parsed = parseCertificate(der);
  if (!parsed.ok) return refuse('RENEW_ANSWER', `${place}: ${parsed.refusal.detail}`);
  try {
    return admit({ certificate: parsed.value, x509: new X509Certificate(der) });
  } catch (thrown) {
    return refuse('RENEW_ANSWER', `${place}: OpenSSL says ${thrown instanceof Error ? thrown.message : 'no'}`);
  }
}

/** By name, key identifier and signature. */
function isIssuedBy({ x509 }: Link, issuer: Link): boolean {
  try {
    return x509.checkIssued(issuer.x509) && x509.verify(issuer.x509.publicKey);
  } catch {
    // A key that OpenSSL cannot use has signed nothing.
    return false;
  }
}
