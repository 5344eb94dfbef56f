/**
 * Path validation of our own (RFC 5280 section 6): from a leaf over intermediates that a stranger sent to one of our roots, at a given
 * time. A root is judged like any other certificate of the path, but its own signature is not: it is trusted, not proved.
 * Never asks anybody, never follows a URL in a certificate, never looks at a revocation list, and never does more work than its limits say.
 */
import { admit, refuse, type Outcome } from '../fault/refusal.ts';
import type { SpiffeId } from '../identity/spiffe-id.ts';
import type { TrustDomain } from '../identity/trust-domain.ts';
import type { EpochSeconds } from '../time/units.ts';
import { parseCertificate, type Certificate } from './certificate.ts';
import { checkNameConstraints } from './name-constraints.ts';
import { checkIssuer, checkLeaf, type Purpose } from './path-rules.ts';
import { isSignedBy } from './signature.ts';
import { checkAuthority, checkSvid, checkValidity } from './svid.ts';

export interface PathRequest {
  readonly leaf: Certificate;
  /** What came beside the leaf, in any order; nothing in it is trusted. At most 128. */
  readonly intermediates: readonly Certificate[];
  /** What is trusted. */
  readonly roots: readonly Certificate[];
  readonly now: EpochSeconds;
  /** What the leaf must be allowed to do, and each intermediate to vouch for; without it, extendedKeyUsage is not looked at. */
  readonly purpose?: Purpose;
}

const MOST_INTERMEDIATES = 128;
/** Certificates in a path, leaf and root included. */
const MOST_LENGTH = 8;
/** Whoever sends the chain chooses the keys, and a check by a long RSA key takes milliseconds. */
const MOST_SIGNATURES = 16;

/** Gives the path, leaf first, root last: the first one that holds in every rule.
 *  Refuses: PEER_NOT_SVID (the leaf may not be one) | PEER_EXPIRED | PEER_UNTRUSTED; the detail names certificate, rule and clause.
 *  Limits: 8 certificates in a path, 128 intermediates, 16 signature checks, 16,384 comparisons of names. */
export function verifyPath(request: PathRequest): Outcome<readonly Certificate[]> {
  const { leaf, intermediates, now, purpose } = request;
  const fit = checkLeaf(leaf, purpose);
  if (!fit.ok) return fit;
  const inTime = checkValidity(leaf, now);
  if (!inTime.ok) return inTime;
  if (intermediates.length > MOST_INTERMEDIATES)
    return refuse('PEER_UNTRUSTED', `${intermediates.length} intermediates, at most ${MOST_INTERMEDIATES}`);
  const work = { signatures: MOST_SIGNATURES };
  const found = extend({ path: [leaf], last: leaf }, request, work);
  if (found.ok || work.signatures > 0) return found;
  return refuse('PEER_UNTRUSTED', `no path to a root within ${MOST_SIGNATURES} signature checks`);
}

/** Gives the ID of the workload whose leaf has a path to a root of its trust domain (X.509-SVID section 5).
 *  Refuses as `verifyPath`, and PEER_TRUST_DOMAIN. */
export function verifySvidPath(
  request: Omit<PathRequest, 'purpose'> & { readonly trustDomain: TrustDomain },
): Outcome<SpiffeId> {
  const id = checkSvid(request.leaf, request.trustDomain);
  if (!id.ok) return id;
  const path = verifyPath({ ...request, purpose: 'svid' });
  if (!path.ok) return path;
  for (const authority of path.value.slice(1)) {
    const fit = checkAuthority(authority, request.trustDomain);
    if (!fit.ok) return fit;
  }
  return id;
}

/** Gives the certificates that can be read. One that cannot is no step of any path, and no reason to refuse the others (RFC 5280
 *  section 6.1: only certificates of the path count). */
export function readCandidates(ders: readonly Buffer[]): readonly Certificate[] {
  return ders.flatMap((der) => {
    const parsed = parseCertificate(der);
    return parsed.ok ? [parsed.value] : [];
  });
}

/** What may still be spent; counts down. */
interface Work {
  signatures: number;
}

/** A path so far: leaf first, `last` at its end. */
interface Stretch {
  readonly path: readonly Certificate[];
  readonly last: Certificate;
}

/** Depth first. Each step costs a signature check, so `work` bounds them all. */
function extend({ path, last }: Stretch, request: PathRequest, work: Work): Outcome<readonly Certificate[]> {
  let first: Outcome<never> | undefined;
  for (const [candidates, isRoot] of [
    [request.roots, true],
    [request.intermediates, false],
  ] as const) {
    for (const issuer of candidates) {
      if (work.signatures === 0 || !mayHaveIssued(issuer, last) || isIn(path, issuer)) continue;
      const tried = step({ path, last, issuer, isRoot }, request, work);
      if (tried.ok) return tried;
      first ??= tried;
    }
  }
  return first ?? refuse('PEER_UNTRUSTED', `no issuer of certificate ${last.serial} is known (RFC 5280 6.1.3 a 4)`);
}

interface Step extends Stretch {
  readonly issuer: Certificate;
  readonly isRoot: boolean;
}

function step({ path, last, issuer, isRoot }: Step, request: PathRequest, work: Work): Outcome<readonly Certificate[]> {
  if (path.length >= MOST_LENGTH) return refuse('PEER_UNTRUSTED', `path of more than ${MOST_LENGTH} certificates`);
  const fit = checkIssuer(issuer, { below: path, isRoot, purpose: request.purpose });
  if (!fit.ok) return fit;
  const inTime = checkValidity(issuer, request.now);
  if (!inTime.ok) return refuse('PEER_EXPIRED', `CA certificate ${issuer.serial}: ${inTime.refusal.detail}`);
  work.signatures -= 1;
  if (!isSignedBy(last, issuer))
    return refuse(
      'PEER_UNTRUSTED',
      `certificate ${last.serial} is not signed by ${issuer.serial} (RFC 5280 6.1.3 a 1)`,
    );
  const longer = [...path, issuer];
  if (!isRoot) return extend({ path: longer, last: issuer }, request, work);
  const named = checkNameConstraints(longer);
  return named.ok ? admit(longer) : named;
}

/** By name, and by key identifier where both have one. RFC 5280 calls the latter a hint; OpenSSL, which does the handshakes,
 *  insists on it, and a path that holds here must hold there. */
function mayHaveIssued(issuer: Certificate, subject: Certificate): boolean {
  if (!issuer.subject.equals(subject.issuer)) return false;
  const [asked, had] = [subject.authorityKeyId, issuer.subjectKeyId];
  return asked === undefined || had === undefined || asked.equals(had);
}

/** The same name with the same key is the same authority, whoever signed for it: going through it twice leads nowhere new. */
function isIn(path: readonly Certificate[], issuer: Certificate): boolean {
  return path.some(({ subject, spki }) => subject.equals(issuer.subject) && spki.equals(issuer.spki));
}
