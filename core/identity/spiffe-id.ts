/**
 * SPIFFE IDs by their own grammar (SPIFFE-ID section 2), byte by byte. An ID is parsed once, then it is no longer a string.
 * Never normalises, never decodes, never uses `URL`: what was written is what is compared.
 */
import { admit, refuse, type Outcome } from '../fault/refusal.ts';
import { parseTrustDomain, type TrustDomain } from './trust-domain.ts';

/** A workload's ID. Frozen. */
export interface SpiffeId {
  /** The whole text, `spiffe://mesh.example/ns/shop/sa/agent`: the one to compare, print and send. */
  readonly uri: string;
  readonly trustDomain: TrustDomain;
  /** With its leading slash: `/ns/shop/sa/agent`. */
  readonly path: string;
  readonly segments: readonly string[];
}

const SCHEME = 'spiffe://';
const MOST_BYTES = 2048;
const SEGMENT = /^[A-Za-z0-9._-]+$/;

/** Gives the ID of a workload. Refuses: PEER_NOT_SVID for any other text, a trust-domain ID (no path) included.
 *  Limits: 2048 bytes, trust domain 255. Path segments are `A-Z a-z 0-9 . _ -`, none empty, `.` or `..`. */
export function parseSpiffeId(text: string): Outcome<SpiffeId> {
  if (text.length > MOST_BYTES) return refuse('PEER_NOT_SVID', `SPIFFE ID of ${text.length} bytes, at most 2048`);
  if (!text.startsWith(SCHEME)) return refuse('PEER_NOT_SVID', 'SPIFFE ID does not begin with spiffe://');
  const slash = text.indexOf('/', SCHEME.length);
  if (slash === -1) return refuse('PEER_NOT_SVID', 'SPIFFE ID has no path: it names a trust domain, not a workload');
  const trustDomain = parseTrustDomain(text.slice(SCHEME.length, slash));
  if (!trustDomain.ok) return trustDomain;
  return spiffeIdOf(trustDomain.value, text.slice(slash));
}

/** Gives the ID of a path (`/ns/shop/sa/agent`) in a trust domain. Refuses: PEER_NOT_SVID, as `parseSpiffeId`. */
export function spiffeIdOf(trustDomain: TrustDomain, path: string): Outcome<SpiffeId> {
  const uri = `${trustDomainUri(trustDomain)}${path}`;
  if (uri.length > MOST_BYTES) return refuse('PEER_NOT_SVID', `SPIFFE ID of ${uri.length} bytes, at most 2048`);
  const segments = parsePath(path);
  if (!segments.ok) return segments;
  return admit(Object.freeze({ uri, trustDomain, path, segments: segments.value }));
}

/** Gives the ID of the trust domain itself, which a CA certificate carries (X.509-SVID section 3.1). */
export function trustDomainUri(trustDomain: TrustDomain): string {
  return `${SCHEME}${trustDomain}`;
}

/** Gives the segments of a path, frozen. Refuses: PEER_NOT_SVID. The caller bounds the length. */
export function parsePath(path: string): Outcome<readonly string[]> {
  if (!path.startsWith('/')) return refuse('PEER_NOT_SVID', 'path does not begin with a slash');
  const segments = path.slice(1).split('/');
  for (const segment of segments) {
    if (segment === '') return refuse('PEER_NOT_SVID', 'path has an empty segment or a slash at its end');
    if (segment === '.' || segment === '..') return refuse('PEER_NOT_SVID', 'path has a dot segment');
    if (!SEGMENT.test(segment)) return refuse('PEER_NOT_SVID', 'path has a character other than A-Z a-z 0-9 . _ -');
  }
  return admit(Object.freeze(segments));
}
