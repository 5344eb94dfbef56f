/**
 * Client secrets: made, kept as argon2id (RFC 9106), and checked, a few at a time. An unknown client costs the same time as
 * a wrong secret and gives the same answer.
 */
import type { Outcome } from '../../core/fault/refusal.ts';
import type { Secret } from '../../core/identity/secret.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { ClientRecord } from '../journal/record.ts';

export interface ClientSecretDesk {
  /** Admits who shows a live secret of this client. `undefined`: nobody by this name.
   *  Refuses: GRANT_CLIENT | ISSUE_BUSY (too many wait for an answer). Cost: one argon2id, some 30 ms of a helper thread. */
  check(client: ClientRecord | undefined, candidate: Secret, now: EpochSeconds): Promise<Outcome<void>>;
}
