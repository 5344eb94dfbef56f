/** What the revocations of now forbid on this side: a peer, a token, or ourselves. Pure. */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { describeRevocation, type RevocationIndex } from '../../core/identity/revocation.ts';
import type { Peer } from '../../core/identity/peer.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { VerifiedToken } from '../../core/token/verified-token.ts';
import { revocationOf } from '../credentials/revocations.ts';
import type { Snapshot } from '../credentials/snapshot.ts';

/** Refuses: PEER_REVOKED | PEER_REVOCATION_UNKNOWN. */
export function checkPeerUnrevoked(peer: Peer, revocations: RevocationIndex, now: EpochSeconds): Outcome<void> {
  const found = revocations.ofPeer(peer, now);
  if (found !== undefined) return refuse('PEER_REVOKED', `${peer.id.uri}: ${describeRevocation(found)}`);
  if (revocations.isHeard) return admit(undefined);
  return refuse('PEER_REVOCATION_UNKNOWN', `${peer.id.uri}: the CA has not said yet who is revoked`);
}

/** Refuses: TOKEN_REVOKED. */
export function checkTokenUnrevoked(
  token: VerifiedToken,
  revocations: RevocationIndex,
  now: EpochSeconds,
): Outcome<void> {
  const found = revocations.ofToken(token, now);
  return found === undefined ? admit(undefined) : refuse('TOKEN_REVOKED', describeRevocation(found));
}

/** Refuses: RENEW_REVOKED. */
export function checkOwnUnrevoked(own: Snapshot, revocations: RevocationIndex, now: EpochSeconds): Outcome<void> {
  const found = revocationOf(own, revocations, now);
  return found === undefined ? admit(undefined) : refuse('RENEW_REVOKED', describeRevocation(found));
}
