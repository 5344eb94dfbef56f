/**
 * Whether both ends of a connection, and what was shown on it, are good now: inside their validity and not revoked. The
 * handshake looked at it too, but a connection may outlive that.
 */
import { admit, type Outcome, refuse } from '../core/fault/refusal.ts';
import type { RevocationIndex } from '../core/identity/revocation.ts';
import type { EpochSeconds } from '../core/time/units.ts';
import type { VerifiedToken } from '../core/token/verified-token.ts';
import { checkValidity } from '../core/x509/svid.ts';
import type { InboundConnection } from './accept/connection.ts';
import type { Snapshot } from './credentials/snapshot.ts';
import { checkOwnUnrevoked, checkPeerUnrevoked, checkTokenUnrevoked } from './identity/unrevoked.ts';

/** What of now they are judged by. */
export interface StandingRooms {
  readonly credentials: { current(): Snapshot | undefined };
  readonly revocations: { current(): RevocationIndex };
}

/** Of both ends. Refuses: RENEW_EXPIRED | RENEW_REVOKED | PEER_EXPIRED | PEER_REVOKED | PEER_REVOCATION_UNKNOWN. */
export function checkBoth(
  { connection, now }: { readonly connection: InboundConnection; readonly now: EpochSeconds },
  rooms: StandingRooms,
): Outcome<void> {
  const revocations = rooms.revocations.current();
  const serving = checkOwn(rooms.credentials.current(), revocations, now);
  if (!serving.ok) return serving;
  const valid = checkValidity(connection.peer, now);
  return valid.ok ? checkPeerUnrevoked(connection.peer, revocations, now) : valid;
}

/** Of the token, where there is one. Refuses: TOKEN_REVOKED. */
export function checkToken(
  token: VerifiedToken | undefined,
  { revocations }: StandingRooms,
  now: EpochSeconds,
): Outcome<void> {
  return token === undefined ? admit(undefined) : checkTokenUnrevoked(token, revocations.current(), now);
}

/** Whether it has ended, by the skew of its issuer: as when it was verified. */
export function isOver({ expiresAt, rules }: VerifiedToken, now: EpochSeconds): boolean {
  return now >= expiresAt + rules.skew;
}

/** At expiry without a successor nothing is served; the source goes on trying (DESIGN section 6, "Credentials"). */
function checkOwn(own: Snapshot | undefined, revocations: RevocationIndex, now: EpochSeconds): Outcome<void> {
  if (own === undefined) return refuse('RENEW_EXPIRED', 'no certificate is held');
  const valid = checkValidity(own.leaf, now);
  if (!valid.ok) return refuse('RENEW_EXPIRED', `serial ${own.leaf.serial}: ${valid.refusal.detail}`);
  return checkOwnUnrevoked(own, revocations, now);
}
