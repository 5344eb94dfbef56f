/**
 * Whether a chain ends at one of our roots: every signature, every CA certificate and every window. TLS asks the same
 * at each handshake; we ask before we adopt, so that a broken answer is never served with.
 * Decides about our own certificates only; a peer's chain is verified by TLS.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import { parseCertificate, type Certificate } from '../../core/x509/certificate.ts';
import { verifyPath } from '../../core/x509/path.ts';
import { checkAuthority } from '../../core/x509/svid.ts';

/** What a chain is judged against. */
export interface Trust {
  readonly trustDomain: TrustDomain;
  /** DER of the roots. */
  readonly roots: readonly Buffer[];
  readonly now: EpochSeconds;
}

/** The leaf of a chain (DER, leaf first, without the root) that ends at one of the roots.
 *  Refuses: RENEW_ANSWER, with the rule. The leaf's own name is not judged, nor whom it names. */
export function checkChain(chain: readonly Buffer[], trust: Trust): Outcome<Certificate> {
  const sent = readAll(chain, (place) => `certificate ${place} of the chain`);
  if (!sent.ok) return sent;
  const roots = checkRoots(trust);
  if (!roots.ok) return roots;
  const [leaf, ...intermediates] = sent.value;
  if (leaf === undefined) return refuse('RENEW_ANSWER', 'the chain is empty');
  const path = verifyPath({ leaf, intermediates, roots: roots.value, now: trust.now, purpose: 'svid' });
  if (!path.ok) return refuse('RENEW_ANSWER', sentence(path.refusal));
  // Peers get it as it is; not all of them look for the next certificate further down.
  const stray = sent.value.findIndex((certificate, place) => path.value[place]?.der.equals(certificate.der) !== true);
  if (stray !== -1) return refuse('RENEW_ANSWER', `certificate ${stray} of the chain is not the next one of its path`);
  for (const [place, authority] of path.value.slice(1).entries()) {
    const fit = checkAuthority(authority, trust.trustDomain);
    if (!fit.ok) return refuse('RENEW_ANSWER', `issuer ${place + 1} of the chain: ${fit.refusal.detail}`);
  }
  return admit(leaf);
}

function sentence({ code, detail }: { readonly code: string; readonly detail: string }): string {
  return code === 'PEER_UNTRUSTED' ? `the chain ends at none of the roots of the bundle: ${detail}` : detail;
}

function checkRoots({ roots, trustDomain }: Trust): Outcome<readonly Certificate[]> {
  const read = readAll(roots, (place) => `root ${place}`);
  if (!read.ok) return read;
  for (const [place, root] of read.value.entries()) {
    const authority = checkAuthority(root, trustDomain);
    if (!authority.ok) return refuse('RENEW_ANSWER', `root ${place}: ${authority.refusal.detail}`);
  }
  return read.value.length > 0 ? read : refuse('RENEW_ANSWER', 'the bundle is empty');
}

function readAll(ders: readonly Buffer[], nameOf: (place: number) => string): Outcome<readonly Certificate[]> {
  const certificates: Certificate[] = [];
  for (const [place, der] of ders.entries()) {
    const parsed = parseCertificate(der);
    if (!parsed.ok) return refuse('RENEW_ANSWER', `${nameOf(place)}: ${parsed.refusal.detail}`);
    certificates.push(parsed.value);
  }
  return admit(certificates);
}
