/** Who is on a connection with this chain: what the handshake and the listener of a sidecar find out, without a socket. */
import { type Outcome, refuse } from '../../core/fault/refusal.ts';
import type { Peer } from '../../core/identity/peer.ts';
import type { RevocationIndex } from '../../core/identity/revocation.ts';
import { parseSpiffeId } from '../../core/identity/spiffe-id.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import { type Certificate, parseCertificate } from '../../core/x509/certificate.ts';
import { readCandidates, verifySvidPath } from '../../core/x509/path.ts';
import { recognisePeer } from '../../sidecar/identity/peer.ts';
import { checkPeerUnrevoked } from '../../sidecar/identity/unrevoked.ts';

/** What a connection shows, and by what it is judged. */
export interface Presented {
  readonly now: EpochSeconds;
  /** DER, leaf first; undefined where the client showed no certificate. */
  readonly chain: readonly Buffer[] | undefined;
  /** What is trusted, by trust domain. */
  readonly bundles: ReadonlyMap<TrustDomain, readonly Certificate[]>;
  readonly revocations: RevocationIndex;
}

/** Gives the peer. Refuses with a `PEER_` code: then there is no connection. */
export function recognise({ chain, bundles, revocations, now }: Presented): Outcome<Peer> {
  const [der, ...rest] = chain ?? [];
  if (der === undefined) return refuse('PEER_NO_CERTIFICATE', 'no client certificate');
  const leaf = parseCertificate(der);
  if (!leaf.ok) return leaf;
  const named = parseSpiffeId(leaf.value.uriNames[0] ?? '');
  // A leaf that names nobody is refused by any bundle.
  const trustDomain = named.ok && bundles.has(named.value.trustDomain) ? named.value.trustDomain : firstOf(bundles);
  const roots = bundles.get(trustDomain) ?? [];
  const path = verifySvidPath({ leaf: leaf.value, intermediates: readCandidates(rest), roots, now, trustDomain });
  if (!path.ok) return path;
  const peer = recognisePeer(der, trustDomain, now);
  if (!peer.ok) return peer;
  const unrevoked = checkPeerUnrevoked(peer.value, revocations, now);
  return unrevoked.ok ? peer : unrevoked;
}

function firstOf(bundles: Presented['bundles']): TrustDomain {
  for (const trustDomain of bundles.keys()) return trustDomain;
  throw new TypeError('a trial without a bundle');
}
